import type { Dpid } from "../dpid.ts";
import type { ProbedPort } from "./probed-port.ts";

/**
 * Switches with rules of ours that are not ours any more, by the ports that lead to them. Nobody changes
 * what such a switch does: it floods as if the link were still there, and two ports that lead to it would
 * make a loop if they were edges.
 *
 * A stranger is behind a port from when it has a probe of that port or leaves us with a link there, until
 * the port goes down, the switch is ours again, or has shown that it hands over no probes.
 */
export class UnmanagedSwitches {
  readonly #behind = new Map<ProbedPort, Set<Dpid>>();

  note(port: ProbedPort, dpid: Dpid): void {
    const strangers = this.#behind.get(port) ?? new Set();
    this.#behind.set(port, strangers.add(dpid));
  }

  behind(port: ProbedPort): readonly Dpid[] {
    return [...(this.#behind.get(port) ?? [])];
  }

  /** None is behind the port, or the port is gone. */
  clear(port: ProbedPort): void {
    this.#behind.delete(port);
  }

  /** The switch takes part: what is behind ports is found out as for all others. */
  isOurs(dpid: Dpid): void {
    for (const [port, strangers] of this.#behind) {
      if (strangers.delete(dpid) && strangers.size === 0) this.#behind.delete(port);
    }
  }
}
