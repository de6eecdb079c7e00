import { type FlowKey, isCounted, OWNED_COOKIE_MASK } from "../../flow-model/index.ts";
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
  /** Adds, or replaces an entry that has another cookie. */
  | { readonly type: "flowAdd"; readonly flow: InstalledFlow }
  /** Gives an entry of ours other actions; its counters go on. */
  | { readonly type: "flowModify"; readonly flow: InstalledFlow }
  | { readonly type: "flowDelete"; readonly flow: InstalledFlow }
  | { readonly type: "groupDelete"; readonly group: InstalledGroup }
  | { readonly type: "meterDelete"; readonly meter: InstalledMeter };

/**
 * The order of changes within a switch. Meters and groups come before the flow entries that use
 * them and go after them, because deleting one deletes every entry that points to it (Open vSwitch
 * 3.1 does so for meters too); entries that are wanted come before others go, so that no frame finds
 * neither.
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

/** The message that makes a change. Its xid is the session's to give. */
export function messageOf(mod: TableChange): Message {
  switch (mod.type) {
    case "meterAdd":
      return meterMessage(MeterModCommand.Add, mod.meter, mod.meter.bands);
    case "meterDelete":
      return meterMessage(MeterModCommand.Delete, mod.meter, []);
    case "groupAdd":
      return groupMessage(GroupModCommand.Add, mod.group, mod.group.buckets);
    case "groupDelete":
      return groupMessage(GroupModCommand.Delete, mod.group, []);
    case "flowAdd":
      return flowMessage(FlowModCommand.Add, mod.flow);
    case "flowModify":
      return flowMessage(FlowModCommand.ModifyStrict, mod.flow);
    case "flowDelete":
      return flowMessage(FlowModCommand.DeleteStrict, mod.flow);
  }
}

/** The messages of changes, each made when it is asked for. */
export function messagesOf(mods: readonly TableChange[]): MessageList {
  return {
    length: mods.length,
    at: (index) => {
      const mod = mods[index];
      return mod && messageOf(mod);
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
    // What another application has put in the place of ours is not ours to change or delete.
    cookieMask: command === FlowModCommand.Add ? 0n : OWNED_COOKIE_MASK,
    tableId: table,
    command,
    idleTimeout: 0,
    hardTimeout: 0,
    priority,
    bufferId: NO_BUFFER,
    outPort: Port.Any,
    outGroup: GroupId.Any,
    // The last count of an entry that goes is not lost. What is there without the flag stays so.
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

/** The flow entry a change is about, if it is about one. */
export function flowKeysOf(mod: TableChange): FlowKey[] {
  return "flow" in mod ? [mod.flow.key] : [];
}

/** The flow entries that mods install. */
export function newFlows(mods: readonly TableChange[]): InstalledFlow[] {
  return mods.flatMap((mod) =>
    mod.type === "flowAdd" || mod.type === "flowModify" ? [mod.flow] : [],
  );
}
