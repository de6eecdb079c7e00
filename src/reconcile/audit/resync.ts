import type { Clock } from "../../runtime/clock.ts";
import type { SwitchSync } from "../apply/switch-sync.ts";
import type { Drift } from "../readback/drift.ts";
import { type RefusedEntries, refusedEntries } from "../state/refused-entries.ts";

/** What became of reading a switch again on demand. */
export type ResyncOutcome =
  /**
   * It has been read, and holds what it can of what is wanted. `drift`: what was not as confirmed
   * before; `refused`: what is not as wanted now.
   */
  | { readonly type: "done"; readonly drift: Drift; readonly refused: RefusedEntries }
  /** It takes longer than one waits. */
  | { readonly type: "underWay" }
  | { readonly type: "notConnected" };

const NO_DRIFT: Drift = { missing: 0, changed: 0, unexpected: 0 };

/** How long one waits for a switch to be read and repaired, in milliseconds. */
export const RESYNC_LIMIT_MS = 10_000;

/** When all switches are read again, the time over which that is spread, per switch. */
export const SPREAD_MS = 10;

/** Resolves after some time. */
export function pause(ms: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}

/** Reads a switch again and repairs it; waits at most so long. */
export async function resync(
  rounds: SwitchSync,
  limitMs: number,
  clock: Clock,
): Promise<ResyncOutcome> {
  if (!rounds.channel) return { type: "notConnected" };
  rounds.read();
  const isOver = await within(limitMs, clock, async () => {
    while (rounds.running) await rounds.running;
  });
  if (!isOver) return { type: "underWay" };
  if (!rounds.channel) return { type: "notConnected" };
  const refused = refusedEntries(rounds.tracker);
  return { type: "done", drift: rounds.drift ?? NO_DRIFT, refused };
}

/** Whether some work is over within a time. */
async function within(ms: number, clock: Clock, work: () => Promise<void>): Promise<boolean> {
  let cancel = () => {};
  const late = new Promise<boolean>((resolve) => {
    cancel = clock.after(ms, () => resolve(false));
  });
  try {
    return await Promise.race([work().then(() => true), late]);
  } finally {
    cancel();
  }
}
