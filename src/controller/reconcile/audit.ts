import type { CancelTimer, Clock } from "../clock.ts";
import type { Logger } from "../logger.ts";
import { driftOf, hasMadeRoom } from "./drift.ts";
import { type OwnIds, readTables, tablesFromListing } from "./listed.ts";
import type { SwitchRounds } from "./switch-rounds.ts";

/** How often each switch is audited when nothing else is said, in milliseconds. */
export const DEFAULT_AUDIT_INTERVAL_MS = 60_000;

/** What an auditor needs. */
export interface AuditorOptions {
  readonly clock: Clock;
  /** Time in which every switch is audited once, in milliseconds; 0: never. */
  readonly intervalMs: number;
  readonly switches: ReadonlyMap<string, SwitchRounds>;
  readonly ownIds: OwnIds;
  readonly logger: Logger;
}

/**
 * Finds out when somebody else has changed our entries: reads the tables of every switch that has
 * nothing to do, one at a time and evenly spread, and has it repaired if they are not what it has
 * confirmed. A difference nobody noticed would last until the switch reconnects.
 */
export class Auditor {
  readonly #options: AuditorOptions;
  /** Switches that are still to come in this turn. */
  #queue: string[] = [];
  #cancel: CancelTimer | undefined;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(options: AuditorOptions) {
    this.#options = options;
  }

  /** The audit that is under way. */
  get running(): Promise<void> | undefined {
    return this.#running;
  }

  /** Audits from now on; does nothing when it does already. */
  start(): void {
    const { clock, intervalMs, switches } = this.#options;
    if (this.#closed || intervalMs <= 0 || this.#cancel || this.#running) return;
    this.#cancel = clock.after(intervalMs / Math.max(1, switches.size), () => this.#next());
  }

  /** Starts nothing new; what is under way comes to nothing. */
  close(): void {
    this.#closed = true;
    this.#cancel?.();
    this.#running = undefined;
  }

  #next(): void {
    this.#cancel = undefined;
    if (this.#queue.length === 0) this.#queue = [...this.#options.switches.keys()];
    const dpid = this.#queue.shift();
    const rounds = dpid === undefined ? undefined : this.#options.switches.get(dpid);
    this.#running = (rounds ? this.#audit(rounds, { dpid }) : Promise.resolve()).finally(() => {
      this.#running = undefined;
      this.start();
    });
  }

  async #audit(rounds: SwitchRounds, of: Record<string, unknown>): Promise<void> {
    const { logger, ownIds } = this.#options;
    const { channel, modsSent, tracker } = rounds;
    if (!channel || !rounds.isIdle) return;
    const read = await readTables(channel);
    // What was sent meanwhile may be in the list or not: the next turn tells.
    const stale = rounds.channel !== channel || !rounds.isIdle || rounds.modsSent !== modsSent;
    if (this.#closed || stale) return;
    if (read.type !== "listed") {
      logger.warn({ ...of, reason: read.reason }, "tables cannot be read for an audit");
      return;
    }
    const tables = tablesFromListing(read.listing, tracker.desired, ownIds);
    if (hasMadeRoom(tracker, tables)) rounds.read();
    const drift = driftOf(tracker, tables);
    if (!drift) return;
    logger.warn(
      { ...of, ...drift },
      "somebody else changed our flow entries, groups or meters: repairing",
    );
    rounds.read();
  }
}
