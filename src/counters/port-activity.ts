// SPDX-License-Identifier: Apache-2.0
import { forEach, type Steps } from "../lang/steps.ts";
import { BOOKING_MS, NEVER, type ReadingTime, SLACK_MS } from "./counter-delta.ts";
import type { Amount } from "./totals.ts";

/** What a port has counted since it was added. */
interface PortCount {
  /** Frames that entered by it. */
  readonly received: number;
  /** Frames that left by it; undefined: the switch does not count them. */
  readonly sent: Amount | undefined;
}

/** The counts of the ports of a switch, by port number. */
export type PortCounts = ReadonlyMap<number, PortCount>;

interface PortState {
  readonly received: number;
  /** The port has received nothing since, on the clock; -Infinity: nothing ever. */
  readonly idleSince: number;
}

/** A reading of the ports just before changes of entries were sent. */
interface ReadingBefore {
  readonly asked: number;
  /** Ports that may have received frames shortly before. */
  readonly busy: ReadonlySet<number>;
}

/** Longest time from the request to the moment when the changes that follow it are in effect, in milliseconds. */
const CHANGE_LIMIT_MS = 5_000;
/** As many changes are remembered: the entries that they concern are read soon after. */
const MOST_READINGS = 32;

/**
 * When the ports of one switch received frames, as far as the counts of entries depend on it: a switch may
 * count frames of up to `BOOKING_MS` before a change of entries for the entries of after it. Where no frame
 * came in that time, the counts are exact.
 */
export class PortActivity {
  #ports = new Map<number, PortState>();
  #before: ReadingBefore[] = [];

  /** Takes a reading of all ports, in steps. `isBefore`: changes of entries were sent right behind the request. */
  *reading(counts: PortCounts, { asked, received }: ReadingTime, isBefore: boolean): Steps<void> {
    const ports = new Map<number, PortState>();
    const busy = new Set<number>();
    yield* forEach(counts, ([port, { received: count }]) => {
      const known = this.#ports.get(port);
      const isSame = known?.received === count;
      const state = isSame ? known : { received: count, idleSince: count === 0 ? NEVER : received };
      ports.set(port, state);
      if (asked - state.idleSince < BOOKING_MS + SLACK_MS) busy.add(port);
    });
    this.#ports = ports;
    if (!isBefore) return;
    this.#before = [...this.#before.slice(1 - MOST_READINGS), { asked, busy }];
  }

  /**
   * Whether no frame came by a port (undefined: by any) in the last moments before the entries changed, at
   * the latest at `at` and not before `from`.
   */
  wasQuiet(port: number | undefined, at: number, from = at): boolean {
    const last = this.#before.findLast(({ asked }) => asked <= at + SLACK_MS);
    if (last === undefined || last.asked < from - CHANGE_LIMIT_MS) return false;
    return port === undefined ? last.busy.size === 0 : !last.busy.has(port);
  }
}
