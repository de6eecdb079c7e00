// SPDX-License-Identifier: Apache-2.0
import { Field } from "./field.tsx";
import { errorsAt } from "./pointers.ts";
import type { EditorState } from "./state.ts";

const CHOICES = [
  ["forward", "→", "Sender to receiver"],
  ["both", "⇄", "Both directions"],
  ["reverse", "←", "Receiver to sender"],
] as const;

/** Three arrows, one of which holds. */
export function DirectionField({ state }: { readonly state: EditorState }) {
  const present = state.document.value?.direction ?? "forward";
  const errors = errorsAt(state.errors.value, "/direction");
  return (
    <Field label="Direction" pointer="/direction" errors={errors}>
      {() => (
        <div class="segments">
          {CHOICES.map(([value, arrow, label]) => (
            <label key={value} class={present === value ? "segment chosen" : "segment"}>
              <input
                type="radio"
                name="direction"
                value={value}
                checked={present === value}
                disabled={state.isReadOnly.value}
                onChange={() => state.change({ direction: value })}
              />
              <span aria-hidden="true">{arrow}</span> {label}
            </label>
          ))}
        </div>
      )}
    </Field>
  );
}
