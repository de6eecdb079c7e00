// SPDX-License-Identifier: Apache-2.0
import { closeToast, toasts } from "../app/toasts.ts";
import { Button } from "../ui/button.tsx";

/** Short messages at the edge of the page. */
export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, text, tone, action }) => (
        <div key={id} class={`toast toast-${tone}`}>
          <span>{text}</span>
          {action && (
            <Button
              kind="quiet"
              onClick={() => {
                closeToast(id);
                action.run();
              }}
            >
              {action.label}
            </Button>
          )}
          <Button kind="quiet" icon="✕" label="Close" onClick={() => closeToast(id)} />
        </div>
      ))}
    </div>
  );
}
