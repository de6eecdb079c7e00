// SPDX-License-Identifier: Apache-2.0
import { signal } from "@preact/signals";

/** A short message at the edge of the page. */
export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: "info" | "good" | "bad";
  readonly action?: { readonly label: string; readonly run: () => void };
}

interface ToastOptions {
  readonly tone?: Toast["tone"];
  readonly action?: Toast["action"];
  /** 0: until it is closed. */
  readonly forMs?: number;
}

export const toasts = signal<readonly Toast[]>([]);

let lastId = 0;

/** Shows a message for some seconds; returns what removes it. */
export function toast(
  text: string,
  { tone = "info", action, forMs = 8000 }: ToastOptions = {},
): () => void {
  const id = ++lastId;
  const close = () => {
    toasts.value = toasts.value.filter((each) => each.id !== id);
  };
  const added: Toast = { id, text, tone, ...(action && { action }) };
  toasts.value = [...toasts.value.slice(-3), added];
  if (forMs > 0) setTimeout(close, forMs);
  return close;
}

export function closeToast(id: number): void {
  toasts.value = toasts.value.filter((each) => each.id !== id);
}
