// SPDX-License-Identifier: Apache-2.0
import type { FlowKey, FlowSpec } from "../../flow-model/index.ts";
import type { Steps } from "../../lang/steps.ts";
import type { Action } from "../../openflow/index.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { InstalledFlow } from "../model/installed.ts";
import type { RecordChange } from "../model/record-change.ts";
import type { ListedFlow } from "../model/switch-channel.ts";
import type { DependencyGate } from "../plan/gated-spec.ts";
import type { OwnIds } from "../readback/readback.ts";
import type { Repair } from "../readback/repairs.ts";
import type { RefusedEntries } from "../state/refused-entries.ts";

/** Dependencies of a switch's sync loop: the other switches, and the outside. */
export interface SyncContext {
  readonly logger: Logger;
  readonly gate: DependencyGate;
  readonly ownIds: OwnIds;
  /** Runs a reading of the tables when a slot is free. */
  readInTurn<T>(read: () => Promise<T>): Promise<T>;
  /**
   * Does some work in slices between turns of the event loop, after all that was to be done before.
   * Whatever plans, or changes what plans depend on, is done here: so nothing changes meanwhile.
   */
  inSteps<T>(work: () => Steps<T>): Promise<T>;
  sweepAllowed(): boolean;
  /** Whether a port may be opened to floods; if not, waiting entries are marked when that changes. */
  mayFlood(port: number): boolean;
  /** Whether the path of an entry is ready; if not, the entry is marked when that may change. */
  mayForward(key: FlowKey, entry: FlowSpec): boolean;
  /** The actions of installed base forwarding for the frames of a tap's entry for one host. */
  presentPath(entry: FlowSpec): readonly Action[] | undefined;
  isRetained(flow: InstalledFlow): boolean;
  /** The clock, in milliseconds. */
  now(): number;
  /** For how long an entry is needed, in milliseconds; undefined: for ever. */
  neededMs(key: FlowKey): number | undefined;
  /** Whether copies may reach an entry. */
  mayBeReached(flow: InstalledFlow): boolean;
  /** The records of flow entries have changed. */
  recordsChanging(changes: readonly RecordChange[]): Steps<void>;
  /** Retains what flow entries that are about to be installed depend on; `releasing` reverts it. */
  retaining(flows: Iterable<InstalledFlow>): Steps<void>;
  releasing(flows: Iterable<InstalledFlow>): Steps<void>;
  /** Changes of these entries are about to be sent. */
  sending(keys: Iterable<FlowKey>): Steps<void>;
  /** These entries are about to be added over themselves. */
  readding(keys: Iterable<FlowKey>): void;
  /** The state of these entries, as published, may have changed. */
  stateChanging(keys: Iterable<FlowKey>): Steps<void>;
  /** The set of refused entries has changed. */
  refused(old: RefusedEntries, now: RefusedEntries): void;
  /** The tables have been read: other applications' flow entries. */
  foreignFlows(flows: readonly ListedFlow[]): void;
  /** What the switch holds is known (again), or no longer counts. */
  tablesKnown(): void;
  /** Drift is repaired, as far as the switch does not refuse it. */
  repaired(repair: Repair): void;
}
