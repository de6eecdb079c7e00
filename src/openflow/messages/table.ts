// SPDX-License-Identifier: Apache-2.0
import { pad, u8, u32 } from "../schema/field.ts";
import { list } from "../schema/list.ts";
import { tableDescCodec, tableProperty } from "../structures/table-desc.ts";
import { message } from "./message.ts";

/** Configures a table. @spec OpenFlow 1.4.1 §7.3.4.1 */
export const tableMod = message(17, "tableMod", {
  tableId: u8,
  _: pad(3),
  config: u32,
  properties: list(tableProperty),
});

/** A table crossed a vacancy threshold. @spec OpenFlow 1.4.1 §7.4.5 */
export const tableStatus = message(31, "tableStatus", {
  reason: u8,
  _: pad(7),
  table: tableDescCodec,
});

/** @spec OpenFlow 1.4.1 §7.4.5 */
export const TableReason = { VacancyDown: 3, VacancyUp: 4 } as const;
