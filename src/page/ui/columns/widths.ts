// SPDX-License-Identifier: Apache-2.0
/** Widths of columns that the user has chosen, in pixels by column id. */
export type ColumnWidths = Readonly<Record<string, number>>;

/** The part of a column that decides its width. */
export interface SizedColumn {
  readonly id: string;
  readonly width: number;
  readonly grow?: number;
}

export const LEAST_WIDTH = 40;
export const MOST_WIDTH = 1200;

/** Pixels of one key. */
const KEY_STEP = 16;

export function clampedWidth(width: number): number {
  return Math.round(Math.max(LEAST_WIDTH, Math.min(MOST_WIDTH, width)));
}

/** The columns with the chosen widths; a column whose width is chosen takes no share of what is left. */
export function withWidths<C extends SizedColumn>(
  columns: readonly C[],
  widths: ColumnWidths,
): readonly C[] {
  return columns.map((column) => {
    const width = widths[column.id];
    if (width === undefined) return column;
    const { grow: _, ...fixed } = column;
    return { ...fixed, width } as C;
  });
}

/** The template of the grid's columns. */
export function templateOf(columns: readonly SizedColumn[]): string {
  return columns
    .map(({ width, grow }) => (grow ? `minmax(${width}px, ${grow}fr)` : `${width}px`))
    .join(" ");
}

/** What the browser has kept; anything that is no width is left out. */
export function readWidths(text: string | undefined): ColumnWidths {
  try {
    const kept: unknown = JSON.parse(text ?? "{}");
    if (typeof kept !== "object" || kept === null) return {};
    return Object.fromEntries(
      Object.entries(kept).flatMap(([id, width]) =>
        typeof width === "number" && Number.isFinite(width) ? [[id, clampedWidth(width)]] : [],
      ),
    );
  } catch {
    return {};
  }
}

/** The width after a key at a heading; undefined: the key does not change it. `usual`: the width is no longer chosen. */
export function widthAfterKey(
  { key, shiftKey }: Pick<KeyboardEvent, "key" | "shiftKey">,
  width: number,
): number | "usual" | undefined {
  if (!shiftKey) return undefined;
  switch (key) {
    case "ArrowLeft":
      return clampedWidth(width - KEY_STEP);
    case "ArrowRight":
      return clampedWidth(width + KEY_STEP);
    case "Home":
      return "usual";
    default:
      return undefined;
  }
}
