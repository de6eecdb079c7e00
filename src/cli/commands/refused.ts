import type { RefusedEntries } from "../../api/index.ts";

/** How many entries a switch refuses, in words. */
export function refusedText(count: number): string {
  return `${count} ${count === 1 ? "entry" : "entries"} refused or blocked`;
}

/** What switches refuse and why, below their table: nothing when all is well. */
export function refusedLines(
  views: readonly { readonly name: string; readonly refused?: RefusedEntries }[],
): string {
  return views
    .flatMap(({ name, refused }) => {
      if (!refused || refused.count === 0) return [];
      const { count, first } = refused;
      const more = count > first.length ? [`  and ${count - first.length} more`] : [];
      const entries = first.map(({ entry, reason }) => `  ${entry}: ${reason}`);
      return [`${name}: ${refusedText(count)}`, ...entries, ...more];
    })
    .map((line) => `${line}\n`)
    .join("");
}
