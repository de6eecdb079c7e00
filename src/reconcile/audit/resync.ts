// SPDX-License-Identifier: Apache-2.0
import type { Clock } from "../../runtime/clock.ts";
import { within } from "../../runtime/within.ts";
import type { SwitchSync } from "../apply/switch-sync.ts";
import type { Drift } from "../readback/drift.ts";
import { type RefusedEntries, refusedEntries } from "../state/refused-entries.ts";

/** Outcome of a resync. */
export type ResyncOutcome =
  /**
   * The switch has been read, and is as desired as far as it accepts. `drift`: what differed from the
   * confirmed entries; `refused`: what is not as desired now.
   */
  | { readonly type: "done"; readonly drift: Drift; readonly refused: RefusedEntries }
  /** It takes longer than the time limit. */
  | { readonly type: "underWay" }
  | { readonly type: "notConnected" };

const NO_DRIFT: Drift = { missing: 0, changed: 0, unexpected: 0 };

/** Time limit for a switch to be read and repaired, in milliseconds. */
export const RESYNC_LIMIT_MS = 10_000;

/** A resync of all switches is spread over this time per switch, in milliseconds. */
const SPREAD_MS = 10;

/** Resolves after some time. */
function pause(ms: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}

/** Reads a switch again and repairs it; waits at most `limitMs`. */
export async function resync(
  sync: SwitchSync,
  limitMs: number,
  clock: Clock,
): Promise<ResyncOutcome> {
  if (!sync.channel) return { type: "notConnected" };
  sync.read();
  const isOver = await within(limitMs, clock, async () => {
    while (sync.running) await sync.running;
  });
  if (!isOver) return { type: "underWay" };
  if (!sync.channel) return { type: "notConnected" };
  const refused = refusedEntries(sync.tracker);
  return { type: "done", drift: sync.drift ?? NO_DRIFT, refused };
}

/** Resyncs several switches, in any order, spread over a time in proportion to their number. */
export async function resyncSpread(
  dpids: readonly string[],
  resyncOne: (dpid: string) => Promise<ResyncOutcome>,
  clock: Clock,
): Promise<ReadonlyMap<string, ResyncOutcome>> {
  const spreadMs = dpids.length * SPREAD_MS;
  const outcomes = dpids.map(async (dpid) => {
    await pause(Math.random() * spreadMs, clock);
    return [dpid, await resyncOne(dpid)] as const;
  });
  return new Map(await Promise.all(outcomes));
}
