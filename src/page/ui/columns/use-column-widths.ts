// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";
import { store, stored } from "../../app/stored.ts";
import {
  type ColumnWidths,
  clampedWidth,
  readWidths,
  type SizedColumn,
  withWidths,
} from "./widths.ts";

/** Changes the width of a column; undefined: its usual width. */
export type ChangeWidth = (id: string, width: number | undefined) => void;

/** The columns of a table with the widths that its user has chosen; the browser keeps them by the table's label. */
export function useColumnWidths<C extends SizedColumn>(
  label: string,
  columns: readonly C[],
): { readonly columns: readonly C[]; readonly changeWidth: ChangeWidth } {
  const key = `widths.${label.toLowerCase()}`;
  const [widths, setWidths] = useState<ColumnWidths>(() => readWidths(stored(key)));
  const changeWidth: ChangeWidth = (id, width) => {
    setWidths((before) => {
      const { [id]: _, ...others } = before;
      const next = width === undefined ? others : { ...others, [id]: clampedWidth(width) };
      store(key, Object.keys(next).length === 0 ? undefined : JSON.stringify(next));
      return next;
    });
  };
  return { columns: withWidths(columns, widths), changeWidth };
}
