// SPDX-License-Identifier: Apache-2.0
import { displayWidth, visibleCell } from "./visible.ts";

/** Headings and rows, one line each, with aligned columns that are two spaces apart. */
export function tableLines(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string[] {
  return aligned([headings, ...rows]).map((line) => line.trimEnd());
}

/** Names and aligned values, one line each. */
export function pairLines(pairs: readonly (readonly [string, string])[]): string[] {
  return aligned(pairs).map((line) => line.trimEnd());
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) => row.map(visibleCell));
  const widths: number[] = [];
  for (const row of cells) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, displayWidth(cell));
    });
  }
  return cells.map((row) =>
    row.map((cell, column) => padded(cell, widths[column] ?? 0)).join("  "),
  );
}

function padded(cell: string, width: number): string {
  return cell + " ".repeat(width - displayWidth(cell));
}
