// SPDX-License-Identifier: Apache-2.0
import type { Dpid, PortNo } from "../../dpid.ts";
import type { PortAt } from "../../port-at.ts";
import type { HostEntry, HostPlace } from "./host-entry.ts";
import type { HostLimits } from "./host-limits.ts";

/** The hosts learned at one port, and its budget for new ones. */
export class LearnedPort implements HostPlace {
  readonly dpid: Dpid;
  readonly port: PortNo;
  readonly hosts = new Set<HostEntry>();
  /** Those observed only once, oldest first: they are evicted first. */
  readonly unconfirmed = new Set<HostEntry>();
  #tokens: number;
  #filledAt: number;

  constructor({ dpid, port }: PortAt, burst: number, now: number) {
    this.dpid = dpid;
    this.port = port;
    this.#tokens = burst;
    this.#filledAt = now;
  }

  /** Whether the port may add one more host now; if so, counts it. */
  admits({ newHostsBurst, newHostsPerSecond }: HostLimits, now: number): boolean {
    const filled = this.#tokens + ((now - this.#filledAt) / 1000) * newHostsPerSecond;
    this.#tokens = Math.min(newHostsBurst, filled);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Whether the port holds no state worth keeping. */
  isIdle({ newHostsBurst, newHostsPerSecond }: HostLimits, now: number): boolean {
    const filled = this.#tokens + ((now - this.#filledAt) / 1000) * newHostsPerSecond;
    return this.hosts.size === 0 && filled >= newHostsBurst;
  }

  add(entry: HostEntry): void {
    this.hosts.add(entry);
    if (!entry.isConfirmed) this.unconfirmed.add(entry);
  }

  remove(entry: HostEntry): void {
    this.hosts.delete(entry);
    this.unconfirmed.delete(entry);
  }

  confirm(entry: HostEntry): void {
    this.unconfirmed.delete(entry);
  }

  oldestUnconfirmed(): HostEntry | undefined {
    return this.unconfirmed.values().next().value;
  }
}
