// SPDX-License-Identifier: Apache-2.0
import { signal } from "@preact/signals";
import { store, stored } from "./stored.ts";

/** `system`: what the browser prefers. */
export type Theme = "system" | "light" | "dark";

const THEMES: readonly Theme[] = ["system", "light", "dark"];

export const theme = signal<Theme>(THEMES.find((each) => each === stored("theme")) ?? "system");

/** Shows the theme on the document. */
export function applyTheme(): void {
  if (theme.value === "system") document.documentElement.removeAttribute("data-theme");
  else document.documentElement.setAttribute("data-theme", theme.value);
}

export function setTheme(next: Theme): void {
  theme.value = next;
  store("theme", next === "system" ? undefined : next);
  applyTheme();
}

/** The next theme of the cycle system, light, dark. */
export function nextTheme(): Theme {
  return THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? "system";
}
