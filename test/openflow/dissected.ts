// SPDX-License-Identifier: Apache-2.0
import {
  type Action,
  type Instruction,
  type Message,
  type MessageOf,
  type OxmField,
  oxmFieldByName,
} from "../../src/openflow/index.ts";

/** Fields that tshark is asked for, and what they should be: lists in wire order. */
export type Dissection = Readonly<Record<string, readonly (number | bigint)[]>>;

const CODES: Readonly<Record<string, number>> = {
  flowMod: 14,
  groupMod: 15,
  packetOut: 13,
  output: 0,
  pushVlan: 17,
  setQueue: 21,
  group: 22,
  setField: 25,
  gotoTable: 1,
  writeMetadata: 2,
  writeActions: 3,
  applyActions: 4,
  clearActions: 5,
  meter: 6,
};

const code = ({ type }: { readonly type: string }): number => CODES[type] ?? -1;

function oxmCode(field: OxmField): number {
  if (field.field === "unknown" || field.field === "experimenter") return field.code;
  return oxmFieldByName(field.field).code;
}

function actionsIn(instructions: readonly Instruction[]): Action[] {
  return instructions.flatMap((each) => ("actions" in each ? each.actions : []));
}

function actionFields(actions: readonly Action[]): Dissection {
  return {
    "action.type": actions.map(code),
    "action.output.port": actions.flatMap((each) => (each.type === "output" ? [each.port] : [])),
    "action.output.max_len": actions.flatMap((a) => (a.type === "output" ? [a.maxLen] : [])),
    "action.group.group_id": actions.flatMap((a) => (a.type === "group" ? [a.groupId] : [])),
    "action.set_queue.queue_id": actions.flatMap((a) => (a.type === "setQueue" ? [a.queueId] : [])),
    "action.push_vlan.ethertype": actions.flatMap((a) =>
      a.type === "pushVlan" ? [a.ethertype] : [],
    ),
  };
}

function fieldsSet(actions: readonly Action[]): OxmField[] {
  return actions.flatMap((each) => (each.type === "setField" ? [each.field] : []));
}

function flowModFields(message: MessageOf<"flowMod">): Dissection {
  const { instructions } = message;
  const actions = actionsIn(instructions);
  const only = <T extends Instruction["type"]>(type: T) =>
    instructions.filter((each): each is Instruction & { type: T } => each.type === type);
  return {
    "flowmod.cookie": [message.cookie],
    "flowmod.cookie_mask": [message.cookieMask],
    "flowmod.table_id": [message.tableId],
    "flowmod.command": [message.command],
    "flowmod.idle_timeout": [message.idleTimeout],
    "flowmod.hard_timeout": [message.hardTimeout],
    "flowmod.priority": [message.priority],
    "flowmod.buffer_id": [message.bufferId],
    "flowmod.out_port": [message.outPort],
    "flowmod.out_group": [message.outGroup],
    "flowmod.flags": [message.flags],
    "flowmod.importance": [message.importance],
    "oxm.field": [...message.match, ...fieldsSet(actions)].map(oxmCode),
    "instruction.type": instructions.map(code),
    "instruction.goto_table.table_id": only("gotoTable").map(({ tableId }) => tableId),
    "instruction.write_metadata.value": only("writeMetadata").map(({ metadata }) => metadata),
    "instruction.write_metadata.mask": only("writeMetadata").map((each) => each.metadataMask),
    "instruction.meter.meter_id": only("meter").map(({ meterId }) => meterId),
    ...actionFields(actions),
  };
}

function groupModFields({
  command,
  groupType,
  groupId,
  buckets,
}: MessageOf<"groupMod">): Dissection {
  const actions = buckets.flatMap((each) => each.actions);
  return {
    "groupmod.command": [command],
    "groupmod.type": [groupType],
    "groupmod.group_id": [groupId],
    "bucket.weight": buckets.map(({ weight }) => weight),
    "bucket.watch_port": buckets.map(({ watchPort }) => watchPort),
    "bucket.watch_group": buckets.map(({ watchGroup }) => watchGroup),
    "oxm.field": fieldsSet(actions).map(oxmCode),
    ...actionFields(actions),
  };
}

/** What tshark should find in a flow-mod, group-mod or packet-out. */
export function dissectionOf(message: Message): Dissection {
  const head = { type: [code(message)], xid: [message.xid] };
  if (message.type === "flowMod") return { ...head, ...flowModFields(message) };
  if (message.type === "groupMod") return { ...head, ...groupModFields(message) };
  if (message.type !== "packetOut") return head;
  return {
    ...head,
    "packet_out.buffer_id": [message.bufferId],
    "packet_out.in_port": [message.inPort],
    "oxm.field": fieldsSet(message.actions).map(oxmCode),
    ...actionFields(message.actions),
  };
}
