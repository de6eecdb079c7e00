// SPDX-License-Identifier: Apache-2.0
/** Filter and order of tables by the address of the page. */

/** Whether all words of a query occur in one of the texts. */
export function matchesQuery(query: string, texts: readonly (string | undefined)[]): boolean {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const whole = texts.map((text) => text?.toLowerCase() ?? "");
  return words.every((word) => whole.some((text) => text.includes(word)));
}

const collator = new Intl.Collator("en", { numeric: true });

/** Sorted by a column, which `-` before it turns around; equal rows keep their order. `s2` is before `s10`. */
export function sortedBy<Row>(
  rows: readonly Row[],
  sort: string,
  columns: Readonly<Record<string, (row: Row) => string | number>>,
): readonly Row[] {
  const isDescending = sort.startsWith("-");
  const value = columns[isDescending ? sort.slice(1) : sort];
  if (!value) return rows;
  const sorted = [...rows].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    return typeof x === "number" && typeof y === "number"
      ? x - y
      : collator.compare(String(x), String(y));
  });
  return isDescending ? sorted.reverse() : sorted;
}
