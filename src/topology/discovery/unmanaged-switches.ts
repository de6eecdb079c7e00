// SPDX-License-Identifier: Apache-2.0
import type { Dpid } from "../dpid.ts";
import type { ProbedPort } from "./probed-port.ts";

/**
 * Switches that OpenVTAP no longer manages but that still have its rules, by the ports that lead to
 * them. Such a switch floods as if the link were still there, so two ports that lead to it would form a
 * loop if both were edges.
 *
 * An unmanaged switch is behind a port from the moment it hands over a probe of that port, or is
 * removed with a link there, until the port goes down, the switch is managed again, or it proves that
 * it hands over no probes.
 */
export class UnmanagedSwitches {
  readonly #behind = new Map<ProbedPort, Set<Dpid>>();

  note(port: ProbedPort, dpid: Dpid): void {
    const dpids = this.#behind.get(port) ?? new Set();
    this.#behind.set(port, dpids.add(dpid));
  }

  behind(port: ProbedPort): readonly Dpid[] {
    return [...(this.#behind.get(port) ?? [])];
  }

  /** No such switch is behind the port, or the port is gone. */
  clear(port: ProbedPort): void {
    this.#behind.delete(port);
  }

  /** The switch is managed again: ordinary discovery finds what is behind its ports. */
  forgetSwitch(dpid: Dpid): void {
    for (const [port, dpids] of this.#behind) {
      if (dpids.delete(dpid) && dpids.size === 0) this.#behind.delete(port);
    }
  }
}
