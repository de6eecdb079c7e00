// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from "preact";

/** A column of a `Grid`. */
export interface GridColumn<Row> {
  readonly id: string;
  readonly label: string;
  /** Name for assistive technology where the heading has no text. */
  readonly name?: string;
  /** Heading over several columns beside each other. */
  readonly group?: string;
  /** Pixels. */
  readonly width: number;
  /** Share of the width that is left. */
  readonly grow?: number;
  readonly align?: "end";
  readonly isSortable?: boolean;
  readonly cell: (row: Row, isActive: boolean) => ComponentChildren;
}
