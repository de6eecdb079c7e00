// SPDX-License-Identifier: Apache-2.0
import type { Action, Match } from "../openflow/index.ts";
import { matchKey } from "../openflow/index.ts";
import type { CategoryName } from "./cookie.ts";

/** Identity of a flow entry on its switch: table, priority and match. */
export type FlowKey = string & { readonly __brand: "FlowKey" };

/** A flow entry on a named switch, written `<dpid> <flow key>`. */
export type EntryRef = string & { readonly __brand: "EntryRef" };

/** An OpenFlow action, or the use of a group identified by its content. */
export type ActionSpec = Action | { readonly type: "useGroup"; readonly group: GroupSpec };

/**
 * A desired meter: frames above the rate are dropped. Entries with equal specs share one meter on a
 * switch, and so one rate; a different `owner` makes it a different meter.
 */
export interface MeterSpec {
  /** `kbps`: thousands of bits per second; `pktps`: packets per second. */
  readonly unit: "kbps" | "pktps";
  readonly rate: number;
  /** Largest burst in kilobits, or packets. Absent: the switch decides. */
  readonly burst?: number;
  /** Part of the meter's identity that is not sent to the switch. Default: none. */
  readonly owner?: string;
}

/**
 * Sends the frame to OpenVTAP as a packet-in (`CONTROLLER_ID`), within the rate of a meter. Open vSwitch only,
 * and in the actions of an entry only: a bucket of a group cannot name a meter.
 */
interface PuntSpec {
  readonly type: "punt";
  /** Bytes of the frame to send; 0xffff: all. */
  readonly maxLen: number;
  readonly meter?: MeterSpec;
  /** Data that the packet-in carries. */
  readonly userdata?: Uint8Array;
}

/** One bucket of a desired group. */
export interface BucketSpec {
  /** `original`: the production frame. `copy`: for a monitor; omitted until `needs` are confirmed. */
  readonly role: "original" | "copy";
  readonly actions: readonly ActionSpec[];
  /** Entries on other switches that must be confirmed before this bucket is installed. */
  readonly needs?: readonly EntryRef[];
  /**
   * Key of the monitor, if this bucket alone makes its copies. Until this bucket may be installed, the
   * bucket that made them before stays, as long as the entries that restore its copies are desired.
   */
  readonly copyOf?: string;
}

/** An action of a flow entry. */
export type FlowActionSpec = ActionSpec | PuntSpec;

/** A desired group of type ALL: every bucket gets its own copy of the frame. */
export interface GroupSpec {
  readonly buckets: readonly BucketSpec[];
}

/** A desired flow entry. Without actions it drops. */
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
   * Without this entry, its frames would match a rewriting rule of lower priority, which may forward
   * them differently or make copies that this entry does not make. It is therefore installed even
   * while all its own copies are pending.
   */
  readonly shields?: boolean;
  /**
   * Keys of the monitors (`BucketSpec.copyOf`) for which other rewriting rules copy this entry's frames
   * as long as it is not there. They forward the frames alike, so it is not added before its own copies
   * for these monitors may be made: no copy is missed.
   */
  readonly takesOver?: readonly string[];
  /**
   * Entries on other switches on which the frames sent by this entry depend. An installed entry is
   * changed only when they are confirmed, and counts as confirmed only then. An entry with `needs`
   * makes no copies, and its dependencies must not be circular.
   */
  readonly needs?: readonly EntryRef[];
  /**
   * One of `needs`, without which frames of hosts could count as copies: this entry is not added before
   * that one is confirmed, and that one stays as long as this entry does.
   */
  readonly behind?: EntryRef;
}

/** The identity of a flow entry on its switch. */
export type FlowIdentity = Pick<FlowSpec, "table" | "priority" | "match">;

/** The identity of a flow entry from its parts. */
export function flowKey(entry: FlowIdentity): FlowKey {
  return `${entry.table}/${entry.priority}/${matchKey(entry.match)}` as FlowKey;
}

/** The number of the port whose frames an entry matches; undefined: those of more than one. */
export function inPortOf(ref: EntryRef): number | undefined {
  const found = /[/,]inPort=([0-9a-f]+)(?:,|$)/.exec(ref)?.[1];
  return found === undefined ? undefined : Number.parseInt(found, 16);
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
