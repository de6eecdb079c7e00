// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Button } from "./button.tsx";

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  /** The button that does it. */
  readonly action?: {
    readonly label: string;
    readonly kind?: "primary" | "danger";
    readonly run: () => void;
    readonly disabled?: boolean;
  };
  readonly wide?: boolean;
}

/** A modal dialog; the browser keeps the focus in it and closes it at Escape. */
export function Dialog({ title, onClose, children, action, wide = false }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    dialog.current?.showModal();
    return () => before?.focus?.();
  }, []);
  return (
    <dialog
      ref={dialog}
      class={wide ? "dialog wide" : "dialog"}
      aria-labelledby={id}
      onClose={onClose}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!action?.disabled) action?.run();
        }}
      >
        <h2 id={id}>{title}</h2>
        <div class="dialog-body">{children}</div>
        <div class="dialog-actions">
          <Button onClick={onClose}>{action ? "Cancel" : "Close"}</Button>
          {action && (
            <Button
              type="submit"
              kind={action.kind ?? "primary"}
              disabled={action.disabled ?? false}
            >
              {action.label}
            </Button>
          )}
        </div>
      </form>
    </dialog>
  );
}
