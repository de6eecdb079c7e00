import type { FlowKey, FlowSpec } from "../../flow-model/index.ts";
import type { Action } from "../../openflow/index.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { InstalledFlow } from "../model/installed.ts";
import type { DependencyGate } from "../plan/gated-spec.ts";
import type { OwnIds } from "../readback/readback.ts";
import type { Repair } from "../readback/repairs.ts";
import type { RefusedEntries } from "../state/refused-entries.ts";

/** What the rounds of a switch need of the whole. */
export interface SyncContext {
  readonly logger: Logger;
  readonly gate: DependencyGate;
  readonly ownIds: OwnIds;
  /** Reads the tables when it is the switch's turn. */
  readInTurn<T>(read: () => Promise<T>): Promise<T>;
  sweepAllowed(): boolean;
  /** Whether a port may be opened to floods; if not, what waits is woken when that may be otherwise. */
  mayFlood(port: number): boolean;
  /** Whether the way on is ready for an entry; if not, it is looked at again when that may be so. */
  mayForward(key: FlowKey, entry: FlowSpec): boolean;
  /** What base forwarding, as it is installed, does with the frames of a tap's entry for one host. */
  presentWay(entry: FlowSpec): readonly Action[] | undefined;
  isHeld(flow: InstalledFlow): boolean;
  /** The records of flow entries have changed: from old to new, or from or to none. */
  recordsChanged(changes: readonly RecordChange[]): void;
  /** Flow entries that are about to be installed rely on their needs; `release` takes it back. */
  hold(flows: Iterable<InstalledFlow>): void;
  release(flows: Iterable<InstalledFlow>): void;
  /** The state of these entries may have changed for others to see. */
  changed(keys: Iterable<FlowKey>): void;
  /** What the switch refuses is not what it was. */
  refused(old: RefusedEntries, now: RefusedEntries): void;
  /** What somebody else had changed is repaired, as far as the switch does not refuse it. */
  repaired(repair: Repair): void;
}

/** What a switch's record of a flow entry was, and is now. */
export interface RecordChange {
  readonly key: FlowKey;
  readonly from: InstalledFlow | undefined;
  readonly to: InstalledFlow | undefined;
  /** What depends on the entry has to look again even if the record says the same as before. */
  readonly wake?: boolean;
}
