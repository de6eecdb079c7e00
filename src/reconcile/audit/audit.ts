import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { SwitchSync } from "../apply/switch-sync.ts";
import type { ReadSlots } from "../readback/read-slots.ts";
import { type OwnIds, readTables, tablesFromListing } from "../readback/readback.ts";

/** How often each switch is audited when nothing else is said, in milliseconds. */
export const DEFAULT_AUDIT_INTERVAL_MS = 60_000;

/** The least time between an audit of a switch and one that there is reason for, in milliseconds. */
const URGENT_INTERVAL_MS = 5_000;

/** Entries seldom go alone: the time in which others may follow the first, in milliseconds. */
const SETTLE_MS = 200;

/** Spreads switches over the interval, however many come: the fraction of the golden ratio. */
const SPREAD = 0.618034;

/** What an auditor needs. */
export interface AuditorOptions {
  readonly clock: Clock;
  /** Time in which every switch is audited once, in milliseconds; 0: never. */
  readonly intervalMs: number;
  readonly switches: ReadonlyMap<string, SwitchSync>;
  readonly ownIds: OwnIds;
  /** Whose turn it is to be read: only a few switches at a time, whatever for. */
  readonly slots: ReadSlots;
  readonly logger: Logger;
}

/** The audits of one switch. */
interface Schedule {
  cancel: CancelTimer;
  /** When the next one begins. */
  dueAt: number;
  /** When the last one began. */
  beganAt: number;
  /** There is reason to think that entries are not as confirmed, and none has looked since. */
  isUrgent: boolean;
  /** How many of the last ones were urgent. Against somebody who never stops each waits longer. */
  urgentInARow: number;
  running?: Promise<void>;
  /** It did not answer the last time, and that has been told. */
  isSilent: boolean;
}

/**
 * Finds out when somebody else has changed our entries: reads the tables of every connected switch
 * that has nothing to do, and has it repaired if they are not what it has confirmed. A difference
 * nobody noticed would last until the switch reconnects.
 *
 * Each switch has its own time in the interval; it is audited before that when it tells of an entry that
 * is gone and should not be. One that is slow delays nobody else, and is asked again only when it has
 * answered, or has had all the time that a listing may take.
 */
export class Auditor {
  readonly #options: AuditorOptions;
  readonly #schedules = new Map<string, Schedule>();
  #seat = 0;
  #closed = false;

  constructor(options: AuditorOptions) {
    this.#options = options;
  }

  /** The audits that are under way. */
  get running(): readonly Promise<void>[] {
    if (this.#closed) return [];
    return [...this.#schedules.values()].flatMap(({ running }) => running ?? []);
  }

  /** A switch is there: audits it from now on. One that comes back keeps the time it had. */
  start(dpid: string): void {
    const { intervalMs } = this.#options;
    if (this.#closed || intervalMs <= 0 || this.#schedules.has(dpid)) return;
    this.#seat = (this.#seat + SPREAD) % 1;
    const schedule: Schedule = {
      cancel: () => undefined,
      dueAt: 0,
      beganAt: Number.NEGATIVE_INFINITY,
      isUrgent: false,
      urgentInARow: 0,
      isSilent: false,
    };
    this.#schedules.set(dpid, schedule);
    this.#after(this.#seat * intervalMs, dpid, schedule);
  }

  /** There is reason to think that a switch does not hold what it has confirmed: audits it soon. */
  hurry(dpid: string): void {
    const schedule = this.#schedules.get(dpid);
    if (this.#closed || !schedule || schedule.isUrgent) return;
    schedule.isUrgent = true;
    // One that is under way may have read already: the next one comes soon after it.
    if (schedule.running) return;
    const wait = this.#urgentWait(schedule);
    if (this.#options.clock.now() + wait >= schedule.dueAt) return;
    schedule.cancel();
    this.#after(wait, dpid, schedule);
  }

  #urgentWait({ beganAt, urgentInARow }: Schedule): number {
    const { clock, intervalMs } = this.#options;
    const apart = Math.min(intervalMs, URGENT_INTERVAL_MS * 2 ** urgentInARow);
    return Math.max(SETTLE_MS, beganAt + apart - clock.now());
  }

  /** Starts nothing new; what is under way comes to nothing. */
  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#schedules.values()) cancel();
  }

  #after(ms: number, dpid: string, schedule: Schedule): void {
    const { clock } = this.#options;
    schedule.dueAt = clock.now() + ms;
    schedule.cancel = clock.after(ms, () => this.#turn(dpid, schedule));
  }

  #turn(dpid: string, schedule: Schedule): void {
    const { clock, intervalMs, switches } = this.#options;
    const rounds = switches.get(dpid);
    if (!rounds?.channel) {
      this.#schedules.delete(dpid);
      return;
    }
    const began = clock.now();
    schedule.beganAt = began;
    schedule.running = this.#audit(rounds, dpid, schedule).finally(() => {
      delete schedule.running;
      if (this.#closed) return;
      // In step with the others, but never at once: a switch that takes so long has enough to do.
      const wait = Math.max(intervalMs / 4, began + intervalMs - clock.now());
      const urgentWait = schedule.isUrgent ? this.#urgentWait(schedule) : wait;
      this.#after(Math.min(wait, urgentWait), dpid, schedule);
    });
  }

  async #audit(rounds: SwitchSync, dpid: string, schedule: Schedule): Promise<void> {
    const { logger, ownIds, slots } = this.#options;
    const { channel, modsSent, tracker } = rounds;
    // What was sent meanwhile may be in the list or not: the next audit tells.
    const isUndisturbed = () =>
      !this.#closed && rounds.channel === channel && rounds.isIdle && rounds.modsSent === modsSent;
    if (!channel || !isUndisturbed()) return;
    const read = await slots.take(async () => {
      if (!isUndisturbed()) return undefined;
      schedule.urgentInARow = schedule.isUrgent ? schedule.urgentInARow + 1 : 0;
      schedule.isUrgent = false;
      return readTables(channel);
    });
    if (!read || !isUndisturbed()) return;
    if (read.type !== "listed") {
      if (!schedule.isSilent) {
        logger.warn(
          { dpid, reason: read.reason },
          "tables cannot be read for an audit: tried again",
        );
      }
      schedule.isSilent = true;
      return;
    }
    if (schedule.isSilent) logger.info({ dpid }, "tables can be read for audits again");
    schedule.isSilent = false;
    const tables = tablesFromListing(read.listing, tracker.desired, ownIds);
    rounds.adopt(tables);
  }
}
