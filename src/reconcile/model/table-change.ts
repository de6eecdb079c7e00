// SPDX-License-Identifier: Apache-2.0
import { isCounted, OWNED_COOKIE_MASK } from "../../flow-model/index.ts";
import {
  type Band,
  type Bucket,
  FlowModCommand,
  FlowModFlags,
  GroupId,
  GroupModCommand,
  type Instruction,
  type Message,
  MeterModCommand,
  NO_BUFFER,
  OFP_VERSION,
  Port,
} from "../../openflow/index.ts";
import type { InstalledFlow, InstalledGroup, InstalledMeter } from "./installed.ts";
import type { MessageList } from "./switch-channel.ts";

/** One change of a switch's tables. */
export type TableChange =
  | { readonly type: "meterAdd"; readonly meter: InstalledMeter; readonly identity: string }
  | { readonly type: "groupAdd"; readonly group: InstalledGroup }
  /** Adds, or replaces an entry that has another cookie or another life. */
  | { readonly type: "flowAdd"; readonly flow: InstalledFlow }
  /** Replaces the actions of an own entry that the switch keeps for ever; its counters continue. */
  | { readonly type: "flowModify"; readonly flow: InstalledFlow }
  | { readonly type: "flowDelete"; readonly flow: InstalledFlow }
  | { readonly type: "groupDelete"; readonly group: InstalledGroup }
  | { readonly type: "meterDelete"; readonly meter: InstalledMeter };

/**
 * The order of changes within a switch. Meters and groups are added before the flow entries that use
 * them and deleted after them, because deleting one deletes every entry that points to it (Open vSwitch
 * 3.1 does so for meters too). Desired entries are added before others are deleted, so that every frame
 * finds one of them.
 */
export const CHANGE_ORDER: readonly TableChange["type"][] = [
  "meterAdd",
  "groupAdd",
  "flowAdd",
  "flowModify",
  "flowDelete",
  "groupDelete",
  "meterDelete",
];

/** The message that makes a change. The session assigns the xid. */
export function messageOf(change: TableChange): Message {
  switch (change.type) {
    case "meterAdd":
      return meterMessage(MeterModCommand.Add, change.meter, change.meter.bands);
    case "meterDelete":
      return meterMessage(MeterModCommand.Delete, change.meter, []);
    case "groupAdd":
      return groupMessage(GroupModCommand.Add, change.group, change.group.buckets);
    case "groupDelete":
      return groupMessage(GroupModCommand.Delete, change.group, []);
    case "flowAdd":
      return flowMessage(FlowModCommand.Add, change.flow);
    case "flowModify":
      return flowMessage(FlowModCommand.ModifyStrict, change.flow);
    case "flowDelete":
      return flowMessage(FlowModCommand.DeleteStrict, change.flow);
  }
}

/** The messages of changes, each built on access. */
export function messagesOf(changes: readonly TableChange[]): MessageList {
  return {
    length: changes.length,
    at: (index) => {
      const change = changes[index];
      return change && messageOf(change);
    },
  };
}

// Written out rather than built from defaults: twenty thousand of these make a bulk install.

function groupMessage(command: number, group: InstalledGroup, buckets: readonly Bucket[]): Message {
  return {
    version: OFP_VERSION,
    type: "groupMod",
    xid: 0,
    command,
    groupType: group.type,
    groupId: group.id,
    buckets,
  };
}

function meterMessage(command: number, meter: InstalledMeter, bands: readonly Band[]): Message {
  const { id: meterId, flags } = meter;
  return { version: OFP_VERSION, type: "meterMod", xid: 0, command, flags, meterId, bands };
}

function flowMessage(command: number, flow: InstalledFlow): Message {
  const { table, priority, match, cookie } = flow;
  const deletes = command === FlowModCommand.DeleteStrict;
  return {
    version: OFP_VERSION,
    type: "flowMod",
    xid: 0,
    cookie,
    // Leaves entries alone that another application has installed in the same place.
    cookieMask: command === FlowModCommand.Add ? 0n : OWNED_COOKIE_MASK,
    tableId: table,
    command,
    idleTimeout: 0,
    // The same entry added again has a new timeout, and its counters.
    hardTimeout: command === FlowModCommand.Add ? (flow.life?.hardTimeout ?? 0) : 0,
    priority,
    bufferId: NO_BUFFER,
    outPort: Port.Any,
    outGroup: GroupId.Any,
    // The switch reports the final count of a removed entry. Entries without the flag keep theirs.
    flags: command === FlowModCommand.Add && isCounted(cookie) ? FlowModFlags.SendFlowRem : 0,
    importance: 0,
    match,
    instructions: deletes ? [] : instructionsOf(flow),
  };
}

function instructionsOf({ meter, actions }: InstalledFlow): readonly Instruction[] {
  if (actions.length === 0) return [];
  const apply = { type: "applyActions", actions } as const;
  return meter === undefined ? [apply] : [{ type: "meter", meterId: meter }, apply];
}

/** The flow entries that changes install. */
export function flowsInstalledBy(changes: readonly TableChange[]): InstalledFlow[] {
  const flows: InstalledFlow[] = [];
  for (const change of changes) {
    if (change.type === "flowAdd" || change.type === "flowModify") flows.push(change.flow);
  }
  return flows;
}
