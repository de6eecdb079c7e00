// SPDX-License-Identifier: Apache-2.0
import { oxmIdsCodec } from "../oxm/oxm-id.ts";
import { pad, selfLength, text, u8, u32, u64 } from "../schema/field.ts";
import { list, uints } from "../schema/list.ts";
import { struct } from "../schema/struct.ts";
import { EXPERIMENTER_MEMBERS, PROPERTY, tlv } from "../schema/tlv.ts";
import { actionIdsCodec } from "../structures/action-id.ts";
import { instructionIdsCodec } from "../structures/instruction-id.ts";

const INSTRUCTIONS = { instructions: instructionIdsCodec } as const;
const TABLES = { tables: uints(1) } as const;
const ACTIONS = { actions: actionIdsCodec } as const;
const FIELDS = { fields: oxmIdsCodec } as const;

/** What a table can do, and on a miss. @spec OpenFlow 1.4.1 §7.3.5.5.2 */
const tableFeatureProperty = tlv(PROPERTY, {
  instructions: [0, INSTRUCTIONS],
  instructionsMiss: [1, INSTRUCTIONS],
  nextTables: [2, TABLES],
  nextTablesMiss: [3, TABLES],
  writeActions: [4, ACTIONS],
  writeActionsMiss: [5, ACTIONS],
  applyActions: [6, ACTIONS],
  applyActionsMiss: [7, ACTIONS],
  match: [8, FIELDS],
  wildcards: [10, FIELDS],
  writeSetField: [12, FIELDS],
  writeSetFieldMiss: [13, FIELDS],
  applySetField: [14, FIELDS],
  applySetFieldMiss: [15, FIELDS],
  tableSyncFrom: [16, TABLES],
  experimenter: [0xfffe, EXPERIMENTER_MEMBERS],
  experimenterMiss: [0xffff, EXPERIMENTER_MEMBERS],
});

const tableFeaturesCodec = struct({
  _length: selfLength,
  tableId: u8,
  _: pad(5),
  name: text(32),
  metadataMatch: u64,
  metadataWrite: u64,
  capabilities: u32,
  maxEntries: u32,
  properties: list(tableFeatureProperty),
});

const BODY = { entries: list(tableFeaturesCodec) } as const;

/** No entries: asks; entries: reconfigures the pipeline. @spec OpenFlow 1.4.1 §7.3.5.5 */
export const tableFeaturesRequest = BODY;

/** @spec OpenFlow 1.4.1 §7.3.5.5 */
export const tableFeaturesReply = BODY;
