// SPDX-License-Identifier: Apache-2.0
import { forEach, type Steps } from "../../lang/steps.ts";
import type { PortCounts } from "../port-activity.ts";
import { type Rate, RateMeter } from "./rate-meter.ts";

/** The rates of all frames that switches send by their ports. */
export class PortRates {
  /** By switch, then by port. */
  readonly #switches = new Map<string, Map<number, RateMeter>>();

  /**
   * Takes a reading of all ports of a switch at a time in milliseconds, in steps. One that is not `current`
   * any more counts for nothing: the switch has disconnected meanwhile.
   */
  *reading(dpid: string, ports: PortCounts, at: number, isCurrent: () => boolean): Steps<void> {
    const known = this.#switches.get(dpid);
    const meters = new Map<number, RateMeter>();
    yield* forEach(ports, ([port, { sent }]) => {
      if (sent === undefined) return;
      const meter = known?.get(port) ?? new RateMeter();
      meter.read(sent, at);
      meters.set(port, meter);
    });
    if (isCurrent()) this.#switches.set(dpid, meters);
  }

  disconnect(dpid: string): void {
    this.#switches.delete(dpid);
  }

  /** The rate of a port; undefined: it is not known since then. */
  of(dpid: string, port: number, since: number): Rate | undefined {
    return this.#switches.get(dpid)?.get(port)?.rateSince(since);
  }
}
