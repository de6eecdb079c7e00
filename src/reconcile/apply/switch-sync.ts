// SPDX-License-Identifier: Apache-2.0
import type { SwitchChannel } from "../model/switch-channel.ts";
import type { SwitchPlan } from "../model/switch-plan.ts";
import { flowsInstalledBy } from "../model/table-change.ts";
import { noTables, type Tables } from "../model/tables.ts";
import { planSwitch } from "../plan/plan-switch.ts";
import { type Drift, hasMadeRoom } from "../readback/drift.ts";
import { readTables, tablesFromListing } from "../readback/readback.ts";
import { SwitchTracker } from "../state/switch-tracker.ts";
import { RoundSender } from "./round-sender.ts";
import { SwitchConnection } from "./switch-connection.ts";
import { SwitchEvents } from "./switch-events.ts";
import type { SyncContext } from "./sync-context.ts";

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
    if (this.channel) return;
    this.#load(noTables());
    this.tracker.invalidate();
    this.events.forgotten(this.tracker);
  }

  /** Starts rounds soon, if there is work. */
  schedule(): void {
    if (this.#running || this.#closed || !this.channel || !this.#mayWork()) return;
    this.#running = Promise.resolve().then(() => this.#run());
  }

  /** Starts nothing new. */
  close(): void {
    this.#closed = true;
  }

  #mayWork(): boolean {
    return this.#hasWork() && !this.#context.isHeld();
  }

  #hasWork(): boolean {
    return this.#mustRead || this.tracker.hasWork;
  }

  async #run(): Promise<void> {
    try {
      while (this.channel && !this.#closed && this.#mayWork()) {
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
    const tables = tablesFromListing(read.listing, this.tracker.desired, this.#context.ownIds);
    // A refused round that shows drift leaves no doubt about what was confirmed before.
    const { isCurrent, inFlight } = this.tracker;
    const isComparable = isCurrent || (this.#connection.readForDrift && !inFlight.hasUncertain);
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
    await this.#sender.send(channel, plan);
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
      limit: this.#connection.limit,
    });
    const records = tracker.accept(plan);
    if (records.length > 0) this.#context.recordsChanged(records);
    if (plan.refusals.size > 0) this.#context.stateChanged(plan.refusals.keys());
    for (const [key, { reason }] of plan.refusals) {
      if (tracker.foreignFlows.has(key)) this.#context.logger.warn({ entry: key }, reason);
    }
    return plan;
  }

  #abortConnection(channel: SwitchChannel, reason: string): void {
    this.#context.logger.warn({ reason }, "connection to the switch aborted");
    this.disconnect(reason);
    channel.close(reason);
  }
}
