// SPDX-License-Identifier: Apache-2.0
import { href } from "../app/hash.ts";
import type { PolicyRow } from "../data/policy-row.ts";
import { sentence } from "../ui/problem.tsx";
import { remedyOf } from "./remedies.ts";

/** Why a policy is not active, with what can be done about each reason. */
export function Reasons({ row }: { readonly row: Pick<PolicyRow, "reasons" | "state"> }) {
  return (
    <ul class={`reasons tone-${row.state}`}>
      {row.reasons.map((reason) => {
        const remedy = remedyOf(reason);
        return (
          <li key={reason}>
            {sentence(reason)}
            {remedy && <a href={href(remedy.path, remedy.query)}>{remedy.label}</a>}
          </li>
        );
      })}
    </ul>
  );
}
