import {
  categoryOf,
  type EntryRef,
  entryRef,
  type FlowIdentity,
  type FlowKey,
  type FlowSpec,
  flowKey,
} from "../flow-model/index.ts";
import { type Clock, systemClock } from "../runtime/clock.ts";
import type { Dpid } from "../topology/index.ts";
import { SwitchSync } from "./apply/switch-sync.ts";
import type { RecordChange, SyncContext } from "./apply/sync-context.ts";
import { Auditor, DEFAULT_AUDIT_INTERVAL_MS } from "./audit/audit.ts";
import { pause, RESYNC_LIMIT_MS, type ResyncOutcome, resync, SPREAD_MS } from "./audit/resync.ts";
import { progressOf, type SwitchProgress } from "./audit/switch-progress.ts";
import { EntryRefParts } from "./model/entry-ref-parts.ts";
import { DEFAULT_GROUP_IDS, DEFAULT_METER_IDS } from "./model/id-range.ts";
import type { InstalledEntries, InstalledFlow, InstalledGroup } from "./model/installed.ts";
import type { SwitchChannel } from "./model/switch-channel.ts";
import { ForwardingSequencer } from "./order/forwarding-order.ts";
import type { DependencyGate } from "./plan/gated-spec.ts";
import { ReadSlots } from "./readback/read-slots.ts";
import type { OwnIds } from "./readback/readback.ts";
import type { ReconcilerOptions } from "./reconciler-options.ts";
import { DependencyIndex } from "./state/dependency-index.ts";
import { NONE_REFUSED, type RefusedEntries, refusedEntries } from "./state/refused-entries.ts";

/** How far an entry is on its switch; `refused` carries the OpenFlow error in words. */
export type EntryState = "confirmed" | "pending" | { readonly refused: string };

/** An edit of the entries wanted on a switch. */
export interface DesiredEdit {
  readonly set?: Iterable<FlowSpec>;
  readonly delete?: Iterable<FlowKey>;
}

/**
 * Makes every switch hold what is wanted of it, and keeps it so.
 *
 * Edits change memory only; what they touch is sent soon after (in a microtask), in one atomic
 * bundle per switch and round. A bucket for a monitor waits for the entries it needs on other
 * switches, and these stay until no installed bucket needs them, so no order between switches is
 * needed and none waits for a switch it has nothing to do with.
 *
 * Invariants, for reviewers:
 * - what a switch holds changes in memory on confirmation or on reading it, never on sending;
 * - `hold`s are the needs of every record plus those of every round that is not over;
 * - whatever changes what `gate` or `isHeld` answers marks those dirty who asked.
 */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #switches = new Map<string, SwitchSync>();
  readonly #needs = new DependencyIndex();
  readonly #gate: DependencyGate;
  readonly #turns: ForwardingSequencer;
  readonly #halves = new EntryRefParts();
  readonly #ownIds: OwnIds;
  readonly #clock: Clock;
  readonly #slots: ReadSlots;
  #sweepAllowed = false;
  /** Switches that may hold anything: they have not been read since the process started. */
  readonly #unread = new Set<string>();
  #waitTold = false;
  readonly #auditor: Auditor;
  /** Records of flow entries that may send copies that rely on entries we do not know of. */
  #opaque = 0;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#gate = {
      isConfirmed: (need) => this.#look(need, (rounds, key) => rounds.tracker.isConfirmed(key)),
      stillServes: (need) => this.#look(need, (rounds, key) => rounds.tracker.stillServes(key)),
      mayExist: (need) => this.#look(need, (rounds, key) => rounds.tracker.mayExist(key), true),
    };
    this.#turns = new ForwardingSequencer({
      order: () => options.order?.(),
      tracker: (dpid) => this.#switches.get(dpid)?.tracker,
      entryMayChange: (ref) => this.#markDirty(ref),
      floodsMayChange: (dpid) => {
        const rounds = this.#switches.get(dpid);
        rounds?.tracker.wake();
        rounds?.schedule();
      },
    });
    const { groupIds = DEFAULT_GROUP_IDS, meterIds = DEFAULT_METER_IDS } = options;
    this.#ownIds = { groupIds, meterIds };
    const { logger, clock = systemClock } = options;
    const { auditIntervalMs: intervalMs = DEFAULT_AUDIT_INTERVAL_MS } = options;
    this.#clock = clock;
    this.#slots = new ReadSlots(clock);
    const [switches, ownIds, slots] = [this.#switches, this.#ownIds, this.#slots];
    this.#auditor = new Auditor({ clock, intervalMs, switches, ownIds, slots, logger });
  }

  /** Changes what is wanted on a switch. A spec replaces the one of the same key. */
  edit(dpid: Dpid, edit: DesiredEdit): void {
    const rounds = this.#rounds(dpid);
    const { tracker } = rounds;
    for (const key of edit.delete ?? []) {
      const old = tracker.delete(key);
      if (old) this.#needs.unwatch(entryRef(dpid, key), old);
    }
    for (const spec of edit.set ?? []) {
      const key = flowKey(spec);
      const ref = entryRef(dpid, key);
      const old = tracker.set(key, spec);
      if (old === spec) continue;
      if (old) this.#needs.unwatch(ref, old);
      this.#needs.watch(ref, spec);
    }
    rounds.schedule();
    this.#turns.wishesChanged();
  }

  /**
   * Names switches that may send copies on behalf of a former life of ours. Until each of them has
   * been read, nothing that recovers or carries copies is removed anywhere.
   */
  expect(dpids: Iterable<Dpid>): void {
    for (const dpid of dpids) if (!this.#switches.get(dpid)?.tracker.loaded) this.#unread.add(dpid);
  }

  /**
   * Says that what is wanted is complete (the first compile is in): from now on our entries that
   * are not wanted are removed. Before, nothing is swept.
   */
  allowSweep(): void {
    if (this.#sweepAllowed) return;
    this.#sweepAllowed = true;
    for (const rounds of this.#switches.values()) {
      rounds.tracker.markUnwantedDirty();
      rounds.schedule();
    }
  }

  /** A switch is there: reads its tables, then brings them up to date. Replaces an older channel. */
  connect(dpid: Dpid, channel: SwitchChannel): void {
    this.#rounds(dpid).connect(channel);
    this.#auditor.start(dpid);
  }

  /**
   * A switch says that an entry is gone. When it was wanted there, and nothing of ours has removed it,
   * somebody else has, perhaps more than that one: the switch is audited soon.
   */
  entryRemoved(dpid: Dpid, removed: FlowIdentity): void {
    const tracker = this.#switches.get(dpid)?.tracker;
    const key = flowKey(removed);
    if (!tracker?.isConfirmed(key)) return;
    this.#auditor.hurry(dpid);
  }

  /** The switch is gone; what it holds is unknown until it is back. A stale channel is ignored. */
  disconnect(dpid: Dpid, channel: SwitchChannel): void {
    const rounds = this.#switches.get(dpid);
    if (rounds?.channel === channel) rounds.disconnect("disconnected");
  }

  /**
   * A switch is gone for good: no other keeps anything for its sake, and nobody waits for it to be
   * read. Nothing while it is connected.
   */
  async forget(dpid: Dpid): Promise<void> {
    const rounds = this.#rounds(dpid);
    await rounds.forget();
    // Kept while something is wanted of it: then it was not for good.
    const isGone = !rounds.channel && rounds.tracker.desired.size === 0;
    if (isGone && this.#switches.get(dpid) === rounds) this.#switches.delete(dpid);
  }

  /**
   * Reads a switch's tables again and repairs them; tries again what was refused. One that is under
   * way already is not begun anew. Resolves when there is nothing left to do, or after `limitMs`.
   */
  async resync(dpid: Dpid, limitMs = RESYNC_LIMIT_MS): Promise<ResyncOutcome> {
    const rounds = this.#switches.get(dpid);
    return rounds ? resync(rounds, limitMs, this.#clock) : { type: "notConnected" };
  }

  /** `resync` of every connected switch: in any order, spread a little, a few at a time. */
  async resyncAll(): Promise<ReadonlyMap<string, ResyncOutcome>> {
    const connected = [...this.#switches].filter(([, rounds]) => rounds.channel);
    const spreadMs = connected.length * SPREAD_MS;
    const outcomes = connected.map(async ([dpid]) => {
      await pause(Math.random() * spreadMs, this.#clock);
      return [dpid, await this.resync(dpid as Dpid)] as const;
    });
    return new Map(await Promise.all(outcomes));
  }

  /**
   * How far a wanted entry is. Confirmed: the switch has confirmed all of it, every copy included.
   * One that is not wanted (yet), or whose switch is not connected, is pending.
   */
  state(ref: EntryRef): EntryState {
    const { dpid, key } = this.#halves.of(ref);
    const tracker = this.#switches.get(dpid)?.tracker;
    if (!tracker?.desired.has(key)) return "pending";
    const refusal = tracker.isRefused(key) ? tracker.refused.get(key) : undefined;
    if (refusal) return { refused: refusal.reason };
    return tracker.isConfirmed(key) ? "confirmed" : "pending";
  }

  /** What is wanted under a reference. */
  wanted(ref: EntryRef): FlowSpec | undefined {
    const { dpid, key } = this.#halves.of(ref);
    return this.#switches.get(dpid)?.tracker.desired.get(key);
  }

  /** Whether an entry that nobody wants may still be on its switch, and can still go. */
  isLeaving(ref: EntryRef): boolean {
    const { dpid, key } = this.#halves.of(ref);
    const tracker = this.#switches.get(dpid)?.tracker;
    if (!tracker || tracker.desired.has(key) || tracker.isRefused(key)) return false;
    return tracker.mayExist(key) || tracker.inFlight?.touches.has(key) === true;
  }

  /**
   * How many entries that make, carry or recover copies a switch holds; undefined when nobody knows:
   * it has not been read, or a change is under way.
   */
  tapRules(dpid: Dpid): number | undefined {
    const tracker = this.#switches.get(dpid)?.tracker;
    if (!tracker?.loaded || tracker.uncertain.length > 0 || tracker.inFlight) return undefined;
    let count = 0;
    for (const { cookie } of tracker.flows.values()) {
      if (!PRODUCTION.has(categoryOf(cookie) ?? "")) count++;
    }
    return count;
  }

  /** Whether a switch has been read, and nothing is under way there. */
  isIdle(dpid: Dpid): boolean {
    return this.#switches.get(dpid)?.isIdle ?? false;
  }

  /** Whether every switch that is connected has been read and holds what it can of what is wanted. */
  get isAtRest(): boolean {
    return [...this.#switches.values()].every((rounds) => !rounds.channel || rounds.isIdle);
  }

  /** All entries wanted on a switch, installed or not. */
  desired(dpid: Dpid): readonly FlowSpec[] {
    return [...(this.#switches.get(dpid)?.tracker.desired.values() ?? [])];
  }

  /** What a switch holds of ours, as last confirmed; undefined for a switch never heard of. */
  installed(dpid: Dpid): InstalledEntries | undefined {
    const tracker = this.#switches.get(dpid)?.tracker;
    if (!tracker) return undefined;
    const { flows, groups, meters } = tracker;
    return {
      flows: [...flows.values()],
      groups: [...groups.values()],
      meters: [...meters.installed.values()],
    };
  }

  /** A group of ours that a switch holds, as last confirmed. */
  group(dpid: string, id: number): InstalledGroup | undefined {
    return this.#switches.get(dpid)?.tracker.groups.get(id);
  }

  /** Counts, in time proportional to the entries wanted and installed. */
  progress(dpid: Dpid): SwitchProgress | undefined {
    const rounds = this.#switches.get(dpid);
    return rounds && progressOf(rounds);
  }

  /** What a switch refuses, or what somebody else is in the place of. */
  refused(dpid: Dpid): RefusedEntries {
    const tracker = this.#switches.get(dpid)?.tracker;
    return tracker ? refusedEntries(tracker) : NONE_REFUSED;
  }

  /** Resolves when no switch has a round in flight or about to start; audits may be under way. */
  async confirmed(): Promise<void> {
    for (let running = this.#running; running.length > 0; running = this.#running) {
      await Promise.all(running);
    }
  }

  /** As `confirmed`, when no audit is under way either. */
  async settled(): Promise<void> {
    for (;;) {
      const running = [...this.#running, ...this.#auditor.running];
      if (running.length === 0) return;
      await Promise.all(running);
    }
  }

  get #running(): readonly Promise<void>[] {
    return [...this.#switches.values()].flatMap((rounds) => rounds.running ?? []);
  }

  /** Starts nothing new; resolves when what is in flight is over. */
  async close(): Promise<void> {
    this.#auditor.close();
    for (const rounds of this.#switches.values()) rounds.close();
    await this.settled();
  }

  #rounds(dpid: string): SwitchSync {
    const known = this.#switches.get(dpid);
    if (known) return known;
    const rounds = new SwitchSync(this.#contextOf(dpid));
    this.#switches.set(dpid, rounds);
    return rounds;
  }

  #contextOf(dpid: string): SyncContext {
    const { logger, events } = this.#options;
    return {
      logger: logger.child({ dpid }),
      gate: this.#gate,
      ownIds: this.#ownIds,
      sweepAllowed: () => this.#sweepAllowed,
      readInTurn: (read) => this.#slots.take(read),
      mayFlood: (port) => this.#turns.mayFlood(dpid, port),
      mayForward: (key, entry) => this.#turns.mayForward(dpid, key, entry),
      presentWay: (entry) => this.#turns.presentWay(dpid, entry),
      isHeld: (flow) => this.#isHeld(dpid, flow),
      recordsChanged: (changes) => this.#recordsChanged(dpid, changes),
      hold: (flows) => {
        for (const flow of flows) this.#needs.hold(flow.needs);
      },
      release: (flows) => {
        for (const flow of flows) this.#release(flow.needs);
      },
      changed: (keys) => {
        const refs = Array.from(keys, (key) => entryRef(dpid, key));
        if (refs.length > 0) events.changed(refs);
      },
      refused: (old, now) => events.refused?.(dpid as Dpid, old, now),
      repaired: (repair) => events.repaired?.(dpid as Dpid, repair),
    };
  }

  #look(
    need: EntryRef,
    ask: (rounds: SwitchSync, key: FlowKey) => boolean,
    unheardOf = false,
  ): boolean {
    const { dpid, key } = this.#halves.of(need);
    const rounds = this.#switches.get(dpid);
    return rounds ? ask(rounds, key) : unheardOf;
  }

  #isHeld(dpid: string, flow: InstalledFlow): boolean {
    if (this.#needs.isHeld(entryRef(dpid, flow.key))) return true;
    if (this.#opaque === 0 && this.#unread.size === 0) return false;
    const holds = RECEIVING.has(categoryOf(flow.cookie) ?? "");
    if (holds && this.#unread.size > 0) this.#tellOfWait();
    return holds;
  }

  #tellOfWait(): void {
    if (this.#waitTold) return;
    this.#waitTold = true;
    const what = "rules for copies that nobody wants stay until every switch has been read";
    this.#options.logger.info({ unread: [...this.#unread] }, what);
  }

  #recordsChanged(dpid: string, changes: readonly RecordChange[]): void {
    const refs: EntryRef[] = [];
    const opaqueBefore = this.#opaque;
    for (const { key, from, to, wake } of changes) {
      if (to) this.#needs.hold(to.needs);
      if (from) this.#release(from.needs);
      this.#turns.entryChanged(key, to ?? from);
      this.#opaque += Number(to?.opaque ?? false) - Number(from?.opaque ?? false);
      if (!wake && from && to && from.fulfils === to.fulfils) continue;
      const ref = entryRef(dpid, key);
      refs.push(ref);
      for (const dependent of this.#needs.dependentsOf(ref)) this.#markDirty(dependent);
    }
    this.#turns.switchChanged(dpid);
    const lastRead = this.#unread.delete(dpid) && this.#unread.size === 0;
    if (this.#opaque === 0 && (opaqueBefore > 0 || lastRead)) this.#sweepAgain();
    if (refs.length > 0) this.#options.events.changed(refs);
  }

  #release(needs: readonly EntryRef[]): void {
    for (const need of this.#needs.release(needs)) this.#markDirty(need);
  }

  /** Nothing relies on entries that we do not know of any more: what was kept for it may go. */
  #sweepAgain(): void {
    for (const rounds of this.#switches.values()) {
      rounds.tracker.markUnwantedDirty();
      rounds.schedule();
    }
  }

  #markDirty(ref: EntryRef): void {
    const { dpid, key } = this.#halves.of(ref);
    const rounds = this.#switches.get(dpid);
    if (!rounds) return;
    rounds.tracker.dirty.add(key);
    rounds.schedule();
  }
}

/** Categories of the entries that there are without taps. */
const PRODUCTION: ReadonlySet<string> = new Set(["forwarding", "discovery"]);

/** Categories of the entries that copies rely on. */
const RECEIVING: ReadonlySet<string> = new Set(["recovery", "transit", "guard"]);
