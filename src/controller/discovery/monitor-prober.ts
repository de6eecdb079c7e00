// SPDX-License-Identifier: Apache-2.0
import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import type { Dpid, HostProbe, HostTable } from "../../topology/index.ts";

/** Dependencies of `MonitorProber`. */
interface MonitorProberDeps {
  readonly monitors: HostTable["monitors"];
  readonly clock: Clock;
  /** Time for which a monitor must leave probes unanswered before it moves, in milliseconds. */
  readonly moveMs: number;
  /** Sends a probe; false when it was not sent. */
  readonly send: (probe: HostProbe) => boolean;
  /** Resolves when a switch has sent what it was to send before, with whether it hands over answers. */
  readonly handsOver: (dpid: Dpid) => Promise<boolean>;
  /** A monitor may have moved. */
  readonly changed: () => void;
}

/** Longest interval between two probes of a contested monitor, in milliseconds. */
const PROBE_EVERY_MS = 1000;

/** Probes the places of learned monitors: whether one answers decides which claims it yields to. */
export class MonitorProber {
  readonly #deps: MonitorProberDeps;
  readonly #everyMs: number;
  #cancel: CancelTimer | undefined;
  #isClosed = false;

  constructor(deps: MonitorProberDeps) {
    this.#deps = deps;
    this.#everyMs = Math.min(PROBE_EVERY_MS, deps.moveMs / 5);
  }

  /** Something may have to be probed. */
  schedule(): void {
    if (this.#cancel || this.#isClosed || !this.#deps.monitors.hasProbes) return;
    this.#cancel = this.#deps.clock.after(this.#everyMs, () => this.#tick());
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
  }

  #tick(): void {
    this.#cancel = undefined;
    const { monitors, clock, send } = this.#deps;
    const now = clock.now();
    const sent = new Map<Dpid, HostProbe[]>();
    for (const probe of monitors.probes(now).filter(send)) {
      const { dpid } = probe.at;
      sent.set(dpid, [...(sent.get(dpid) ?? []), probe]);
    }
    for (const [dpid, probes] of sent) void this.#confirm(dpid, probes, now);
    this.schedule();
  }

  async #confirm(dpid: Dpid, probes: readonly HostProbe[], sentAt: number): Promise<void> {
    const { monitors, handsOver, changed, clock } = this.#deps;
    if (!(await handsOver(dpid)) || this.#isClosed) return;
    for (const probe of probes) monitors.probed(probe, sentAt);
    monitors.settle(clock.now());
    changed();
  }
}
