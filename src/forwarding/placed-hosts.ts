// SPDX-License-Identifier: Apache-2.0
import { forEach, type Steps, sorted } from "../lang/steps.ts";
import type { Dpid, PortNo, Topology } from "../topology/index.ts";

/** No port: the host cannot be reached. */
export const NOWHERE = 0;

/** In place of a port: frames for the host are dropped. */
export const DROPPED = -1;

interface PlacedHost {
  readonly mac: number;
  readonly dpid: Dpid;
  readonly port: PortNo | typeof DROPPED;
}

/**
 * The known hosts that have a place, in order of address, as arrays that are fast to iterate for every
 * switch: hosts by index, switches by index.
 */
export class PlacedHosts {
  /** In ascending order. */
  readonly macs: readonly number[];
  readonly #topology: Topology;
  readonly #switches: readonly Dpid[];
  /** By host: the index of its switch, and its port there. */
  readonly #switchOf: Int32Array;
  readonly #portOf: Float64Array;

  private constructor(topology: Topology, hosts: readonly PlacedHost[]) {
    this.#topology = topology;
    this.#switches = [...new Set(hosts.map(({ dpid }) => dpid))];
    const indexes = new Map(this.#switches.map((dpid, index) => [dpid, index]));
    this.macs = hosts.map(({ mac }) => mac);
    this.#switchOf = Int32Array.from(hosts, ({ dpid }) => indexes.get(dpid) ?? 0);
    this.#portOf = Float64Array.from(hosts, ({ port }) => port);
  }

  static *of(topology: Topology): Steps<PlacedHosts> {
    const hosts: PlacedHost[] = [];
    yield* forEach(topology.hosts.values(), ({ mac, dpid, port }) => {
      if (port === undefined || topology.isLinkPort(dpid, port)) return;
      hosts.push({ mac, dpid, port: topology.isTapPort(dpid, port) ? DROPPED : port });
    });
    return new PlacedHosts(topology, yield* sorted(hosts, (x, y) => x.mac - y.mac));
  }

  /**
   * The ports by which a switch sends frames for each host, by host index; `NOWHERE` without a path,
   * `DROPPED` at the switch of a tap port.
   */
  portsFrom(dpid: Dpid): Float64Array {
    const ports = new Float64Array(this.macs.length);
    if (this.#topology.switches.get(dpid)?.forwarding !== "paths") return ports;
    // Hosts of another switch all leave by the same port.
    const toward = this.#switches.map((to) => this.#topology.nextHop(dpid, to) ?? NOWHERE);
    const self = this.#switches.indexOf(dpid);
    for (let host = 0; host < ports.length; host++) {
      const at = this.#switchOf[host] ?? 0;
      ports[host] = (at === self ? this.#portOf[host] : toward[at]) ?? NOWHERE;
    }
    return ports;
  }
}

/** Whether a switch has an entry for the host with this value of `portsFrom`. */
export function isSomewhere(port: number | undefined): port is PortNo | typeof DROPPED {
  return port !== undefined && port !== NOWHERE;
}
