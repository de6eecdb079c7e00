import { oxmIdsCodec } from "../oxm/oxm-id.ts";
import { actionIdsCodec } from "../parts/action-id.ts";
import { instructionIdsCodec } from "../parts/instruction-id.ts";
import { pad, selfLength, text, u8, u32, u64 } from "../schema/field.ts";
import { list, uints } from "../schema/list.ts";
import { struct, variant } from "../schema/struct.ts";
import { EXPERIMENTER_MEMBERS, PROPERTY, tlv } from "../schema/tlv.ts";

const INSTRUCTIONS = { instructions: instructionIdsCodec } as const;
const TABLES = { tables: uints(1) } as const;
const ACTIONS = { actions: actionIdsCodec } as const;
const FIELDS = { fields: oxmIdsCodec } as const;

/** What a table can do, and on a miss. @spec OpenFlow 1.4.1 §7.3.5.5.2 */
const tableFeatureProperty = tlv(PROPERTY, {
  instructions: [0, variant("instructions", INSTRUCTIONS)],
  instructionsMiss: [1, variant("instructionsMiss", INSTRUCTIONS)],
  nextTables: [2, variant("nextTables", TABLES)],
  nextTablesMiss: [3, variant("nextTablesMiss", TABLES)],
  writeActions: [4, variant("writeActions", ACTIONS)],
  writeActionsMiss: [5, variant("writeActionsMiss", ACTIONS)],
  applyActions: [6, variant("applyActions", ACTIONS)],
  applyActionsMiss: [7, variant("applyActionsMiss", ACTIONS)],
  match: [8, variant("match", FIELDS)],
  wildcards: [10, variant("wildcards", FIELDS)],
  writeSetField: [12, variant("writeSetField", FIELDS)],
  writeSetFieldMiss: [13, variant("writeSetFieldMiss", FIELDS)],
  applySetField: [14, variant("applySetField", FIELDS)],
  applySetFieldMiss: [15, variant("applySetFieldMiss", FIELDS)],
  tableSyncFrom: [16, variant("tableSyncFrom", TABLES)],
  experimenter: [0xfffe, variant("experimenter", EXPERIMENTER_MEMBERS)],
  experimenterMiss: [0xffff, variant("experimenterMiss", EXPERIMENTER_MEMBERS)],
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
export const tableFeaturesRequest = variant("tableFeatures", BODY);

/** @spec OpenFlow 1.4.1 §7.3.5.5 */
export const tableFeaturesReply = variant("tableFeatures", BODY);
