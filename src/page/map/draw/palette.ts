// SPDX-License-Identifier: Apache-2.0
/** Colours for canvases, from the tokens of the page's styles. */
import { HUES } from "../model/hues.ts";

const TOKENS = {
  ground: "surface-low",
  card: "surface-high",
  selected: "surface-selected",
  line: "line-strong",
  faint: "line",
  text: "text",
  muted: "text-muted",
  accent: "accent",
  focus: "focus",
  good: "good",
  warn: "warn",
  bad: "bad",
} as const;

export type Palette = Readonly<Record<keyof typeof TOKENS, string>> & {
  /** By hue, from 1. */
  readonly hues: readonly string[];
  readonly font: string;
};

/** The colours of the present theme. Canvases do not take `light-dark()`: the browser resolves it on an element. */
export function readPalette(host: HTMLElement): Palette {
  const probe = document.createElement("span");
  // With a transition, however short, a colour that is read at once is the one before.
  probe.style.transitionProperty = "none";
  host.append(probe);
  const read = (token: string): string => {
    probe.style.color = `var(--${token})`;
    return getComputedStyle(probe).color;
  };
  const colours = Object.fromEntries(
    Object.entries(TOKENS).map(([name, token]) => [name, read(token)]),
  ) as Record<keyof typeof TOKENS, string>;
  const hues = ["", ...Array.from({ length: HUES }, (_, index) => read(`hue-${index + 1}`))];
  const font = getComputedStyle(host).fontFamily;
  probe.remove();
  return { ...colours, hues, font };
}
