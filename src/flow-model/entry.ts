import type { Action, Match } from "../openflow/index.ts";
import { matchKey } from "../openflow/index.ts";
import type { CategoryName } from "./cookie.ts";

/** Identity of a flow entry on its switch: table, priority and match. */
export type FlowKey = string & { readonly __brand: "FlowKey" };

/** Identity of a group on its switch: its type and buckets. Ids are chosen when it is installed. */
export type GroupKey = string & { readonly __brand: "GroupKey" };

/** A flow entry on a named switch, written `<dpid> <flow key>`. */
export type EntryRef = string & { readonly __brand: "EntryRef" };

/** An OpenFlow action, or the use of a group that is named by its content. */
export type ActionSpec = Action | { readonly type: "useGroup"; readonly group: GroupSpec };

/**
 * A meter we want: what exceeds the rate is dropped. Entries whose specs say the same share one
 * meter on a switch, and so one rate; a different `owner` makes it another meter.
 */
export interface MeterSpec {
  /** `kbps`: thousands of bits per second; `pktps`: packets per second. */
  readonly unit: "kbps" | "pktps";
  readonly rate: number;
  /** Kilobits, or packets, that may come at once. Absent: the switch decides. */
  readonly burst?: number;
  /** For whom: part of the meter's identity, though the switch never sees it. Default: nobody. */
  readonly owner?: string;
}

/**
 * Sends the frame to the controller as a packet-in, within the rate of a meter. Open vSwitch only,
 * and in the actions of an entry only: a bucket of a group cannot name a meter.
 */
export interface PuntSpec {
  readonly type: "punt";
  /** Bytes of the frame to send; 0xffff: all. */
  readonly maxLen: number;
  readonly meter?: MeterSpec;
  /** What the packet-in carries back. */
  readonly userdata?: Uint8Array;
}

/** One bucket of a group we want. */
export interface BucketSpec {
  /** `original`: the production frame. `copy`: for a monitor; left out until `needs` are met. */
  readonly role: "original" | "copy";
  readonly actions: readonly ActionSpec[];
  /** Entries on other switches that must be confirmed before this bucket may send anything. */
  readonly needs?: readonly EntryRef[];
  /**
   * Whose copies they are, when this bucket alone makes them: until it may send, the one that made
   * them before goes on, as long as what puts the copies right at their end is wanted.
   */
  readonly copyOf?: string;
}

/** What may stand among the actions of a flow entry. */
export type FlowActionSpec = ActionSpec | PuntSpec;

/** A group of type ALL we want: every bucket gets its own copy of the frame. */
export interface GroupSpec {
  readonly buckets: readonly BucketSpec[];
}

/** A flow entry we want. No actions means drop. */
export interface FlowSpec {
  readonly table: number;
  readonly priority: number;
  /** In canonical order, as `match()` of the codec builds it. */
  readonly match: Match;
  readonly category: CategoryName;
  /** Frames above its rate are dropped before any action (the meter instruction). */
  readonly meter?: MeterSpec;
  readonly actions: readonly FlowActionSpec[];
  /**
   * Without this entry, another one of a tap, of lower priority, would decide about its frames: it may
   * send them another way, or make copies of them that this one does not make. So it is installed even
   * while all its own copies wait.
   */
  readonly shields?: boolean;
  /**
   * Entries on other switches that what this one sends relies on. An entry that is there already is
   * changed only when they are confirmed; it counts as confirmed itself only then. They must not
   * lead back to this entry, which makes no copies itself.
   */
  readonly needs?: readonly EntryRef[];
}

/** What tells a flow entry from all others of its switch. */
export type FlowIdentity = Pick<FlowSpec, "table" | "priority" | "match">;

/** The identity of a flow entry from its parts. */
export function flowKey(entry: FlowIdentity): FlowKey {
  return `${entry.table}/${entry.priority}/${matchKey(entry.match)}` as FlowKey;
}

/** Names a flow entry on a switch. */
export function entryRef(dpid: string, key: FlowKey): EntryRef {
  return `${dpid} ${key}` as EntryRef;
}

/** The two halves of an entry reference. */
export function splitEntryRef(ref: EntryRef): { dpid: string; key: FlowKey } {
  const space = ref.indexOf(" ");
  return { dpid: ref.slice(0, space), key: ref.slice(space + 1) as FlowKey };
}
