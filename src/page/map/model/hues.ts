// SPDX-License-Identifier: Apache-2.0
/**
 * Colours of policies. Eight hues that people with colour vision deficiencies distinguish (after Okabe and
 * Ito), darkened or lightened until lines have a contrast of 3:1 with the ground of their theme; beyond eight
 * they repeat with another dash pattern.
 */

export interface Hue {
  readonly name: string;
  readonly light: string;
  readonly dark: string;
}

/** Grounds that the hues are made for. */
export const GROUNDS = { light: "#ffffff", dark: "#12161c" };

export const HUES: readonly Hue[] = [
  { name: "blue", light: "#0068a8", dark: "#5ab4ee" },
  { name: "vermilion", light: "#c74a00", dark: "#f0803c" },
  { name: "green", light: "#00825f", dark: "#2fc79a" },
  { name: "purple", light: "#a8457f", dark: "#e394c1" },
  { name: "ochre", light: "#8f6a00", dark: "#e3b234" },
  { name: "indigo", light: "#5a4fcf", dark: "#a59cff" },
  { name: "teal", light: "#007c91", dark: "#45c4dc" },
  { name: "brown", light: "#8a5336", dark: "#cf9b7c" },
];

/** Dash patterns of lines: lengths of dash and gap in pixels; the first is solid. */
export const PATTERNS: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [8, 3, 2, 3]];

/** Hue and pattern of an index; any number of indexes. */
export function lookOf(index: number): { readonly hue: Hue; readonly pattern: readonly number[] } {
  const [firstHue] = HUES;
  const hue = HUES[index % HUES.length] ?? firstHue;
  if (!hue) throw new Error("there are no hues");
  return { hue, pattern: PATTERNS[Math.floor(index / HUES.length) % PATTERNS.length] ?? [] };
}

/**
 * An index for each id. Ids keep theirs; new ones get the lowest that is free, in order of their ids, so that few
 * policies have few colours in common.
 */
export function assignHues(
  previous: ReadonlyMap<string, number>,
  ids: readonly string[],
): ReadonlyMap<string, number> {
  const assigned = new Map<string, number>();
  for (const id of ids) {
    const index = previous.get(id);
    if (index !== undefined) assigned.set(id, index);
  }
  const taken = new Set(assigned.values());
  let next = 0;
  for (const id of [...ids].sort()) {
    if (assigned.has(id)) continue;
    while (taken.has(next)) next++;
    assigned.set(id, next);
    taken.add(next);
  }
  return assigned;
}

/** Contrast of two colours such as `#12161c`, from 1 to 21. @spec WCAG 2.2, 1.4.11 */
export function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
