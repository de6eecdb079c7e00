// SPDX-License-Identifier: Apache-2.0
import type { ProblemDocument } from "../data/rest.ts";
import { Button } from "./button.tsx";

interface ProblemProps {
  readonly problem: ProblemDocument;
  readonly retry?: () => void;
}

/** A request that failed: what, why and what to do, within the panel that it is about. */
export function Problem({ problem, retry }: ProblemProps) {
  const { title, detail, errors } = problem;
  return (
    <div class="problem" role="alert">
      <strong>{title}</strong>
      <p>{detail}</p>
      {errors.length > 0 && (
        <ul>
          {errors.map((error) => (
            <li key={`${error.pointer}${error.detail}`}>
              {error.pointer ? <code>{error.pointer}</code> : undefined} {error.detail}.{" "}
              <span class="muted">{sentence(error.remedy)}</span>
            </li>
          ))}
        </ul>
      )}
      {retry && <Button onClick={retry}>Try again</Button>}
    </div>
  );
}

/** A clause of the server as a sentence. */
export function sentence(clause: string): string {
  const text = clause.trim();
  if (text === "") return "";
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?…]$/.test(text) ? "" : "."}`;
}
