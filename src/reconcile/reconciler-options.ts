// SPDX-License-Identifier: Apache-2.0
import type { CategoryName, EntryRef, ForwardingOrder } from "../flow-model/index.ts";
import type { Clock } from "../runtime/clock.ts";
import type { StepQueue } from "../runtime/index.ts";
import type { Logger } from "../runtime/logger.ts";
import type { Dpid } from "../topology/index.ts";
import type { IdRange } from "./model/id-range.ts";
import type { ListedFlow } from "./model/switch-channel.ts";
import type { Repair } from "./readback/repairs.ts";
import type { RefusedEntries } from "./state/refused-entries.ts";

/** Events of the reconciler. The handlers must not throw. */
export interface ReconcilerEvents {
  /** `state` of these entries may have changed. Not called for the entries of an edit itself. */
  changed(refs: readonly EntryRef[]): void;
  /** The entries that a switch refuses, or whose place foreign entries take, have changed. */
  refused?(dpid: Dpid, old: RefusedEntries, now: RefusedEntries): void;
  /** A foreign change on a switch is repaired, as far as the switch does not refuse it. */
  repaired?(dpid: Dpid, repair: Repair): void;
  /** The tables of a switch have been read: the flow entries there that are not OpenVTAP's. */
  foreignFlows?(dpid: Dpid, flows: readonly ListedFlow[]): void;
  /** What a switch holds is known (again), or no longer counts: it is forgotten. */
  tablesKnown?(dpid: Dpid): void;
  /**
   * Changes of these entries of a switch are about to be sent. `categories` are those of the desired entries
   * among them; undefined: one that is removed.
   */
  sending?(
    dpid: Dpid,
    refs: readonly EntryRef[],
    categories: ReadonlySet<CategoryName | undefined>,
  ): void;
  /** These entries are about to be added over themselves: their ages begin anew, their counts continue. */
  readding?(refs: readonly EntryRef[]): void;
  /** The tables of a switch are about to be read for an audit. */
  auditing?(dpid: Dpid): void;
}

export interface ReconcilerOptions {
  /** The order in which base forwarding moves to its desired paths. Default: any order. */
  readonly order?: () => ForwardingOrder;
  readonly logger: Logger;
  readonly events: ReconcilerEvents;
  readonly groupIds?: IdRange;
  readonly meterIds?: IdRange;
  /** Time in which every switch is read again, in milliseconds; 0: never. Default: a minute. */
  readonly auditIntervalMs?: number;
  /**
   * Whether another application may clear the tables of a switch at any time (it restarts, say): what it clears is
   * then restored without the pause that keeps applications from working against each other. Default: of no switch.
   */
  readonly isCleared?: (dpid: Dpid) => boolean;
  /** For how long an entry that makes copies is needed, in milliseconds; undefined: for ever. Default: for ever. */
  readonly neededMs?: (ref: EntryRef) => number | undefined;
  readonly clock?: Clock;
  /** Runs all that plans, and all that changes what plans depend on. Of its own; default: a new one. */
  readonly queue?: StepQueue;
}
