// SPDX-License-Identifier: Apache-2.0
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { store, stored } from "./stored.ts";

/** A key of the page, for the list that `?` shows. */
export interface Shortcut {
  /** `n`, `g m`, `Delete`, `Control+Enter`; a letter in the case in which it is typed. */
  readonly keys: string;
  readonly what: string;
  /** Returns false if it does not apply now: the key then has its usual effect. */
  readonly run: () => unknown;
}

/** Single letters are off where they get in the way of speech input or a screen reader (WCAG 2.1.4). */
export const letterKeys = signal(stored("letterKeys") !== "off");

export function setLetterKeys(on: boolean): void {
  letterKeys.value = on;
  store("letterKeys", on ? undefined : "off");
}

/** In effect now; the latest first. */
export const shortcuts = signal<readonly Shortcut[]>([]);

/** How long the second key of a sequence may take. */
const SEQUENCE_MS = 1200;

/** Puts shortcuts into effect; returns what ends that. */
function addShortcuts(added: readonly Shortcut[]): () => void {
  shortcuts.value = [...added, ...shortcuts.value];
  return () => {
    shortcuts.value = shortcuts.value.filter((each) => !added.includes(each));
  };
}

/** Shortcuts of a component, while it is shown. */
export function useShortcuts(added: readonly Shortcut[], inputs: readonly unknown[] = []): void {
  useEffect(() => addShortcuts(added), inputs);
}

/** Runs shortcuts from now on. */
export function listenToKeys(): void {
  let first: { readonly key: string; readonly at: number } | undefined;
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || !applies(event)) return;
    const key = nameOf(event);
    const before = first && event.timeStamp - first.at < SEQUENCE_MS ? `${first.key} ${key}` : key;
    first = undefined;
    if (runFirst(before) || runFirst(key)) event.preventDefault();
    else if (shortcuts.value.some(({ keys }) => keys.startsWith(`${key} `))) {
      first = { key, at: event.timeStamp };
    }
  });
}

/** Runs the latest shortcut of these keys that applies. */
function runFirst(keys: string): boolean {
  return shortcuts.value.some((each) => each.keys === keys && each.run() !== false);
}

/** In a field only Escape and combinations are shortcuts: it has the other keys itself. */
function applies(event: KeyboardEvent): boolean {
  const key = nameOf(event);
  if (isTyping(event.target)) return key.includes("+") || key === "Escape";
  return letterKeys.value || key.length > 1;
}

function nameOf({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): string {
  return `${ctrlKey || metaKey ? "Control+" : ""}${altKey ? "Alt+" : ""}${key}`;
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true;
  if (target instanceof HTMLSelectElement) return true;
  return (
    target instanceof HTMLInputElement && !["checkbox", "radio", "range"].includes(target.type)
  );
}
