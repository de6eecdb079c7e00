import { NX_ACTIONS } from "../nicira/actions.ts";
import { experimenterAction } from "../nicira/family.ts";
import { bindActions } from "../nicira/nested-actions.ts";
import { oxmCodec } from "../oxm/codec.ts";
import type { OxmFieldName } from "../oxm/fields.ts";
import { type FieldInput, oxm } from "../oxm/match.ts";
import type { OxmField } from "../oxm/oxm-field.ts";
import type { Codec, Infer } from "../schema/codec.ts";
import { pad, u8, u16, u32 } from "../schema/field.ts";
import { list } from "../schema/list.ts";
import { variant } from "../schema/struct.ts";
import { EXPERIMENTER, tlv } from "../schema/tlv.ts";

/**
 * Actions, by type number.
 * @spec OpenFlow 1.4.1 §7.2.5
 */
const actionTlv = tlv(
  { padding: "inside", align: 8 },
  {
    output: [0, variant("output", { port: u32, maxLen: u16, _: pad(6) })],
    copyTtlOut: [11, variant("copyTtlOut", {})],
    copyTtlIn: [12, variant("copyTtlIn", {})],
    setMplsTtl: [15, variant("setMplsTtl", { ttl: u8 })],
    decMplsTtl: [16, variant("decMplsTtl", {})],
    pushVlan: [17, variant("pushVlan", { ethertype: u16 })],
    popVlan: [18, variant("popVlan", {})],
    pushMpls: [19, variant("pushMpls", { ethertype: u16 })],
    popMpls: [20, variant("popMpls", { ethertype: u16 })],
    setQueue: [21, variant("setQueue", { queueId: u32 })],
    group: [22, variant("group", { groupId: u32 })],
    setNwTtl: [23, variant("setNwTtl", { ttl: u8 })],
    decNwTtl: [24, variant("decNwTtl", {})],
    setField: [25, variant("setField", { field: oxmCodec })],
    pushPbb: [26, variant("pushPbb", { ethertype: u16 })],
    popPbb: [27, variant("popPbb", {})],
    experimenter: [EXPERIMENTER, experimenterAction, Object.keys(NX_ACTIONS)],
  },
);

/** One action. */
export type Action = Infer<typeof actionTlv>;

/** One action. */
export const actionCodec: Codec<Action> = actionTlv;

/** Actions up to the end of the bounds: an action list or an action set. */
export const actionsCodec: Codec<readonly Action[]> = list(actionCodec);
bindActions(actionsCodec);

/** Sends the packet to `port`; `maxLen` bytes of it when the port is the controller. */
export function output(port: number, maxLen = 0): Action & { type: "output" } {
  return { type: "output", port, maxLen };
}

/** Hands the packet to a group. */
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

/** Chooses the queue of the output port. */
export function setQueue(queueId: number): Action & { type: "setQueue" } {
  return { type: "setQueue", queueId };
}
