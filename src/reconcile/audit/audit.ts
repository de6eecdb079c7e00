// SPDX-License-Identifier: Apache-2.0
import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { SwitchSync } from "../apply/switch-sync.ts";
import type { ReadSlots } from "../readback/read-slots.ts";
import { readTables } from "../readback/readback.ts";

/** Default interval between audits of a switch, in milliseconds. */
export const DEFAULT_AUDIT_INTERVAL_MS = 60_000;

/** The least time between an audit of a switch and an urgent one, in milliseconds. */
const URGENT_INTERVAL_MS = 5_000;

/** How many urgent audits in a row of a switch that another application clears wait for none before. */
const PROMPT_IN_A_ROW = 20;

/** Entries are seldom removed alone: how long to wait for others, in milliseconds. */
const SETTLE_MS = 200;

/** Spreads switches over the interval, however many come: the fraction of the golden ratio. */
const SPREAD = 0.618034;

/** Options of `Auditor`. */
export interface AuditorOptions {
  readonly clock: Clock;
  /** Time in which every switch is audited once, in milliseconds; 0: never. */
  readonly intervalMs: number;
  readonly switches: ReadonlyMap<string, SwitchSync>;
  /** Limits how many switches are read at once, for any purpose. */
  readonly slots: ReadSlots;
  readonly logger: Logger;
  /** Whether another application may clear a switch at any time: its urgent audits wait for none before. */
  readonly isCleared: (dpid: string) => boolean;
  /** An audit of a switch begins. */
  readonly auditing: (dpid: string) => void;
}

/** The audits of one switch. */
interface Schedule {
  cancel: CancelTimer;
  /** When the next one begins. */
  dueAt: number;
  /** When the last one began. */
  beganAt: number;
  /** Entries may differ from what was confirmed, and no audit has begun since. */
  isUrgent: boolean;
  /** How many of the last ones were urgent. Each waits longer, in case foreign changes never stop. */
  urgentInARow: number;
  running?: Promise<void>;
  /** The last audit failed, and that has been logged. */
  isSilent: boolean;
}

/**
 * Detects foreign changes: reads the tables of every connected switch that is idle, and has them
 * repaired if they are not as confirmed. Otherwise a difference would last until the switch reconnects.
 *
 * Each switch has its own time in the interval. It is audited earlier when it reports the removal of a
 * desired entry. A slow switch delays no other one; it is read again only after it has answered, or
 * after the time limit of a listing.
 *
 * Transitions of a switch: unknown -> (start) due -> (its time, or hurry) running -> due; running or
 * due -> (its time, disconnected) unknown.
 */
export class Auditor {
  readonly #options: AuditorOptions;
  readonly #schedules = new Map<string, Schedule>();
  #offset = 0;
  #closed = false;

  constructor(options: AuditorOptions) {
    this.#options = options;
  }

  /** The audits that are under way. */
  get running(): readonly Promise<void>[] {
    if (this.#closed) return [];
    return [...this.#schedules.values()].flatMap(({ running }) => running ?? []);
  }

  /** A switch has connected: audits it from now on. One that returns keeps its time. */
  start(dpid: string): void {
    const { intervalMs } = this.#options;
    if (this.#closed || intervalMs <= 0 || this.#schedules.has(dpid)) return;
    this.#offset = (this.#offset + SPREAD) % 1;
    const schedule: Schedule = {
      cancel: () => undefined,
      dueAt: 0,
      beganAt: Number.NEGATIVE_INFINITY,
      isUrgent: false,
      urgentInARow: 0,
      isSilent: false,
    };
    this.#schedules.set(dpid, schedule);
    this.#after(this.#offset * intervalMs, dpid, schedule);
  }

  /** A switch may not hold what it has confirmed: audits it soon. */
  hurry(dpid: string): void {
    const schedule = this.#schedules.get(dpid);
    if (this.#closed || !schedule || schedule.isUrgent) return;
    schedule.isUrgent = true;
    // The running audit may have read the tables already: another one follows soon.
    if (schedule.running) return;
    const wait = this.#urgentWait(dpid, schedule);
    if (this.#options.clock.now() + wait >= schedule.dueAt) return;
    schedule.cancel();
    this.#after(wait, dpid, schedule);
  }

  #urgentWait(dpid: string, { beganAt, urgentInARow }: Schedule): number {
    const { clock, intervalMs, isCleared } = this.#options;
    const prompt = isCleared(dpid) ? PROMPT_IN_A_ROW : 0;
    const apart =
      urgentInARow < prompt
        ? 0
        : Math.min(intervalMs, URGENT_INTERVAL_MS * 2 ** (urgentInARow - prompt));
    return Math.max(SETTLE_MS, beganAt + apart - clock.now());
  }

  /** Starts nothing new; a running audit has no effect. */
  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#schedules.values()) cancel();
  }

  #after(ms: number, dpid: string, schedule: Schedule): void {
    const { clock } = this.#options;
    schedule.dueAt = clock.now() + ms;
    schedule.cancel = clock.after(ms, () => this.#run(dpid, schedule));
  }

  #run(dpid: string, schedule: Schedule): void {
    const { clock, intervalMs, switches } = this.#options;
    const sync = switches.get(dpid);
    if (!sync?.channel) {
      this.#schedules.delete(dpid);
      return;
    }
    const began = clock.now();
    schedule.beganAt = began;
    schedule.running = this.#audit(sync, dpid, schedule).finally(() => {
      delete schedule.running;
      if (this.#closed) return;
      // Keeps its time in the interval, but leaves a slow switch a pause.
      const wait = Math.max(intervalMs / 4, began + intervalMs - clock.now());
      const urgentWait = schedule.isUrgent ? this.#urgentWait(dpid, schedule) : wait;
      this.#after(Math.min(wait, urgentWait), dpid, schedule);
    });
  }

  async #audit(sync: SwitchSync, dpid: string, schedule: Schedule): Promise<void> {
    const { logger, slots, auditing } = this.#options;
    const { channel, modsSent } = sync;
    // Changes sent in the meantime may be in the listing or not: left to the next audit.
    const isUndisturbed = () =>
      !this.#closed && sync.channel === channel && sync.isIdle && sync.modsSent === modsSent;
    if (!channel || !isUndisturbed()) return;
    const read = await slots.take(async () => {
      if (!isUndisturbed()) return undefined;
      schedule.urgentInARow = schedule.isUrgent ? schedule.urgentInARow + 1 : 0;
      schedule.isUrgent = false;
      auditing(dpid);
      return readTables(channel);
    });
    if (!read || !isUndisturbed()) return;
    if (read.type !== "listed") {
      if (!schedule.isSilent) {
        logger.warn({ dpid, reason: read.reason }, "tables cannot be read for an audit: retrying");
      }
      schedule.isSilent = true;
      return;
    }
    if (schedule.isSilent) logger.info({ dpid }, "tables can be read for audits again");
    schedule.isSilent = false;
    await sync.adopt(read.listing, isUndisturbed);
  }
}
