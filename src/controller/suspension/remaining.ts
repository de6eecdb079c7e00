// SPDX-License-Identifier: Apache-2.0
import type { RemainingCopies } from "../../contract/taps.ts";
import type { Reconciler } from "../../reconcile/index.ts";
import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import type { Dpid, Topology } from "../../topology/index.ts";

/** What is known of bridges of OpenVTAP's own. */
export interface KnownTapBridges {
  isUnknown(source: Dpid): boolean;
  areAbsent(sources: Iterable<Dpid>): boolean;
}

/** The switches that may still make or carry copies, in the order of the topology. */
export function remainingCopies(
  topology: Topology,
  reconciler: Reconciler,
  tapBridges: KnownTapBridges,
): RemainingCopies[] {
  const remaining: RemainingCopies[] = [];
  for (const { dpid, name, programmed, connected, tapSources } of topology.switches.values()) {
    if (!programmed) continue;
    if (tapSources !== undefined && tapBridges.areAbsent(tapSources.dpids)) continue;
    if (tapBridges.isUnknown(dpid)) remaining.push({ dpid, switch: name, why: UNKNOWN });
    const rules = reconciler.tapRules(dpid);
    if (rules === 0) continue;
    const known = rules === undefined ? {} : { rules };
    remaining.push({
      dpid,
      switch: name,
      ...known,
      why: reasonOf(connected, reconciler.isIdle(dpid)),
    });
  }
  return remaining;
}

const UNKNOWN =
  "it is not known yet which copies the bridge makes that gets its frames: its database is not connected, or the bridge is not";

function reasonOf(connected: boolean, isIdle: boolean): string {
  if (!connected) return "it is not connected";
  if (!isIdle) return "it has not confirmed their removal yet";
  return "it keeps the rules that carry and recover copies which another switch may still make";
}

/** Interval at which a wait checks its condition, in milliseconds. */
const CHECK_EVERY_MS = 20;

/** Resolves when `isDone`, after `timeoutMs`, or when the signal aborts. Never rejects. */
export function whenDone(
  isDone: () => boolean,
  { timeoutMs, signal, clock }: { timeoutMs: number; signal: AbortSignal; clock: Clock },
): Promise<void> {
  return new Promise((resolve) => {
    const until = clock.now() + timeoutMs;
    let cancel: CancelTimer = () => undefined;
    const check = () => {
      if (!isDone() && !signal.aborted && clock.now() < until) {
        cancel = clock.after(CHECK_EVERY_MS, check);
        return;
      }
      signal.removeEventListener("abort", aborted);
      resolve();
    };
    const aborted = () => {
      cancel();
      check();
    };
    signal.addEventListener("abort", aborted);
    check();
  });
}
