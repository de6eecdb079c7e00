// SPDX-License-Identifier: Apache-2.0
/** What a key does in a grid. */
export type GridCommand =
  | { readonly what: "move"; readonly to: number }
  | { readonly what: "open" | "mark" | "expand" | "collapse" | "delete" };

interface GridPosition {
  readonly index: number;
  readonly count: number;
  /** Rows of a page. */
  readonly page: number;
}

type Key = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey">;

/** The command of a key; undefined: it has none here. */
export function gridKey(
  { key, ctrlKey, metaKey, altKey }: Key,
  { index, count, page }: GridPosition,
): GridCommand | undefined {
  if (ctrlKey || metaKey || altKey) return undefined;
  const move = (to: number): GridCommand => ({
    what: "move",
    to: Math.min(count - 1, Math.max(0, to)),
  });
  switch (key) {
    case "ArrowDown":
    case "j":
      return move(index + 1);
    case "ArrowUp":
    case "k":
      return move(index - 1);
    case "PageDown":
      return move(index + page);
    case "PageUp":
      return move(index - page);
    case "Home":
      return move(0);
    case "End":
      return move(count - 1);
    case "Enter":
      return { what: "open" };
    case "x":
    case " ":
      return { what: "mark" };
    case "ArrowRight":
      return { what: "expand" };
    case "ArrowLeft":
      return { what: "collapse" };
    case "Delete":
      return { what: "delete" };
    default:
      return undefined;
  }
}
