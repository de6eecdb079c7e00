// SPDX-License-Identifier: Apache-2.0
import type { Dpid, PortNo } from "../../dpid.ts";
import type { PortAt } from "../../port-at.ts";
import type { HostEntry } from "./host-entry.ts";
import type { HostLimits } from "./host-limits.ts";
import { LearnedPort } from "./learned-port.ts";

/** The ports that hosts were learned at, with their budgets for new hosts. */
export class LearnedPorts {
  readonly #limits: HostLimits;
  readonly #ports = new Map<Dpid, Map<PortNo, LearnedPort>>();

  constructor(limits: HostLimits) {
    this.#limits = limits;
  }

  at(at: PortAt, now: number): LearnedPort {
    const ports = this.#ports.get(at.dpid) ?? new Map<PortNo, LearnedPort>();
    this.#ports.set(at.dpid, ports);
    let port = ports.get(at.port);
    if (!port) {
      port = new LearnedPort(at, this.#limits.newHostsBurst, now);
      ports.set(at.port, port);
    }
    return port;
  }

  ofSwitch(dpid: Dpid): Iterable<LearnedPort> {
    return this.#ports.get(dpid)?.values() ?? [];
  }

  *all(): Generator<LearnedPort> {
    for (const ports of this.#ports.values()) yield* ports.values();
  }

  /**
   * Whether a port may add one more host, and which host it replaces. Only hosts observed once are
   * replaced: the port's oldest when the port is full; when the table is full, the oldest of the port
   * with the most of them, because a forger is most likely there.
   */
  admit(
    at: PortAt,
    now: number,
    isTableFull: boolean,
  ): { readonly port: LearnedPort; readonly instead?: HostEntry } | undefined {
    const port = this.at(at, now);
    if (!port.admits(this.#limits, now)) return undefined;
    const room = this.roomAt(port);
    if (!room || room.instead || !isTableFull) return room && { port, ...room };
    const instead = this.#fullestOfUnconfirmed().oldestUnconfirmed();
    return instead && { port, instead };
  }

  /** Whether a port has room for one more host, and which host it replaces. */
  roomAt(port: LearnedPort): { readonly instead?: HostEntry } | undefined {
    if (port.hosts.size < this.#limits.hostsPerPort) return {};
    const instead = port.oldestUnconfirmed();
    return instead && { instead };
  }

  /** Forgets ports without hosts whose budget is full again. */
  forgetIdle(now: number): void {
    for (const ports of this.#ports.values()) {
      for (const [no, port] of ports) if (port.isIdle(this.#limits, now)) ports.delete(no);
    }
  }

  #fullestOfUnconfirmed(): LearnedPort {
    let fullest: LearnedPort | undefined;
    for (const port of this.all()) {
      if (!fullest || port.unconfirmed.size > fullest.unconfirmed.size) fullest = port;
    }
    if (!fullest) throw new Error("a full table has no port");
    return fullest;
  }
}
