// SPDX-License-Identifier: Apache-2.0
import type { FlowKey } from "../../flow-model/index.ts";
import type { Steps } from "../../lang/steps.ts";
import type { SwitchChannel } from "../model/switch-channel.ts";
import type { SwitchPlan } from "../model/switch-plan.ts";
import { flowsInstalledBy } from "../model/table-change.ts";
import { noTables, type Tables } from "../model/tables.ts";
import { planningSwitch } from "../plan/plan-switch.ts";
import { type Drift, hasMadeRoom } from "../readback/drift.ts";
import { readTables, type TableListing, tablesFromListing } from "../readback/readback.ts";
import { SwitchTracker } from "../state/switch-tracker.ts";
import { RoundSender } from "./round-sender.ts";
import { SwitchConnection } from "./switch-connection.ts";
import { type ReadingCause, SwitchEvents } from "./switch-events.ts";
import type { SyncContext } from "./sync-context.ts";

/**
 * The sync loop of one switch. It runs one round at a time: plan, send, wait, update the tracker. All but
 * sending and waiting is done in steps (`SyncContext.inSteps`). The connection may end between two of them:
 * a plan is then dropped, and tables that were being loaded are stale.
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
  /** Entries that the switch has reported as removed since its tables were read. */
  readonly #removed = new Set<FlowKey>();
  #modsSent = 0;
  #drift: Drift | undefined;
  #connection = new SwitchConnection();
  #mustRead = false;
  #running: Promise<void> | undefined;
  #closed = false;
  readonly #sender: RoundSender;

  constructor(context: SyncContext) {
    this.#context = context;
    this.events = new SwitchEvents(context);
    this.#sender = new RoundSender({
      context,
      tracker: this.tracker,
      connection: () => this.#connection,
      requestRead: () => {
        this.#mustRead = true;
      },
      abortConnection: (channel, reason) => this.#abortConnection(channel, reason),
    });
  }

  get channel(): SwitchChannel | undefined {
    return this.#connection.channel;
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
    this.#connection = new SwitchConnection(channel);
    this.read();
  }

  disconnect(reason: string): void {
    if (!this.channel) return;
    this.#connection.end(reason);
    this.tracker.invalidate();
    void this.#context.inSteps(() => this.#disconnected());
  }

  *#disconnected(): Steps<void> {
    yield* this.#context.stateChanging(this.tracker.desired.keys());
    yield* this.relieving();
  }

  /**
   * A switch without a channel keeps entries that are not desired, perhaps for ever. Those that no copies
   * reach any longer keep no entries of other switches there. No effect while there is a channel.
   */
  *relieving(): Steps<void> {
    if (this.channel || !this.#context.sweepAllowed()) return;
    const records = yield* this.tracker.relieving((flow) => this.#context.mayBeReached(flow));
    if (records.length > 0) yield* this.#context.recordsChanging(records);
  }

  /** The switch reports that it no longer has an entry that it had confirmed: its tables are to be read. */
  entryRemoved(key: FlowKey): void {
    this.#removed.add(key);
    void this.#context.inSteps(() => this.#context.stateChanging([key]));
  }

  /** Whether an entry is known to be missing until the tables are read again. */
  isRemoved(key: FlowKey): boolean {
    return this.#removed.has(key);
  }

  /** Reads the tables before anything else is sent. */
  read(): void {
    this.#mustRead = true;
    this.schedule();
  }

  /**
   * Takes tables that an audit has read for the truth, and repairs them; does nothing when they are as
   * confirmed, or when the audit has been disturbed. They need not be read again: nothing is in flight,
   * and nothing has been sent since before they were requested, so another reading would show the same. A change that another
   * application makes in the meantime could be missed either way.
   */
  adopt(listing: TableListing, isUndisturbed: () => boolean): Promise<void> {
    return this.#context.inSteps(() => this.#adopting(listing, isUndisturbed));
  }

  /** The switch has been removed: what it held no longer counts. No effect while it has a channel. */
  async forget(): Promise<void> {
    await this.#running;
    await this.#context.inSteps(() => this.#forgetting());
  }

  /** Starts rounds soon, if there is work. */
  schedule(): void {
    if (this.#running || this.#closed || !this.channel || !this.#hasWork()) return;
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
      while (this.channel && !this.#closed && this.#hasWork()) {
        if (this.#mustRead) await this.#read(this.channel);
        else await this.#round(this.channel);
      }
    } finally {
      this.#running = undefined;
    }
    if (this.tracker.isCurrent && !this.#hasWork()) this.events.atRest(this.tracker);
    this.schedule();
  }

  async #read(channel: SwitchChannel): Promise<void> {
    this.#mustRead = false;
    const { gone } = this.#connection;
    const reading = this.#context.readInTurn(async () =>
      // The channel may have gone while the reading waited for a slot.
      this.channel === channel ? Promise.race([gone, readTables(channel)]) : gone,
    );
    const read = await Promise.race([gone, reading]);
    if (this.channel !== channel) return;
    if (read.type !== "listed") {
      this.#abortConnection(channel, `its tables cannot be read: ${read.reason}`);
      return;
    }
    await this.#context.inSteps(() => this.#taking(read.listing, channel));
  }

  *#taking(listing: TableListing, channel: SwitchChannel): Steps<void> {
    if (this.channel !== channel) return;
    const tables = yield* this.#tablesOf(listing);
    // A refused round that shows drift leaves no doubt about what was confirmed before.
    const { isCurrent, inFlight } = this.tracker;
    const isComparable = isCurrent || (this.#connection.readForDrift && !inFlight.hasUncertain);
    const cause = { by: "resync", isComparable } as const;
    this.#drift = yield* this.#comparing(tables, cause);
    yield* this.#loading(tables, channel);
    this.#context.logger.debug(
      { flows: tables.flows.size, groups: tables.groups.size },
      "tables read",
    );
  }

  *#adopting(listing: TableListing, isUndisturbed: () => boolean): Steps<void> {
    const { channel, tracker } = this;
    if (!isUndisturbed()) return;
    const tables = yield* this.#tablesOf(listing);
    const cause = { by: "audit", isComparable: true } as const;
    const drift = yield* this.#comparing(tables, cause);
    if (this.channel !== channel || (!drift && !hasMadeRoom(tracker, tables))) return;
    this.#drift = drift;
    yield* this.#loading(tables, channel);
    this.schedule();
  }

  *#comparing(tables: Tables, cause: ReadingCause): Steps<Drift | undefined> {
    const removed = [...this.#removed];
    this.#removed.clear();
    const drift = yield* this.events.tablesRead(this.tracker, tables, cause);
    yield* this.#context.stateChanging(removed);
    return drift;
  }

  *#forgetting(): Steps<void> {
    if (this.channel) return;
    yield* this.#loading(noTables(), undefined);
    this.tracker.invalidate();
    this.events.forgotten(this.tracker);
  }

  #tablesOf(listing: TableListing): Steps<Tables> {
    return tablesFromListing(listing, this.tracker.desired, this.#context.ownIds);
  }

  /** Takes what the switch holds for the truth; `channel` is the connection that it was read by. */
  *#loading(tables: Tables, channel: SwitchChannel | undefined): Steps<void> {
    const { tracker } = this;
    yield* this.#context.releasing(tracker.inFlight.uncertainFlows);
    const changes = yield* tracker.loading(tables, this.#context.ownIds.meterIds);
    if (this.channel !== channel) tracker.invalidate();
    yield* this.#context.recordsChanging(changes);
    this.#context.tablesKnown();
  }

  async #round(channel: SwitchChannel): Promise<void> {
    const plan = await this.#context.inSteps(() => this.#beginningRound(channel));
    if (plan) await this.#sender.send(channel, plan);
  }

  /**
   * Makes the next plan, and does everything in it that needs no message. Returns the plan if there is
   * anything to send.
   */
  *#beginningRound(channel: SwitchChannel): Steps<SwitchPlan | undefined> {
    if (this.channel !== channel) return undefined;
    const plan = yield* this.#planning();
    if (this.channel !== channel) return undefined;
    yield* this.#accepting(plan);
    if (plan.changes.length === 0) return undefined;
    this.tracker.beginRound(plan);
    yield* this.#context.retaining(flowsInstalledBy(plan.changes));
    this.#modsSent += plan.changes.length;
    yield* this.#context.sending(plan.touches);
    if (plan.readded.length > 0) this.#context.readding(plan.readded);
    return plan;
  }

  #planning(): Steps<SwitchPlan> {
    const { gate, ownIds } = this.#context;
    return planningSwitch(this.tracker, {
      gate,
      ...ownIds,
      sweepAllowed: this.#context.sweepAllowed(),
      forwarding: this.#context,
      isRetained: (flow) => this.#context.isRetained(flow),
      now: this.#context.now(),
      neededMs: (key) => this.#context.neededMs(key),
      limit: this.#connection.limit,
    });
  }

  *#accepting(plan: SwitchPlan): Steps<void> {
    const { tracker } = this;
    const records = yield* tracker.accepting(plan);
    if (records.length > 0) yield* this.#context.recordsChanging(records);
    if (plan.refusals.size > 0) yield* this.#context.stateChanging(plan.refusals.keys());
    for (const [key, { reason }] of plan.refusals) {
      if (tracker.foreignFlows.has(key)) this.#context.logger.warn({ entry: key }, reason);
    }
  }

  #abortConnection(channel: SwitchChannel, reason: string): void {
    this.#context.logger.warn({ reason }, "connection to the switch aborted");
    this.disconnect(reason);
    channel.close(reason);
  }
}
