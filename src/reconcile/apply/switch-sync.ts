import type { FlowKey } from "../../flow-model/index.ts";
import { type Confirmation, confirmedChanges } from "../model/confirmed-change.ts";
import type {
  CommitOutcome,
  MessageFailure,
  OpenFlowError,
  StepOutcome,
  SwitchChannel,
} from "../model/switch-channel.ts";
import type { SwitchPlan } from "../model/switch-plan.ts";
import { flowsInstalledBy, messagesOf, type TableChange } from "../model/table-change.ts";
import { noTables, type Tables } from "../model/tables.ts";
import { planSwitch } from "../plan/plan-switch.ts";
import { type Drift, hasMadeRoom } from "../readback/drift.ts";
import { readTables, tablesFromListing } from "../readback/readback.ts";
import { SwitchTracker } from "../state/switch-tracker.ts";
import { bundledSteps, type Step, stepsOf } from "./apply-steps.ts";
import { meansDrift, refuseAll, refuseNamed, unitsOf } from "./round-results.ts";
import { SwitchEvents } from "./switch-events.ts";
import type { SyncContext } from "./sync-context.ts";

/** Consecutive rounds without a known outcome after which a connection is aborted. */
const MAX_UNKNOWN = 3;

type Unknown = { readonly type: "unknown"; readonly reason: string };

/** A step of a plan, with the changes of the later steps. */
interface SentStep {
  readonly plan: SwitchPlan;
  readonly changes: readonly TableChange[];
  readonly later: readonly TableChange[];
}

/**
 * The sync loop of one switch. It runs one round at a time: plan, send, wait, update the tracker.
 *
 * Transitions:
 * - no channel -> (connect) reading -> rounds while there is work -> idle -> (an edit) rounds;
 * - rounds -> (unknown outcome, or an error that shows drift) reading;
 * - any state -> (disconnect) no channel.
 */
export class SwitchSync {
  readonly tracker = new SwitchTracker();
  readonly events: SwitchEvents;
  readonly #context: SyncContext;
  #modsSent = 0;
  #drift: Drift | undefined;
  #channel: SwitchChannel | undefined;
  #channelGone: (outcome: Unknown) => void = () => undefined;
  #gone: Promise<Unknown> = Promise.resolve({ type: "unknown", reason: "not connected" });
  #mustRead = false;
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
    this.events = new SwitchEvents(context);
  }

  get channel(): SwitchChannel | undefined {
    return this.#channel;
  }

  get running(): Promise<void> | undefined {
    return this.#running;
  }

  /** Flow-mods, group-mods and meter-mods sent since the process started. */
  get modsSent(): number {
    return this.#modsSent;
  }

  /** The drift that the last reading of the tables showed. */
  get drift(): Drift | undefined {
    return this.#drift;
  }

  /** Nothing is in flight, and what the switch holds is known. */
  get isIdle(): boolean {
    return this.#running === undefined && this.tracker.isCurrent;
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
    this.tracker.invalidate();
    this.#context.stateChanged(this.tracker.desired.keys());
  }

  /** Reads the tables before anything else is sent. */
  read(): void {
    this.#mustRead = true;
    this.schedule();
  }

  /**
   * Takes tables that an audit has read for the truth, and repairs them; does nothing when they are as
   * confirmed. They need not be read again: nothing is in flight, and nothing has been sent since
   * before they were requested, so another reading would show the same. A change that another
   * application makes in the meantime could be missed either way.
   */
  adopt(tables: Tables): void {
    const cause = { by: "audit", isComparable: true } as const;
    const drift = this.events.tablesRead(this.tracker, tables, cause);
    if (!drift && !hasMadeRoom(this.tracker, tables)) return;
    this.#drift = drift;
    this.#load(tables);
    this.schedule();
  }

  /** The switch has been removed: what it held no longer counts. No effect while it has a channel. */
  async forget(): Promise<void> {
    await this.#running;
    if (this.#channel) return;
    this.#load(noTables());
    this.tracker.invalidate();
    this.events.forgotten(this.tracker);
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
    return this.#mustRead || this.tracker.hasWork;
  }

  async #run(): Promise<void> {
    try {
      while (this.#channel && !this.#closed && this.#hasWork()) {
        if (this.#mustRead) await this.#read(this.#channel);
        else await this.#round(this.#channel);
      }
    } finally {
      this.#running = undefined;
    }
    if (this.tracker.isCurrent && !this.#hasWork()) this.events.atRest(this.tracker);
    this.schedule();
  }

  async #read(channel: SwitchChannel): Promise<void> {
    this.#mustRead = false;
    const gone = this.#gone;
    const reading = this.#context.readInTurn(async () =>
      // The channel may have gone while the reading waited for a slot.
      this.#channel === channel ? Promise.race([gone, readTables(channel)]) : gone,
    );
    const read = await Promise.race([gone, reading]);
    if (this.#channel !== channel) return;
    if (read.type !== "listed") {
      this.#abortConnection(channel, `its tables cannot be read: ${read.reason}`);
      return;
    }
    const tables = tablesFromListing(read.listing, this.tracker.desired, this.#context.ownIds);
    // A refused round that shows drift leaves no doubt about what was confirmed before.
    const { isCurrent, inFlight } = this.tracker;
    const isComparable = isCurrent || (this.#readForDrift && !inFlight.hasUncertain);
    this.#drift = this.events.tablesRead(this.tracker, tables, { by: "resync", isComparable });
    this.#load(tables);
    this.#context.logger.debug(
      { flows: tables.flows.size, groups: tables.groups.size },
      "tables read",
    );
  }

  /** Takes what the switch holds for the truth. */
  #load(tables: Tables): void {
    this.#context.release(this.tracker.inFlight.uncertainFlows);
    this.#context.recordsChanged(this.tracker.load(tables, this.#context.ownIds.meterIds));
  }

  async #round(channel: SwitchChannel): Promise<void> {
    const plan = this.#plan();
    if (plan.changes.length === 0) return;
    this.tracker.beginRound(plan);
    this.#context.retain(flowsInstalledBy(plan.changes));
    this.#modsSent += plan.changes.length;
    await this.#send(channel, plan);
  }

  /** Makes the next plan, and does everything in it that needs no message. */
  #plan(): SwitchPlan {
    const { tracker } = this;
    const { gate, ownIds } = this.#context;
    const plan = planSwitch(tracker, {
      gate,
      ...ownIds,
      sweepAllowed: this.#context.sweepAllowed(),
      forwarding: this.#context,
      isRetained: (flow) => this.#context.isRetained(flow),
      limit: this.#limit,
    });
    const records = tracker.accept(plan);
    if (records.length > 0) this.#context.recordsChanged(records);
    if (plan.refusals.size > 0) this.#context.stateChanged(plan.refusals.keys());
    for (const [key, { reason }] of plan.refusals) {
      if (tracker.foreignFlows.has(key)) this.#context.logger.warn({ entry: key }, reason);
    }
    return plan;
  }

  /** Sends a plan step by step: each is confirmed before the next. */
  async #send(channel: SwitchChannel, plan: SwitchPlan): Promise<void> {
    const steps = this.#bundles ? bundledSteps(plan.changes) : stepsOf(plan.changes);
    for (const [index, { changes, atomic }] of steps.entries()) {
      const messages = messagesOf(changes);
      const sent: Promise<CommitOutcome | StepOutcome> = atomic
        ? channel.commit(messages)
        : channel.step(messages);
      const outcome = await Promise.race([this.#gone, sent]);
      if (!this.#answered({ plan, changes, later: changesOf(steps, index + 1) }, outcome)) return;
    }
    this.#limit = this.#limit * 2;
    this.#readForDrift = false;
    this.#unknownRounds = 0;
    this.tracker.endRound();
  }

  /** Handles the outcome of a step; returns whether the later steps may follow. */
  #answered(step: SentStep, outcome: CommitOutcome | StepOutcome): boolean {
    const { plan, changes, later } = step;
    const rest = [...changes, ...later];
    if (outcome.type === "unknown") {
      this.#unknown(plan, rest, outcome.reason);
      return false;
    }
    this.tracker.stepAnswered(later);
    switch (outcome.type) {
      case "committed":
        this.#confirm(changes, outcome);
        return true;
      case "unsupported":
        this.#context.logger.warn({ reason: outcome.reason }, "no bundles: sending step by step");
        this.#bundles = false;
        this.#abandon(plan, rest);
        return false;
      case "refused":
        this.#refused(plan, rest, outcome);
        return false;
      case "done":
        this.#confirm(changes, outcome);
        return this.#hasNoFailure(step, outcome.failures);
      default:
        return outcome satisfies never;
    }
  }

  /** Handles the failures among messages sent one by one; returns whether there are none. */
  #hasNoFailure({ plan, changes, later }: SentStep, failures: readonly MessageFailure[]): boolean {
    const [first] = failures;
    if (!first) return true;
    const failed = new Set(failures.map((failure) => failure.index));
    const culprits = changes.filter((_, at) => failed.has(at));
    const named = failures.map((failure, at) => ({ ...failure, index: at }));
    this.#refused(plan, [...culprits, ...later], { error: first.error, failures: named });
    return false;
  }

  /** The switch has refused `rest`, what is left of a plan. */
  #refused(
    plan: SwitchPlan,
    rest: readonly TableChange[],
    { error, failures }: { error: OpenFlowError; failures: readonly MessageFailure[] },
  ): void {
    const { tracker } = this;
    const { logger } = this.#context;
    logger.warn({ error: error.text, of: rest.length, failures: failures.length }, "refused");
    let refused: readonly FlowKey[] = [];
    // A switch that does not name the faulty messages still reports what is wrong.
    const errors = [error, ...failures.map((failure) => failure.error)];
    if (errors.some(meansDrift) && !this.#readForDrift) {
      this.#readForDrift = true;
      this.#mustRead = true;
      tracker.invalidate();
    } else if (failures.length > 0) {
      refused = refuseNamed(tracker, rest, failures);
    } else if (unitsOf(plan) === 1) {
      refused = refuseAll(tracker, plan.changes, error);
    }
    const size = Math.min(this.#limit, plan.keys.length + plan.changes.length);
    this.#limit = Math.max(1, Math.floor(size / 2));
    this.#abandon(plan, rest);
    this.#context.stateChanged(refused);
  }

  /** Part of a plan may be in effect: what it depends on stays retained until the tables are read. */
  #unknown(plan: SwitchPlan, rest: readonly TableChange[], reason: string): void {
    this.tracker.loseRound(plan, rest);
    this.#mustRead = true;
    this.#context.stateChanged(plan.keys);
    if (!this.#channel) return;
    this.#context.logger.warn({ reason }, "outcome unknown: reading the tables");
    if (++this.#unknownRounds >= MAX_UNKNOWN) this.#abortConnection(this.#channel, reason);
  }

  #confirm(sent: readonly TableChange[], answer: Confirmation): void {
    const confirmed = confirmedChanges(sent, answer);
    this.#context.recordsChanged(this.tracker.confirm(confirmed));
    this.#context.release(flowsInstalledBy(confirmed));
  }

  /** `rest`, what is left of a plan, is not in effect: its entries are planned again. */
  #abandon(plan: SwitchPlan, rest: readonly TableChange[]): void {
    const records = this.tracker.abandon(plan);
    this.#context.release(flowsInstalledBy(rest));
    this.#context.recordsChanged(records);
  }

  #abortConnection(channel: SwitchChannel, reason: string): void {
    this.#context.logger.warn({ reason }, "connection to the switch aborted");
    this.disconnect(reason);
    channel.close(reason);
  }
}

/** The changes of the steps from an index on. */
function changesOf(steps: readonly Step[], from: number): readonly TableChange[] {
  return steps.slice(from).flatMap(({ changes }) => changes);
}
