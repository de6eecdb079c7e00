import type { EntryRef, ForwardingOrder } from "../flow-model/index.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import type { Dpid } from "../topology/index.ts";
import type { IdRange } from "./model/id-range.ts";
import type { Repair } from "./readback/repairs.ts";
import type { RefusedEntries } from "./state/refused-entries.ts";

/** What the reconciler tells the outside. Must not throw. */
export interface ReconcilerEvents {
  /** `state` of these entries may have changed. Not called for the entries of an edit itself. */
  changed(refs: readonly EntryRef[]): void;
  /** What a switch refuses, or what somebody else is in the place of, is not what it was. */
  refused?(dpid: Dpid, old: RefusedEntries, now: RefusedEntries): void;
  /** What somebody else had changed on a switch is repaired, as far as it does not refuse it. */
  repaired?(dpid: Dpid, repair: Repair): void;
}

export interface ReconcilerOptions {
  /** In which order base forwarding moves to what is wanted now. Default: in any. */
  readonly order?: () => ForwardingOrder;
  readonly logger: Logger;
  readonly events: ReconcilerEvents;
  readonly groupIds?: IdRange;
  readonly meterIds?: IdRange;
  /** Time in which every switch is read again, in milliseconds; 0: never. Default: a minute. */
  readonly auditIntervalMs?: number;
  readonly clock?: Clock;
}
