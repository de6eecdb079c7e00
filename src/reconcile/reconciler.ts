// SPDX-License-Identifier: Apache-2.0
import {
  type CategoryName,
  type EntryRef,
  entryRef,
  type FlowIdentity,
  type FlowKey,
  type FlowSpec,
  flowKey,
} from "../flow-model/index.ts";
import { complete, forEach, partsOf, type Steps } from "../lang/steps.ts";
import { type Clock, systemClock } from "../runtime/clock.ts";
import { StepQueue } from "../runtime/index.ts";
import type { Dpid } from "../topology/index.ts";
import { SwitchSync } from "./apply/switch-sync.ts";
import type { SyncContext } from "./apply/sync-context.ts";
import { Auditor, DEFAULT_AUDIT_INTERVAL_MS } from "./audit/audit.ts";
import { LifeReview } from "./audit/life-review.ts";
import { RESYNC_LIMIT_MS, type ResyncOutcome, resync, resyncSpread } from "./audit/resync.ts";
import { progressOf, type SwitchProgress } from "./audit/switch-progress.ts";
import { DEFAULT_GROUP_IDS, DEFAULT_METER_IDS } from "./model/id-range.ts";
import type { InstalledEntries, InstalledFlow, InstalledGroup } from "./model/installed.ts";
import type { RecordChange } from "./model/record-change.ts";
import type { SwitchChannel } from "./model/switch-channel.ts";
import { ForwardingSequencer } from "./order/forwarding-order.ts";
import { ReadSlots } from "./readback/read-slots.ts";
import type { OwnIds } from "./readback/readback.ts";
import type { ReconcilerOptions } from "./reconciler-options.ts";
import { DependencyTracker } from "./state/dependency-tracker.ts";
import { NONE_REFUSED, type RefusedEntries, refusedEntries } from "./state/refused-entries.ts";
import {
  type EntryState,
  entryState,
  flowsThatMayExist,
  hasDesiredAlone,
  installedEntries,
  isLeaving,
  tapRules,
} from "./state/switch-queries.ts";
import type { SwitchTrackerView } from "./state/tracker-view.ts";

/** An edit of the entries desired on a switch. */
export interface DesiredEdit {
  readonly set?: Iterable<FlowSpec>;
  readonly delete?: Iterable<FlowKey>;
}

/**
 * Makes every switch hold the entries desired of it, and keeps it so.
 *
 * Edits change memory only; what they touch is sent soon after, in one atomic bundle per switch and
 * round. A bucket for a monitor waits for the entries it depends on on other switches, and these stay until no installed bucket depends on them. So no order between switches is
 * needed, and none waits for a switch it is not related to.
 *
 * Planning ten thousand entries, or taking over as many confirmations, takes many milliseconds. So all of
 * it runs in slices between turns of the event loop: one queue takes an edit, a plan (up to the moment when
 * it is in flight), an answer and a reading one after another, each to its end. Outside the queue only
 * connections change: a plan of a switch whose connection has ended is dropped.
 *
 * Invariants, for reviewers:
 * - a plan is of one moment: while it is made, nothing that it depends on changes, but for connections
 *   that end, whose entries stay what they were;
 * - what a switch holds changes in memory on confirmation or on reading it, never on sending
 *   (`SwitchTracker`);
 * - the retained entries are the dependencies of every record and of every round that is not over;
 * - whatever changes an answer of the dependency gate or of `isRetained` marks the entries dirty whose
 *   plan asked for it.
 */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #switches = new Map<string, SwitchSync>();
  readonly #dependencies: DependencyTracker;
  readonly #sequencer: ForwardingSequencer;
  readonly #ownIds: OwnIds;
  readonly #clock: Clock;
  readonly #slots: ReadSlots;
  #sweepAllowed = false;
  readonly #queue: StepQueue;
  readonly #auditor: Auditor;
  readonly #lives: LifeReview | undefined;
  /** Switches whose entries are about to be relieved. */
  readonly #relieving = new Set<string>();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    const { logger, clock = systemClock } = options;
    const tracker = (dpid: string) => this.#switches.get(dpid)?.tracker;
    const markDirty = (dpid: string, key: FlowKey) => this.#markDirty(dpid, key);
    this.#dependencies = new DependencyTracker({
      ...{ logger, tracker, markDirty },
      entryChanged: (key, flow) => this.#sequencer.entryChanged(key, flow),
      sweepAgain: () => this.#sweepingAgain(),
    });
    this.#sequencer = new ForwardingSequencer({
      order: () => options.order?.(),
      tracker,
      entryMayChange: (ref) => {
        const { dpid, key } = this.#dependencies.partsOf(ref);
        markDirty(dpid, key);
      },
      floodsMayChange: (dpid) => {
        const sync = this.#switches.get(dpid);
        sync?.tracker.wake();
        sync?.schedule();
      },
    });
    const { groupIds = DEFAULT_GROUP_IDS, meterIds = DEFAULT_METER_IDS } = options;
    const { auditIntervalMs: intervalMs = DEFAULT_AUDIT_INTERVAL_MS } = options;
    this.#ownIds = { groupIds, meterIds };
    this.#clock = clock;
    this.#slots = new ReadSlots(clock);
    this.#queue = options.queue ?? new StepQueue();
    const [switches, slots] = [this.#switches, this.#slots];
    const auditing = (dpid: string) => options.events.auditing?.(dpid as Dpid);
    // Without such needs every entry stays for ever.
    this.#lives =
      options.neededMs &&
      new LifeReview({
        ...{ clock, switches, markDirty },
        neededMs: (dpid, key) => this.#neededMs(dpid, key),
        inSteps: (work) => void this.#inSteps(work),
      });
    const isCleared = (dpid: string) => options.isCleared?.(dpid as Dpid) ?? false;
    const auditorOptions = { clock, intervalMs, switches, slots, logger, isCleared, auditing };
    this.#auditor = new Auditor(auditorOptions);
  }

  /** Changes what is desired on a switch: at once, unless other work is under way. */
  edit(dpid: Dpid, edit: DesiredEdit): void {
    void this.#inSteps(() => this.#taking(new Map([[dpid, edit]])));
  }

  /**
   * Changes what is desired on several switches, as one change: a plan never sees a part of it. A spec
   * replaces the one of the same key. Waits for the work that is under way.
   */
  *editing(edits: ReadonlyMap<Dpid, DesiredEdit>): Steps<void> {
    let isOver = false;
    const taking = () => this.#taking(edits);
    const over = this.#inSteps(function* () {
      yield* taking();
      isOver = true;
    });
    if (!isOver) yield over;
  }

  *#taking(edits: ReadonlyMap<Dpid, DesiredEdit>): Steps<void> {
    for (const [dpid, edit] of edits) yield* this.#desiring(dpid, edit);
    yield* this.#sequencer.desiredChanging();
    for (const sync of this.#switches.values()) sync.schedule();
  }

  *#desiring(dpid: Dpid, edit: DesiredEdit): Steps<void> {
    const { tracker } = this.#syncOf(dpid);
    yield* forEach(edit.delete ?? [], (key) => {
      const old = tracker.undesire(key);
      if (old) this.#dependencies.desiredChanged(entryRef(dpid, key), old, undefined);
      if (tracker.reliesUndesired(key)) this.#relieveSoon(dpid);
    });
    yield* forEach(edit.set ?? [], (spec) => {
      const key = flowKey(spec);
      const old = tracker.desire(key, spec);
      if (old !== spec) this.#dependencies.desiredChanged(entryRef(dpid, key), old, spec);
    });
  }

  /**
   * Registers switches that may still hold entries of a previous process. Until each of them has been
   * read, no entry that recovers or carries copies is removed on any switch.
   */
  expect(dpids: Iterable<Dpid>): void {
    for (const dpid of dpids) this.#dependencies.expect(dpid);
  }

  /**
   * The desired entries are complete (the first compile is in): from now on own entries that are not
   * desired are removed. Before this call none is.
   */
  allowSweep(): void {
    void this.#inSteps(() => this.#allowingSweep());
  }

  *#allowingSweep(): Steps<void> {
    if (this.#sweepAllowed) return;
    this.#sweepAllowed = true;
    yield* this.#sweepingAgain();
  }

  /** For how long these entries are needed may have changed. */
  needsChanged(refs: readonly EntryRef[]): void {
    void this.#inSteps(() =>
      forEach(refs, (ref) => {
        const { dpid, key } = this.#dependencies.partsOf(ref);
        this.#markDirty(dpid, key);
      }),
    );
  }

  /** A switch has connected: reads its tables, then repairs them. Replaces an older channel. */
  connect(dpid: Dpid, channel: SwitchChannel): void {
    this.#syncOf(dpid).connect(channel);
    this.#auditor.start(dpid);
  }

  /**
   * A switch reports that an entry was removed. If the entry is desired, another application removed
   * it, and perhaps more than that one: the switch is audited soon, and the entry is pending until then.
   */
  entryRemoved(dpid: Dpid, removed: FlowIdentity): void {
    const sync = this.#switches.get(dpid);
    const key = flowKey(removed);
    if (!sync?.tracker.status.isConfirmed(key)) return;
    sync.entryRemoved(key);
    this.#auditor.hurry(dpid);
  }

  /** A switch has disconnected; its entries are unknown until it returns. Ignores stale channels. */
  disconnect(dpid: Dpid, channel: SwitchChannel): void {
    const sync = this.#switches.get(dpid);
    if (sync?.channel === channel) sync.disconnect("disconnected");
  }

  /**
   * A switch has been removed for good: no other switch keeps an entry for its sake or waits for it to
   * be read. No effect while it is connected.
   */
  async forget(dpid: Dpid): Promise<void> {
    const sync = this.#syncOf(dpid);
    await sync.forget();
    // Entries were desired of it in the meantime: it has not been removed after all.
    const isGone = !sync.channel && sync.tracker.desired.size === 0;
    if (isGone && this.#switches.get(dpid) === sync) this.#switches.delete(dpid);
  }

  /**
   * Reads a switch's tables again and repairs them; retries what was refused. Joins a resync that is
   * under way already. Resolves when there is nothing left to do, or after `limitMs`.
   */
  async resync(dpid: Dpid, limitMs = RESYNC_LIMIT_MS): Promise<ResyncOutcome> {
    const sync = this.#switches.get(dpid);
    return sync ? resync(sync, limitMs, this.#clock) : { type: "notConnected" };
  }

  /** `resync` of every connected switch: in any order, spread a little, a few at a time. */
  async resyncAll(): Promise<ReadonlyMap<string, ResyncOutcome>> {
    const connected = [...this.#switches].filter(([, sync]) => sync.channel);
    const dpids = connected.map(([dpid]) => dpid);
    return resyncSpread(dpids, (dpid) => this.resync(dpid as Dpid), this.#clock);
  }

  /**
   * Installation state of a desired entry. Confirmed: the switch has confirmed all of it, every copy
   * included. An entry that is not desired (yet), or whose switch is not connected, is pending.
   */
  state(ref: EntryRef): EntryState {
    const { dpid, key } = this.#dependencies.partsOf(ref);
    const sync = this.#switches.get(dpid);
    return sync?.isRemoved(key) ? "pending" : entryState(sync?.tracker, key);
  }

  /** The desired entry of a reference. */
  desiredEntry(ref: EntryRef): FlowSpec | undefined {
    const { dpid, key } = this.#dependencies.partsOf(ref);
    return this.#tracker(dpid)?.desired.get(key);
  }

  /** Whether an entry that is not desired may still be on its switch, and its removal is possible. */
  isLeaving(ref: EntryRef): boolean {
    const { dpid, key } = this.#dependencies.partsOf(ref);
    return isLeaving(this.#tracker(dpid), key);
  }

  /**
   * How many entries that make, carry or recover copies a switch holds. Undefined when unknown: it has
   * not been read, or a change is in flight.
   */
  tapRules(dpid: Dpid): number | undefined {
    return tapRules(this.#tracker(dpid));
  }

  /** Whether a switch has been read since the process started, and has no entry that is not desired. */
  hasDesiredAlone(dpid: Dpid): boolean {
    return hasDesiredAlone(this.#tracker(dpid));
  }

  /** Whether a switch has been read, and nothing is in flight there. */
  isIdle(dpid: Dpid): boolean {
    return this.#switches.get(dpid)?.isIdle ?? false;
  }

  /** Whether every connected switch has been read and is as desired as far as it accepts. */
  get isAtRest(): boolean {
    return [...this.#switches.values()].every((sync) => !sync.channel || sync.isIdle);
  }

  /** All entries desired on a switch, installed or not. */
  desired(dpid: Dpid): readonly FlowSpec[] {
    return [...(this.#tracker(dpid)?.desired.values() ?? [])];
  }

  /** The own entries of a switch, as last confirmed; undefined for an unknown switch. */
  installed(dpid: Dpid): InstalledEntries | undefined {
    const tracker = this.#tracker(dpid);
    return tracker && installedEntries(tracker);
  }

  /**
   * Calls back for every own flow entry that some switch holds or may hold, connected or not. Resolves to
   * whether these are all: not while a switch has not been read, or entries of a previous process remain.
   */
  inspect(visit: (flow: InstalledFlow) => void): Promise<boolean> {
    return this.#inSteps(() => this.#inspecting(visit));
  }

  *#inspecting(visit: (flow: InstalledFlow) => void): Steps<boolean> {
    if (this.#dependencies.hasUnknown) return false;
    for (const { tracker } of this.#switches.values()) {
      yield* forEach(flowsThatMayExist(tracker), visit);
    }
    return true;
  }

  /** An own group of a switch, as last confirmed. */
  group(dpid: string, id: number): InstalledGroup | undefined {
    return this.#tracker(dpid)?.groups.installed.get(id);
  }

  /** Counts, in time proportional to the entries desired and installed. */
  progress(dpid: Dpid): SwitchProgress | undefined {
    return complete(this.countingProgress(dpid));
  }

  /** As `progress`, in steps. What changes meanwhile may count or not. */
  *countingProgress(dpid: Dpid): Steps<SwitchProgress | undefined> {
    const sync = this.#switches.get(dpid);
    return sync && (yield* progressOf(sync));
  }

  /** The entries that a switch refuses, or whose place another application's entries take. */
  refused(dpid: Dpid): RefusedEntries {
    const tracker = this.#tracker(dpid);
    return tracker ? refusedEntries(tracker) : NONE_REFUSED;
  }

  /** Resolves when no switch has a round in flight or about to start; audits may be under way. */
  async confirmed(): Promise<void> {
    await this.#over(() => this.#running);
  }

  /** As `confirmed`, when no audit is under way either. */
  async settled(): Promise<void> {
    await this.#over(() => [...this.#running, ...this.#auditor.running]);
  }

  /** Resolves when nothing is running, and no edit or answer is being taken over. */
  async #over(running: () => readonly Promise<void>[]): Promise<void> {
    for (;;) {
      await this.#queue.idle();
      const now = running();
      if (now.length === 0) return;
      await Promise.all(now);
    }
  }

  get #running(): readonly Promise<void>[] {
    return [...this.#switches.values()].flatMap((sync) => sync.running ?? []);
  }

  /** Starts nothing new; resolves when what is in flight is over. */
  async close(): Promise<void> {
    this.#auditor.close();
    this.#lives?.close();
    for (const sync of this.#switches.values()) sync.close();
    await this.settled();
  }

  #neededMs(dpid: string, key: FlowKey): number | undefined {
    return this.#options.neededMs?.(entryRef(dpid, key));
  }

  /** All of it is urgent: what is not, a switch may wait for behind it. */
  #inSteps<T>(work: () => Steps<T>): Promise<T> {
    return this.#queue.run(work, "urgent");
  }

  #tracker(dpid: string): SwitchTrackerView | undefined {
    return this.#switches.get(dpid)?.tracker;
  }

  #syncOf(dpid: string): SwitchSync {
    const known = this.#switches.get(dpid);
    if (known) return known;
    const sync = new SwitchSync(this.#contextOf(dpid));
    this.#switches.set(dpid, sync);
    return sync;
  }

  #contextOf(dpid: string): SyncContext {
    const { logger, events } = this.#options;
    return {
      logger: logger.child({ dpid }),
      gate: this.#dependencies,
      ownIds: this.#ownIds,
      sweepAllowed: () => this.#sweepAllowed,
      inSteps: (work) => this.#inSteps(work),
      readInTurn: (read) => this.#slots.take(read),
      mayFlood: (port) => this.#sequencer.mayFlood(dpid, port),
      mayForward: (key, entry) => this.#sequencer.mayForward(dpid, key, entry),
      presentPath: (entry) => this.#sequencer.presentPath(dpid, entry),
      isRetained: (flow) => this.#dependencies.isRetained(dpid, flow),
      now: () => this.#clock.now(),
      neededMs: (key) => this.#neededMs(dpid, key),
      mayBeReached: (flow) => this.#dependencies.mayBeReached(dpid, flow),
      recordsChanging: (changes) => this.#recordsChanging(dpid, changes),
      retaining: (flows) => this.#dependencies.retaining(flows),
      releasing: (flows) => this.#dependencies.releasing(flows),
      sending: (keys) => this.#sending(dpid as Dpid, keys),
      readding: (keys) => events.readding?.(Array.from(keys, (key) => entryRef(dpid, key))),
      stateChanging: (keys) => this.#stateChanging(dpid, keys),
      refused: (old, now) => events.refused?.(dpid as Dpid, old, now),
      foreignFlows: (flows) => events.foreignFlows?.(dpid as Dpid, flows),
      tablesKnown: () => events.tablesKnown?.(dpid as Dpid),
      repaired: (repair) => events.repaired?.(dpid as Dpid, repair),
    };
  }

  *#recordsChanging(dpid: string, changes: readonly RecordChange[]): Steps<void> {
    const refs = yield* this.#dependencies.recordsChanging(dpid, changes);
    this.#sequencer.switchChanged(dpid);
    yield* this.#publishing(refs);
  }

  *#sending(dpid: Dpid, keys: Iterable<FlowKey>): Steps<void> {
    const refs: EntryRef[] = [];
    const categories = new Set<CategoryName | undefined>();
    const desired = this.#tracker(dpid)?.desired;
    yield* forEach(keys, (key) => {
      refs.push(entryRef(dpid, key));
      categories.add(desired?.get(key)?.category);
    });
    this.#options.events.sending?.(dpid, refs, categories);
  }

  *#stateChanging(dpid: string, keys: Iterable<FlowKey>): Steps<void> {
    const refs: EntryRef[] = [];
    yield* forEach(keys, (key) => refs.push(entryRef(dpid, key)));
    yield* this.#publishing(refs);
  }

  *#publishing(refs: readonly EntryRef[]): Steps<void> {
    for (const part of partsOf(refs)) {
      this.#options.events.changed(part);
      yield;
    }
  }

  /** Plans the removal of entries that are not desired again. */
  *#sweepingAgain(): Steps<void> {
    for (const [dpid, sync] of this.#switches) {
      yield* sync.tracker.markingUndesired();
      sync.schedule();
      this.#relieveSoon(dpid);
    }
  }

  #markDirty(dpid: string, key: FlowKey): void {
    const sync = this.#switches.get(dpid);
    if (!sync) return;
    sync.tracker.markDirty(key);
    sync.schedule();
    if (sync.tracker.reliesUndesired(key)) this.#relieveSoon(dpid);
  }

  /** After the work under way: it may be taking over changes of records. */
  #relieveSoon(dpid: string): void {
    const sync = this.#switches.get(dpid);
    if (!sync || sync.channel || this.#relieving.has(dpid)) return;
    this.#relieving.add(dpid);
    const relieving = this.#relieving;
    void this.#inSteps(function* () {
      relieving.delete(dpid);
      yield* sync.relieving();
    });
  }
}
