// SPDX-License-Identifier: Apache-2.0
import type { CountedCategory } from "../flow-model/index.ts";
import { forEach, type Steps } from "../lang/steps.ts";
import type { CancelTimer, Clock } from "../runtime/clock.ts";
import type { StepQueue } from "../runtime/index.ts";
import type { Logger } from "../runtime/logger.ts";
import type { ListedCounter } from "./counted-entry.ts";
import { BOOKING_MS, type ReadingTime } from "./counter-delta.ts";
import type { GuardedFrames } from "./guarded-frames.ts";
import type { Ledger } from "./ledger.ts";
import type { PortCounts } from "./port-activity.ts";
import type { Rates } from "./rates/rates.ts";

/** Access to the counters of a connected switch. */
export interface CounterChannel {
  /** Lists the entries of a category as they come in. Resolves to the failure, in words, if any. */
  readCounters(
    category: CountedCategory | "guard",
    each: (entries: readonly ListedCounter[]) => void,
  ): Promise<string | undefined>;
  /** What each port has received and sent; undefined: the switch does not answer. */
  readPorts(): Promise<PortCounts | undefined>;
}

export interface PollerOptions {
  readonly clock: Clock;
  /** Time in which every switch is read once, in milliseconds. See `setInterval`. */
  readonly intervalMs: number;
  readonly ledger: Ledger;
  /** Every change of the ledger is an operation of it. */
  readonly queue: StepQueue;
  readonly logger: Logger;
  /** Absent: guards are not read. */
  readonly guarded?: Pick<GuardedFrames, "listed" | "completed">;
  /** Reads what the ledger reads, and perhaps more of it. Absent: nothing. */
  readonly rates?: Pick<Rates, "has" | "listed">;
  /** A switch that was asked at a time has been read, and the ledger is updated. */
  readonly read: (dpid: string, asked: number) => void;
  /** The ports of a switch have been read: takes that up, in steps, before what is read of entries. */
  readonly readingPorts: (dpid: string, counts: PortCounts, at: PortReading) => Steps<void>;
}

/** When ports were read; `isBefore`: just before changes of the switch's entries were sent. */
export interface PortReading {
  readonly time: ReadingTime;
  readonly isBefore: boolean;
}

/** A connected switch. */
interface Connection {
  readonly channel: CounterChannel;
  cancel: CancelTimer;
  cancelExtra: CancelTimer;
  /** It is being read. */
  isPolling: boolean;
}

/**
 * When a switch is read after changes of its entries, in milliseconds: late enough that the counts of before
 * are in the tables, so that no more than these are left out.
 */
const AFTER_CHANGE_MS = BOOKING_MS + 500;

/** Spreads switches over the interval, however many come: the fraction of the golden ratio. */
const SPREAD = 0.618034;

/**
 * Reads the counters of every connected switch, each at its own time in the interval. A slow switch
 * delays no other one, and is read again only when it has answered.
 */
export class CounterPoller {
  readonly #options: PollerOptions;
  readonly #connected = new Map<string, Connection>();
  readonly #failing = new Set<string>();
  #offset = 0;
  #intervalMs: number;

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#intervalMs = options.intervalMs;
  }

  /** Reads every switch once in another interval from now on, in milliseconds. */
  setInterval(intervalMs: number): void {
    const isShorter = intervalMs < this.#intervalMs;
    this.#intervalMs = intervalMs;
    if (!isShorter) return;
    for (const [dpid, state] of this.#connected) {
      if (state.isPolling) continue;
      state.cancel();
      this.#after(dpid, state, this.#nextOffsetMs());
    }
  }

  connect(dpid: string, channel: CounterChannel): void {
    this.disconnect(dpid);
    const none = () => undefined;
    const state: Connection = { channel, cancel: none, cancelExtra: none, isPolling: false };
    this.#connected.set(dpid, state);
    this.#after(dpid, state, this.#nextOffsetMs());
  }

  #nextOffsetMs(): number {
    this.#offset = (this.#offset + SPREAD) % 1;
    return this.#offset * this.#intervalMs;
  }

  disconnect(dpid: string): void {
    this.#connected.get(dpid)?.cancel();
    this.#connected.get(dpid)?.cancelExtra();
    this.#connected.delete(dpid);
  }

  /** Changes of entries are about to be sent: reads the ports ahead of them, and the counters later. */
  changing(dpid: string): void {
    const state = this.#connected.get(dpid);
    if (!state) return;
    void this.#readPorts(dpid, state, true);
    state.cancelExtra();
    state.cancelExtra = this.#options.clock.after(AFTER_CHANGE_MS, () => {
      if (this.#connected.get(dpid) !== state || state.isPolling) return;
      state.cancel();
      void this.#poll(dpid, state);
    });
  }

  close(): void {
    for (const dpid of [...this.#connected.keys()]) this.disconnect(dpid);
  }

  #after(dpid: string, state: Connection, delayMs: number): void {
    if (this.#connected.get(dpid) !== state) return;
    state.cancel = this.#options.clock.after(delayMs, () => void this.#poll(dpid, state));
  }

  async #readPorts(dpid: string, state: Connection, isBefore: boolean): Promise<void> {
    const { clock, queue, readingPorts } = this.#options;
    const asked = clock.now();
    const counts = await state.channel.readPorts();
    if (counts === undefined || this.#connected.get(dpid) !== state) return;
    const reading = { time: { asked, received: clock.now() }, isBefore };
    queue.add("ordinary", () => readingPorts(dpid, counts, reading));
  }

  async #poll(dpid: string, state: Connection): Promise<void> {
    const { clock, ledger, queue, read } = this.#options;
    const asked = clock.now();
    state.isPolling = true;
    await this.#readPorts(dpid, state, false);
    const isCurrent = () => this.#connected.get(dpid) === state;
    const failure = await this.#read(dpid, state.channel, asked, isCurrent);
    if (!isCurrent()) return;
    state.isPolling = false;
    const received = clock.now();
    if (failure === undefined) {
      this.#failing.delete(dpid);
      queue.add("ordinary", function* (): Steps<void> {
        yield* ledger.completingPoll(dpid, { asked, received });
        read(dpid, asked);
      });
    } else this.#reportFailure(dpid, failure);
    // Keeps its time in the interval, but leaves a slow switch a pause.
    const pauseMs = Math.max(this.#intervalMs / 4, Math.min(received - asked, this.#intervalMs));
    this.#after(dpid, state, Math.max(pauseMs, asked + this.#intervalMs - received));
  }

  /** Lists the counted entries of a switch. Resolves to the failure, in words, if any. */
  async #read(
    dpid: string,
    channel: CounterChannel,
    asked: number,
    isCurrent: () => boolean,
  ): Promise<string | undefined> {
    const { clock, ledger, queue, rates } = this.#options;
    for (const category of ["rewriting", "recovery"] as const) {
      if (!ledger.has(dpid, category) && !rates?.has(dpid, category)) continue;
      const failure = await channel.readCounters(category, (entries) => {
        if (!isCurrent()) return;
        const time = { asked, received: clock.now() };
        queue.add("ordinary", () =>
          forEach(entries, (entry) => {
            ledger.listed(dpid, entry, time);
            rates?.listed(dpid, entry, asked);
          }),
        );
      });
      if (failure !== undefined || !isCurrent()) return failure;
    }
    return this.#readGuards(dpid, channel, isCurrent);
  }

  /** Lists the guards of a switch. Resolves to the failure, in words, if any. */
  async #readGuards(
    dpid: string,
    channel: CounterChannel,
    isCurrent: () => boolean,
  ): Promise<string | undefined> {
    const { guarded } = this.#options;
    if (guarded === undefined) return undefined;
    const failure = await channel.readCounters("guard", (entries) => {
      if (isCurrent()) guarded.listed(dpid, entries);
    });
    if (failure === undefined && isCurrent()) guarded.completed(dpid);
    return failure;
  }

  #reportFailure(dpid: string, reason: string): void {
    if (this.#failing.has(dpid)) return;
    this.#failing.add(dpid);
    this.#options.logger.warn({ dpid, reason }, "counters cannot be read: retrying");
  }
}
