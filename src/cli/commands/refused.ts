// SPDX-License-Identifier: Apache-2.0
import type { RefusedEntriesView } from "../../contract/entries/refused-entries.ts";

/** The number of entries that a switch refuses, in words. */
export function refusedText(count: number): string {
  return `${count} ${count === 1 ? "entry" : "entries"} refused or blocked`;
}

/** The refused entries of switches with reasons, printed below a table; empty without any. */
export function refusedLines(
  views: readonly { readonly name: string; readonly refused?: RefusedEntriesView }[],
): string[] {
  return views.flatMap(({ name, refused }) => {
    if (!refused || refused.count === 0) return [];
    const { count, first } = refused;
    const more = count > first.length ? [`  and ${count - first.length} more`] : [];
    const entries = first.map(({ entry, reason }) => `  ${entry}: ${reason}`);
    return [`${name}: ${refusedText(count)}`, ...entries, ...more];
  });
}
