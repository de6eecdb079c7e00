// SPDX-License-Identifier: Apache-2.0
import type { FlowSpec } from "../../flow-model/index.ts";
import { categoryOf, type EntryRef, entryRef, type FlowKey } from "../../flow-model/index.ts";
import { forEach, partsOf, type Steps } from "../../lang/steps.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { InstalledFlow } from "../model/installed.ts";
import type { RecordChange } from "../model/record-change.ts";
import { DependencyIndex, EntryRefParts } from "./dependency-index.ts";
import type { SwitchTrackerView } from "./tracker-view.ts";

/** Dependencies of `DependencyTracker`. */
export interface DependencyTrackerDeps {
  readonly logger: Logger;
  readonly tracker: (dpid: string) => SwitchTrackerView | undefined;
  /** An entry is to be planned again. */
  readonly markDirty: (dpid: string, key: FlowKey) => void;
  /** Called for every record that changes. */
  readonly entryChanged: (key: FlowKey, flow: InstalledFlow | undefined) => void;
  /** Entries that were kept because unknown copies might rely on them may be removed. */
  readonly sweepAgain: () => Steps<void>;
}

/**
 * Which entries rely on entries of other switches. It decides for a switch's plan whether a
 * dependency is met and whether an entry must stay, and marks an entry dirty when that answer changes.
 */
export class DependencyTracker {
  readonly #deps: DependencyTrackerDeps;
  readonly #index = new DependencyIndex();
  readonly #refParts = new EntryRefParts();
  /** Switches that may hold any entry: they have not been read since the process started. */
  readonly #unread = new Set<string>();
  /** Records of flow entries that may send copies that rely on unknown entries. */
  #opaque = 0;
  #waitReported = false;

  constructor(deps: DependencyTrackerDeps) {
    this.#deps = deps;
  }

  /** The parts of a reference. */
  partsOf(ref: EntryRef): ReturnType<EntryRefParts["of"]> {
    return this.#refParts.of(ref);
  }

  /** As `DependencyGate`. */
  isConfirmed(dependency: EntryRef): boolean {
    const { dpid, key } = this.#refParts.of(dependency);
    return this.#deps.tracker(dpid)?.status.isConfirmed(key) ?? false;
  }

  /** As `DependencyGate`. */
  stillServes(dependency: EntryRef): boolean {
    const { dpid, key } = this.#refParts.of(dependency);
    return this.#deps.tracker(dpid)?.status.stillServes(key) ?? false;
  }

  /** As `DependencyGate`. */
  mayExist(dependency: EntryRef): boolean {
    const { dpid, key } = this.#refParts.of(dependency);
    return this.#deps.tracker(dpid)?.status.mayExist(key) ?? true;
  }

  /** As `DependencyGate`. */
  isGuarding(dependency: EntryRef): boolean {
    const { dpid, key } = this.#refParts.of(dependency);
    return this.#deps.tracker(dpid)?.status.isGuarding(key) ?? false;
  }

  /** A desired entry replaces another one; undefined: there is or was none. */
  desiredChanged(ref: EntryRef, old: FlowSpec | undefined, now: FlowSpec | undefined): void {
    if (old) this.#index.unwatch(ref, old);
    if (now) this.#index.watch(ref, now);
  }

  /** A switch may hold entries of a previous process until it has been read. */
  expect(dpid: string): void {
    if (!this.#deps.tracker(dpid)?.isRead) this.#unread.add(dpid);
  }

  /** Whether some switch, or some copy, may rely on entries that are not known. */
  get hasUnknown(): boolean {
    return this.#unread.size > 0 || this.#opaque > 0;
  }

  /** Whether an entry must stay because copies of other switches may rely on it. */
  isRetained(dpid: string, flow: InstalledFlow): boolean {
    if (this.#index.isRetained(entryRef(dpid, flow.key))) return true;
    if (!this.hasUnknown) return false;
    const receives = RECEIVING.has(categoryOf(flow.cookie) ?? "");
    if (receives && this.#unread.size > 0) this.#reportWait();
    return receives;
  }

  /** Whether copies may reach an entry: it makes them itself, or copies of other switches may rely on it. */
  mayBeReached(dpid: string, flow: InstalledFlow): boolean {
    return !RECEIVING.has(categoryOf(flow.cookie) ?? "") || this.isRetained(dpid, flow);
  }

  /** Retains what flow entries that are about to be installed depend on. */
  retaining(flows: Iterable<InstalledFlow>): Steps<void> {
    return forEach(flows, ({ dependencies }) => this.#index.retain(dependencies));
  }

  /** Reverts `retaining`. */
  releasing(flows: Iterable<InstalledFlow>): Steps<void> {
    return forEach(flows, (flow) => this.#release(flow));
  }

  /** Records of a switch's entries have changed. Returns the entries whose state may have changed. */
  *recordsChanging(dpid: string, changes: readonly RecordChange[]): Steps<readonly EntryRef[]> {
    const refs: EntryRef[] = [];
    const opaqueBefore = this.#opaque;
    for (const part of partsOf(changes)) {
      yield;
      for (const change of part) {
        if (!this.#recordChanged(change)) continue;
        const ref = entryRef(dpid, change.key);
        refs.push(ref);
        const dependents = this.#index.dependentsOf(ref);
        if (dependents) yield* forEach(dependents, (dependent) => this.#markDirty(dependent));
      }
    }
    const isLastRead = this.#unread.delete(dpid) && this.#unread.size === 0;
    if (this.#opaque === 0 && (opaqueBefore > 0 || isLastRead)) yield* this.#deps.sweepAgain();
    return refs;
  }

  /** Returns whether the state of the entry may have changed. */
  #recordChanged({ key, from, to, wake }: RecordChange): boolean {
    if (to) this.#index.retain(to.dependencies);
    if (from) this.#release(from);
    this.#deps.entryChanged(key, to ?? from);
    this.#opaque += Number(to?.opaque ?? false) - Number(from?.opaque ?? false);
    return wake === true || !from || !to || from.fulfils !== to.fulfils;
  }

  #release({ dependencies }: InstalledFlow): void {
    for (const free of this.#index.release(dependencies)) this.#markDirty(free);
  }

  #markDirty(ref: EntryRef): void {
    const { dpid, key } = this.#refParts.of(ref);
    this.#deps.markDirty(dpid, key);
  }

  #reportWait(): void {
    if (this.#waitReported) return;
    this.#waitReported = true;
    const what = "entries for copies that are not desired stay until every switch has been read";
    this.#deps.logger.info({ unread: [...this.#unread] }, what);
  }
}

/** Categories of the entries that copies rely on. */
const RECEIVING: ReadonlySet<string> = new Set(["recovery", "transit", "guard"]);
