// SPDX-License-Identifier: Apache-2.0
/**
 * Looks of policies on the map: one of eight hues (`--hue-1` to `--hue-8` of styles/tokens.css); beyond eight they repeat
 * with another dash pattern.
 */

export const HUES = 8;

/** Dash patterns of lines: lengths of dash and gap in pixels; the first is solid. */
export const PATTERNS: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [8, 3, 2, 3]];

/** Hue (from 1) and pattern of an index; any number of indexes. */
export function lookOf(index: number): {
  readonly hue: number;
  readonly pattern: readonly number[];
} {
  const pattern = PATTERNS[Math.floor(index / HUES) % PATTERNS.length] ?? [];
  return { hue: (index % HUES) + 1, pattern };
}

/**
 * An index for each id. Ids keep theirs; new ones get the lowest that is free, in their order, so that few policies have no
 * colour in common.
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
  for (const id of ids) {
    if (assigned.has(id)) continue;
    while (taken.has(next)) next++;
    assigned.set(id, next);
    taken.add(next);
  }
  return assigned;
}
