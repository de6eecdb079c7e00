// SPDX-License-Identifier: Apache-2.0
import { NX_ACTIONS } from "../nicira/actions.ts";
import { experimenterAction } from "../nicira/family.ts";
import { bindActions } from "../nicira/nested-actions.ts";
import { oxmCodec } from "../oxm/codec.ts";
import type { OxmFieldName } from "../oxm/fields.ts";
import { type FieldInput, oxm } from "../oxm/match.ts";
import type { OxmField } from "../oxm/oxm-field.ts";
import type { Codec } from "../schema/codec.ts";
import { pad, u8, u16, u32 } from "../schema/field.ts";
import { list } from "../schema/list.ts";
import { EXPERIMENTER, type TableUnion, table, tlv, type Unknown } from "../schema/tlv.ts";

/**
 * Actions, by type number.
 * @spec OpenFlow 1.4.1 §7.2.5
 */
export const ACTIONS = table({
  output: [0, { port: u32, maxLen: u16, _: pad(6) }],
  copyTtlOut: [11, {}],
  copyTtlIn: [12, {}],
  setMplsTtl: [15, { ttl: u8 }],
  decMplsTtl: [16, {}],
  pushVlan: [17, { ethertype: u16 }],
  popVlan: [18, {}],
  pushMpls: [19, { ethertype: u16 }],
  popMpls: [20, { ethertype: u16 }],
  setQueue: [21, { queueId: u32 }],
  group: [22, { groupId: u32 }],
  setNwTtl: [23, { ttl: u8 }],
  decNwTtl: [24, {}],
  setField: [25, { field: oxmCodec }],
  pushPbb: [26, { ethertype: u16 }],
  popPbb: [27, {}],
  experimenter: [EXPERIMENTER, experimenterAction, Object.keys(NX_ACTIONS)],
});

/** One action. */
export type Action = TableUnion<typeof ACTIONS> | Unknown;

/** One action. */
export const actionCodec: Codec<Action> = tlv({ padding: "inside", align: 8 }, ACTIONS);

/** Actions up to the end of the bounds: an action list or an action set. */
export const actionsCodec: Codec<readonly Action[]> = list(actionCodec);
bindActions(actionsCodec);

/** Sends the packet to `port`; for the controller, only `maxLen` bytes of it. */
export function output(port: number, maxLen = 0): Action & { type: "output" } {
  return { type: "output", port, maxLen };
}

/** Sends the packet to a group. */
export function group(groupId: number): Action & { type: "group" } {
  return { type: "group", groupId };
}

/** Overwrites a header field: `setField("ethDst", "fa:00:00:00:00:01")`. */
export function setField<N extends OxmFieldName>(
  name: N,
  value: FieldInput<N>,
): Action & { type: "setField" } {
  const field: OxmField = oxm(name, value);
  return { type: "setField", field };
}

/** Pushes a VLAN tag (0x8100 or 0x88a8). */
export function pushVlan(ethertype = 0x8100): Action & { type: "pushVlan" } {
  return { type: "pushVlan", ethertype };
}

/** Removes the outer VLAN tag. */
export function popVlan(): Action & { type: "popVlan" } {
  return { type: "popVlan" };
}

/** Sets the queue of the output port. */
export function setQueue(queueId: number): Action & { type: "setQueue" } {
  return { type: "setQueue", queueId };
}
