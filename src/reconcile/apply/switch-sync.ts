import type { FlowKey } from "../../flow-model/index.ts";
import type {
  CommitOutcome,
  MessageFailure,
  OpenFlowError,
  StepOutcome,
  SwitchChannel,
} from "../model/switch-channel.ts";
import type { SwitchPlan } from "../model/switch-plan.ts";
import { flowKeysOf, messagesOf, newFlows, type TableChange } from "../model/table-change.ts";
import { planSwitch } from "../plan/plan-switch.ts";
import { type Drift, hasMadeRoom } from "../readback/drift.ts";
import { readTables, tablesFromListing } from "../readback/readback.ts";
import { noTables, SwitchTracker, type Tables } from "../state/switch-tracker.ts";
import { bundledSteps, stepsOf } from "./apply-steps.ts";
import { meansDrift, refuseAll, refuseCulprits, unitsOf } from "./round-results.ts";
import { SwitchEvents } from "./switch-events.ts";
import type { RecordChange, SyncContext } from "./sync-context.ts";

/** Rounds in a row without a known outcome after which a switch that stays connected is given up. */
const MAX_UNKNOWN = 3;

type Unknown = { readonly type: "unknown"; readonly reason: string };

/**
 * Brings one switch up to date, one round at a time: plan, send, wait, take note.
 *
 * States: no channel -> (connect) reading -> rounds while there is work -> idle -> (an edit) rounds.
 * An unknown outcome leads back to reading; a disconnect to no channel, from everywhere.
 */
export class SwitchSync {
  readonly tracker = new SwitchTracker();
  modsSent = 0;
  /** What somebody else had changed when the tables were last read. */
  drift: Drift | undefined;
  readonly news: SwitchEvents;
  readonly #context: SyncContext;
  #channel: SwitchChannel | undefined;
  #channelGone: (outcome: Unknown) => void = () => undefined;
  #gone: Promise<Unknown> = Promise.resolve({ type: "unknown", reason: "not connected" });
  #readWanted = false;
  #running: Promise<void> | undefined;
  #closed = false;
  /** Most entries in the next round: halved by a failed round, doubled by one that works. */
  #limit = Number.POSITIVE_INFINITY;
  #bundles = true;
  /** The tables were read because of drift, and no round has worked since. */
  #readForDrift = false;
  /** Rounds since one had a known outcome. */
  #unknownRounds = 0;

  constructor(context: SyncContext) {
    this.#context = context;
    this.news = new SwitchEvents(context);
  }

  get channel(): SwitchChannel | undefined {
    return this.#channel;
  }

  get running(): Promise<void> | undefined {
    return this.#running;
  }

  /** Nothing is under way, and what the switch holds is known. */
  get isIdle(): boolean {
    return this.#running === undefined && this.tracker.synced;
  }

  connect(channel: SwitchChannel): void {
    this.disconnect("replaced by a newer session");
    this.#channel = channel;
    this.#gone = new Promise((resolve) => {
      this.#channelGone = resolve;
    });
    this.#bundles = true;
    this.#limit = Number.POSITIVE_INFINITY;
    this.#unknownRounds = 0;
    this.#readForDrift = false;
    this.read();
  }

  disconnect(reason: string): void {
    if (!this.#channel) return;
    this.#channel = undefined;
    this.#channelGone({ type: "unknown", reason });
    this.tracker.synced = false;
    this.#context.changed(this.tracker.desired.keys());
  }

  /** Reads the tables before anything else is sent. */
  read(): void {
    this.#readWanted = true;
    this.schedule();
  }

  /**
   * Takes tables that an audit has read for the truth, and repairs them; does nothing when they are as
   * confirmed. They need not be read again: nothing has been sent since before they were asked for and
   * nothing is under way, so they are what a reading of our own would be. What somebody else changes in the
   * meantime, either could miss.
   */
  adopt(tables: Tables): void {
    const drift = this.news.read(this.tracker, tables, { by: "audit", isTellable: true });
    if (!drift && !hasMadeRoom(this.tracker, tables)) return;
    this.drift = drift;
    this.#take(tables);
    this.schedule();
  }

  /** The switch is gone for good: what it held counts no more. Nothing while it has a channel. */
  async forget(): Promise<void> {
    await this.#running;
    if (this.#channel) return;
    this.#take(noTables());
    this.tracker.synced = false;
    this.news.forgotten(this.tracker);
  }

  /** Starts rounds soon, if there is work. */
  schedule(): void {
    if (this.#running || this.#closed || !this.#channel || !this.#hasWork()) return;
    this.#running = Promise.resolve().then(() => this.#run());
  }

  /** Starts nothing new. */
  close(): void {
    this.#closed = true;
  }

  #hasWork(): boolean {
    const { dirty, unusedDirty } = this.tracker;
    return this.#readWanted || dirty.size > 0 || unusedDirty;
  }

  async #run(): Promise<void> {
    try {
      while (this.#channel && !this.#closed && this.#hasWork()) {
        if (this.#readWanted) await this.#read(this.#channel);
        else await this.#round(this.#channel);
      }
    } finally {
      this.#running = undefined;
    }
    if (this.tracker.synced && !this.#hasWork()) this.news.atRest(this.tracker);
    this.schedule();
  }

  async #read(channel: SwitchChannel): Promise<void> {
    this.#readWanted = false;
    const gone = this.#gone;
    const reading = this.#context.readInTurn(async () =>
      // While it waited it may have gone.
      this.#channel === channel ? Promise.race([gone, readTables(channel)]) : gone,
    );
    const read = await Promise.race([gone, reading]);
    if (this.#channel !== channel) return;
    if (read.type !== "listed") {
      this.#abortConnection(channel, `its tables cannot be read: ${read.reason}`);
      return;
    }
    const tables = tablesFromListing(read.listing, this.tracker.desired, this.#context.ownIds);
    // What a refused round says of drift leaves no doubt what was confirmed before.
    const { synced, uncertain } = this.tracker;
    const isTellable = synced || (this.#readForDrift && uncertain.length === 0);
    this.drift = this.news.read(this.tracker, tables, { by: "resync", isTellable });
    this.#take(tables);
    this.#context.logger.debug(
      { flows: tables.flows.size, groups: tables.groups.size },
      "tables read",
    );
  }

  /** Takes what the switch holds for the truth. */
  #take(tables: Tables): void {
    const { tracker } = this;
    const before = tracker.flows;
    this.#context.release(tracker.uncertain.flatMap(({ mods }) => newFlows(mods)));
    tracker.load(tables, this.#context.ownIds.meterIds);
    const keys = new Set([...before.keys(), ...tables.flows.keys(), ...tracker.desired.keys()]);
    const changes: RecordChange[] = [];
    for (const key of keys) {
      changes.push({ key, from: before.get(key), to: tables.flows.get(key), wake: true });
    }
    this.#context.recordsChanged(changes);
  }

  async #round(channel: SwitchChannel): Promise<void> {
    const plan = this.#plan();
    if (plan.mods.length === 0) return;
    const { tracker } = this;
    tracker.inFlight = plan;
    this.#context.hold(newFlows(plan.mods));
    this.modsSent += plan.mods.length;
    await this.#send(channel, plan);
    tracker.inFlight = undefined;
  }

  /** Takes the next plan, with all of it that needs no message done. */
  #plan(): SwitchPlan {
    const { tracker } = this;
    const { gate, ownIds } = this.#context;
    const plan = planSwitch(tracker, {
      gate,
      ...ownIds,
      sweepAllowed: this.#context.sweepAllowed(),
      forwarding: this.#context,
      isHeld: (flow) => this.#context.isHeld(flow),
      limit: this.#limit,
    });
    for (const key of plan.keys) {
      tracker.dirty.delete(key);
      tracker.waiting.delete(key);
    }
    for (const key of plan.waiting) tracker.waiting.add(key);
    tracker.unusedDirty = plan.more;
    for (const [key, refusal] of plan.refusals) tracker.refuse(key, refusal);
    const changes: RecordChange[] = [];
    for (const to of plan.settled) {
      const from = tracker.flows.get(to.key);
      if (from?.fulfils !== undefined && from.fulfils === to.fulfils) continue;
      tracker.settle(to);
      changes.push({ key: to.key, from, to });
    }
    if (changes.length > 0) this.#context.recordsChanged(changes);
    if (plan.refusals.size > 0) this.#context.changed(plan.refusals.keys());
    for (const [key, { reason }] of plan.refusals) {
      if (tracker.foreignFlows.has(key)) this.#context.logger.warn({ entry: key }, reason);
    }
    return plan;
  }

  /** Sends a plan step by step: each is confirmed before the next. */
  async #send(channel: SwitchChannel, plan: SwitchPlan): Promise<void> {
    const steps = this.#bundles ? bundledSteps(plan.mods) : stepsOf(plan.mods);
    for (const [index, { mods, atomic }] of steps.entries()) {
      const messages = messagesOf(mods);
      const sent: Promise<CommitOutcome | StepOutcome> = atomic
        ? channel.commit(messages)
        : channel.step(messages);
      const outcome = await Promise.race([this.#gone, sent]);
      const later = steps.slice(index + 1).flatMap((step) => step.mods);
      if (!this.#tookNote(plan, mods, later, outcome)) return;
    }
    this.#limit = this.#limit * 2;
    this.#readForDrift = false;
    this.#unknownRounds = 0;
  }

  /** Takes note of what became of a step of a plan; says whether the `later` ones may follow. */
  #tookNote(
    plan: SwitchPlan,
    mods: readonly TableChange[],
    later: readonly TableChange[],
    outcome: CommitOutcome | StepOutcome,
  ): boolean {
    const { tracker } = this;
    if (outcome.type === "unknown") {
      tracker.inFlight = undefined;
      this.#unknown({ ...plan, mods: [...mods, ...later] }, outcome.reason);
      return false;
    }
    tracker.inFlight = { ...plan, mods: later, touches: new Set(later.flatMap(flowKeysOf)) };
    switch (outcome.type) {
      case "committed":
        this.#confirm(mods);
        return true;
      case "unsupported":
        this.#context.logger.warn({ reason: outcome.reason }, "no bundles: sending step by step");
        this.#bundles = false;
        this.#abandon(plan, [...mods, ...later]);
        return false;
      case "refused":
        this.#refused(plan, [...mods, ...later], outcome);
        return false;
      case "done":
        return this.#done(plan, mods, later, outcome.failures);
      default:
        return outcome satisfies never;
    }
  }

  /** Messages sent one by one: those that failed are left. */
  #done(
    plan: SwitchPlan,
    mods: readonly TableChange[],
    later: readonly TableChange[],
    failures: readonly MessageFailure[],
  ): boolean {
    const failed = new Set(failures.map((failure) => failure.index));
    this.#confirm(mods.filter((_, at) => !failed.has(at)));
    const [first] = failures;
    if (!first) return true;
    const culprits = mods.filter((_, at) => failed.has(at));
    const named = failures.map((failure, at) => ({ ...failure, index: at }));
    this.#refused(plan, [...culprits, ...later], { error: first.error, failures: named });
    return false;
  }

  /** The switch would not have `mods`, what is left of a plan. */
  #refused(
    plan: SwitchPlan,
    mods: readonly TableChange[],
    { error, failures }: { error: OpenFlowError; failures: readonly MessageFailure[] },
  ): void {
    const { tracker } = this;
    const { logger } = this.#context;
    logger.warn({ error: error.text, of: mods.length, failures: failures.length }, "refused");
    let refused: readonly FlowKey[] = [];
    // A switch that does not name the culprits still says what is wrong.
    const errors = [error, ...failures.map((failure) => failure.error)];
    if (errors.some(meansDrift) && !this.#readForDrift) {
      this.#readForDrift = true;
      this.#readWanted = true;
      tracker.synced = false;
    } else if (failures.length > 0) {
      refused = refuseCulprits(tracker, mods, failures);
    } else if (unitsOf(plan) === 1) {
      refused = refuseAll(tracker, plan.mods, error);
    }
    const size = Math.min(this.#limit, plan.keys.length + plan.mods.length);
    this.#limit = Math.max(1, Math.floor(size / 2));
    this.#abandon(plan, mods);
    this.#context.changed(refused);
  }

  /** Nobody knows what of a plan is in effect: its needs stay held until the tables are read. */
  #unknown(plan: SwitchPlan, reason: string): void {
    this.tracker.uncertain.push(plan);
    this.tracker.synced = false;
    for (const key of plan.keys) this.tracker.dirty.add(key);
    this.#readWanted = true;
    this.#context.changed(plan.keys);
    if (!this.#channel) return;
    this.#context.logger.warn({ reason }, "outcome unknown: reading the tables");
    if (++this.#unknownRounds >= MAX_UNKNOWN) this.#abortConnection(this.#channel, reason);
  }

  #confirm(mods: readonly TableChange[]): void {
    const changes: RecordChange[] = [];
    for (const mod of mods) {
      if (!("flow" in mod)) continue;
      const { flow } = mod;
      const to = mod.type === "flowDelete" ? undefined : flow;
      changes.push({ key: flow.key, from: this.tracker.flows.get(flow.key), to });
    }
    this.tracker.confirm(mods);
    this.#context.recordsChanged(changes);
    this.#context.release(newFlows(mods));
  }

  /** Mods that are not in effect: their entries are to be planned again. */
  #abandon(plan: SwitchPlan, mods: readonly TableChange[]): void {
    for (const key of plan.keys) this.tracker.dirty.add(key);
    this.tracker.unusedDirty = true;
    this.#context.release(newFlows(mods));
    this.tracker.inFlight = undefined;
    this.tracker.reviewOriginals(plan.touches);
    const { flows } = this.tracker;
    const same = (key: FlowKey) => ({ key, from: flows.get(key), to: flows.get(key), wake: true });
    this.#context.recordsChanged([...plan.touches].map(same));
  }

  #abortConnection(channel: SwitchChannel, reason: string): void {
    this.#context.logger.warn({ reason }, "switch given up");
    this.disconnect(reason);
    channel.close(reason);
  }
}
