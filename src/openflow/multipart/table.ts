// SPDX-License-Identifier: Apache-2.0
import { pad, u8, u32, u64 } from "../schema/field.ts";
import { list } from "../schema/list.ts";
import { struct } from "../schema/struct.ts";
import { tableDescCodec } from "../structures/table-desc.ts";

const tableStatsCodec = struct({
  tableId: u8,
  _: pad(3),
  activeCount: u32,
  lookupCount: u64,
  matchedCount: u64,
});

/** Counters of every table. @spec OpenFlow 1.4.1 §7.3.5.4 */
export const tableReply = { entries: list(tableStatsCodec) };

/** Configuration of every table. @spec OpenFlow 1.4.1 §7.3.5.16 */
export const tableDescReply = { entries: list(tableDescCodec) };
