// SPDX-License-Identifier: Apache-2.0
import type { ListedCounter } from "./counted-entry.ts";

/** Shortest time between two reports of a switch, in milliseconds. */
const REPORT_EVERY_MS = 60_000;

export interface GuardedFramesOptions {
  /** The controller's clock, in milliseconds. */
  readonly now: () => number;
  /** Guards of a switch dropped so many frames since the last report. */
  readonly report: (dpid: string, frames: number, total: number) => void;
}

/** The guards of one switch. */
interface GuardsOf {
  /** By cookie: the frames that the entry had dropped at the last reading, and at which reading. */
  readonly entries: Map<bigint, { readonly packets: number; readonly reading: number }>;
  reading: number;
  total: number;
  reported: number;
  reportedAt: number;
}

/**
 * Counts the frames that the guards of each switch drop, since this process started: frames of hosts that look
 * like copies. What an entry drops between its last reading and its removal is not counted.
 */
export class GuardedFrames {
  readonly #options: GuardedFramesOptions;
  readonly #startedAt: number;
  readonly #switches = new Map<string, GuardsOf>();

  constructor(options: GuardedFramesOptions) {
    this.#options = options;
    this.#startedAt = options.now();
  }

  /** The frames that guards of a switch have dropped. */
  of(dpid: string): number {
    return this.#switches.get(dpid)?.total ?? 0;
  }

  /** A reading lists some of the guards of a switch. */
  listed(dpid: string, entries: readonly ListedCounter[]): void {
    const found = this.#of(dpid);
    const age = this.#options.now() - this.#startedAt;
    for (const { cookie, packets, durationMs } of entries) {
      const known = found.entries.get(cookie);
      // What an entry dropped before this process started does not count; a smaller number is of a new entry.
      const before = known ? known.packets : durationMs > age ? packets : 0;
      found.total += packets < before ? packets : packets - before;
      found.entries.set(cookie, { packets, reading: found.reading });
    }
  }

  /** A reading of a switch has listed all of its guards. */
  completed(dpid: string): void {
    const found = this.#of(dpid);
    for (const [cookie, { reading }] of found.entries) {
      if (reading !== found.reading) found.entries.delete(cookie);
    }
    found.reading++;
    const frames = found.total - found.reported;
    const now = this.#options.now();
    if (frames === 0 || now - found.reportedAt < REPORT_EVERY_MS) return;
    found.reported = found.total;
    found.reportedAt = now;
    this.#options.report(dpid, frames, found.total);
  }

  #of(dpid: string): GuardsOf {
    let found = this.#switches.get(dpid);
    if (found === undefined) {
      found = {
        entries: new Map(),
        reading: 0,
        total: 0,
        reported: 0,
        reportedAt: Number.NEGATIVE_INFINITY,
      };
      this.#switches.set(dpid, found);
    }
    return found;
  }
}
