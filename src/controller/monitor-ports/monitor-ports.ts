// SPDX-License-Identifier: Apache-2.0
import { NOT_KEPT, readPortStats, type Session } from "../../openflow-session/index.ts";
import type { Clock } from "../../runtime/clock.ts";
import { Listeners } from "../../runtime/listeners.ts";
import type { Dpid, PortAt, PortNo, Topology } from "../../topology/index.ts";
import { PortLosses } from "./port-losses.ts";

/** Dependencies of `MonitorPorts`. */
interface MonitorPortsDeps {
  readonly topology: () => Topology;
  /** A port as messages name it. */
  readonly portLabel: (at: PortAt) => string;
  readonly session: (dpid: Dpid) => Session | undefined;
  /** The ports by which copies leave for monitors. */
  readonly outlets: {
    readonly switches: Iterable<Dpid>;
    portsOf(dpid: Dpid): Iterable<PortNo>;
  };
  readonly clock: Clock;
}

/**
 * Whether copies that leave a switch for a monitor are lost at the monitor's port: it is down, its
 * configuration drops them, or its counters of lost frames rise. The counters are read with each audit, of switches
 * with such ports only.
 */
export class MonitorPorts {
  readonly #deps: MonitorPortsDeps;
  readonly #losses = new Map<Dpid, PortLosses>();
  readonly #reading = new Set<Dpid>();
  readonly #listeners = new Listeners<[ports: readonly PortAt[]]>();
  #topology: Topology | undefined;

  constructor(deps: MonitorPortsDeps) {
    this.#deps = deps;
  }

  /** Calls back when `problemOf` may have another answer for these ports. */
  subscribe(listener: (ports: readonly PortAt[]) => void): void {
    this.#listeners.add(listener);
  }

  /** Why copies that leave by a port are lost, as a clause; undefined: as far as is known they are not. */
  problemOf(at: PortAt): string | undefined {
    const { dpid, port } = at;
    const { topology, portLabel } = this.#deps;
    const known = topology().switches.get(dpid)?.ports.get(port);
    const where = portLabel(at);
    if (known?.up === false) return `${where} is down`;
    if (known?.noForward) return `${where} is set not to forward (OFPPC_NO_FWD)`;
    const loss = this.#losses.get(dpid)?.lossAt(port);
    if (loss === undefined) return undefined;
    const seconds = Math.round(loss.elapsedMs / 1000);
    return `${where} dropped ${loss.frames} frames in ${seconds} s`;
  }

  /** The network has changed. */
  networkChanged(topology: Topology): void {
    const before = this.#topology;
    this.#topology = topology;
    const changed: PortAt[] = [];
    for (const dpid of this.#deps.outlets.switches) {
      const [old, now] = [before, topology].map((each) => each?.switches.get(dpid)?.ports);
      if (old === now) continue;
      for (const port of this.#deps.outlets.portsOf(dpid)) {
        if (old?.get(port) !== now?.get(port)) changed.push({ dpid, port });
      }
    }
    if (changed.length > 0) this.#listeners.notify(changed);
  }

  /** An audit of a switch begins: reads the counters of its ports. */
  audited(dpid: Dpid): void {
    void this.#read(dpid);
  }

  async #read(dpid: Dpid): Promise<void> {
    const { session: sessionOf, outlets, clock } = this.#deps;
    const session = sessionOf(dpid);
    // One request at a time, however slow the switch is.
    if (session === undefined || this.#reading.has(dpid)) return;
    const ports = new Set<number>(outlets.portsOf(dpid));
    if (ports.size === 0) {
      this.#losses.delete(dpid);
      return;
    }
    this.#reading.add(dpid);
    const read = await readPortStats(session);
    this.#reading.delete(dpid);
    if (read === undefined) return;
    const losses = new Map<number, bigint>();
    for (const { portNo, txDropped, txErrors } of read) {
      if (ports.has(portNo)) losses.set(portNo, kept(txDropped) + kept(txErrors));
    }
    const known = this.#losses.get(dpid) ?? new PortLosses();
    this.#losses.set(dpid, known);
    const changed = known.read(losses, clock.now());
    this.#listeners.notify(changed.map((port) => ({ dpid, port: port as PortNo })));
  }
}

function kept(count: bigint): bigint {
  return count === NOT_KEPT ? 0n : count;
}
