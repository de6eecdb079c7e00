// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import type { ProblemError } from "../data/rest.ts";
import { sentence } from "../ui/problem.tsx";

interface FieldProps {
  readonly label: string;
  /** Pointer of the member, for links from the list of mistakes. */
  readonly pointer: string;
  readonly errors: readonly ProblemError[];
  readonly hint?: ComponentChildren;
  /** Gets the id of the text that describes the field, if there is one. */
  readonly children: (describedBy: string | undefined) => ComponentChildren;
}

/** A member of the document with its label and with what the server says of it. */
export function Field({ label, pointer, errors, hint, children }: FieldProps) {
  const id = useId();
  const isDescribed = errors.length > 0 || hint !== undefined;
  return (
    <fieldset class="form-field" id={fieldId(pointer)} tabIndex={-1}>
      <legend>{label}</legend>
      {children(isDescribed ? id : undefined)}
      <div id={id}>
        {hint !== undefined && <p class="hint">{hint}</p>}
        {errors.map(({ detail, remedy }) => (
          <p key={detail} class="field-problem">
            {sentence(detail)} <span class="remedy">{sentence(remedy)}</span>
          </p>
        ))}
      </div>
    </fieldset>
  );
}

export function fieldId(pointer: string): string {
  return `field${pointer.replaceAll("/", "-")}`;
}
