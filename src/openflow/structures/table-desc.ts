// SPDX-License-Identifier: Apache-2.0
import type { Infer } from "../schema/codec.ts";
import { pad, selfLength, u8, u32 } from "../schema/field.ts";
import { list } from "../schema/list.ts";
import { struct } from "../schema/struct.ts";
import { EXPERIMENTER, experimenterProperty, PROPERTY, tlv } from "../schema/tlv.ts";

/** Eviction and vacancy settings of a table. @spec OpenFlow 1.4.1 §7.3.4.1 */
export const tableProperty = tlv(PROPERTY, {
  eviction: [2, { flags: u32 }],
  /** Percentages of free entries. */
  vacancy: [3, { vacancyDown: u8, vacancyUp: u8, vacancy: u8, _: pad(1) }],
  experimenter: [EXPERIMENTER, experimenterProperty],
});

/** A table's configuration. @spec OpenFlow 1.4.1 §7.3.5.16 */
export const tableDescCodec = struct({
  _length: selfLength,
  tableId: u8,
  _: pad(1),
  config: u32,
  properties: list(tableProperty),
});

/** A table's configuration. */
export type TableDesc = Infer<typeof tableDescCodec>;

/** Bits of a table's configuration. @spec OpenFlow 1.4.1 §7.3.4.1 */
export const TableConfig = { DeprecatedMask: 3, Eviction: 1 << 2, VacancyEvents: 1 << 3 } as const;

/** Bits of the eviction property. @spec OpenFlow 1.4.1 §7.3.4.1 */
export const EvictionFlags = { Other: 1 << 0, Importance: 1 << 1, Lifetime: 1 << 2 } as const;
