// SPDX-License-Identifier: Apache-2.0
import type { EditorState } from "./state.ts";

/** The document as text: what the form does not offer can be written here. */
export function JsonPane({ state }: { readonly state: EditorState }) {
  const { mistake } = state.parsed.value;
  return (
    <div class="json-pane">
      <textarea
        class="field mono"
        aria-label="Policy as JSON"
        aria-invalid={mistake !== undefined}
        spellcheck={false}
        readOnly={state.isReadOnly.value}
        value={state.text.value}
        onInput={(event) => state.setText(event.currentTarget.value)}
      />
    </div>
  );
}
