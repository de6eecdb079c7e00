// SPDX-License-Identifier: Apache-2.0
import type { Monitor, Policy, PolicyId } from "../../policy/index.ts";
import { Listeners } from "../../runtime/listeners.ts";
import type { Host, IpAddress } from "../../topology/index.ts";

/** An address by which policies name a monitor. */
export type MonitorAddress = { readonly mac: number } | { readonly ip: IpAddress };

/**
 * The addresses by which policies name monitors, and these policies; disabled and suspended ones count, so that
 * a monitor is where it was when they are in effect again. A monitor that is named by host or port alone has no
 * address here: frames move neither.
 */
export class MonitorIndex {
  readonly #byMac = new Map<number, Set<PolicyId>>();
  /** IPv4 addresses are numbers, IPv6 addresses bigints. */
  readonly #byIp = new Map<number | bigint, Set<PolicyId>>();
  readonly #changed = new Listeners<[address: MonitorAddress, isNamed: boolean]>();

  /** Calls back when the first policy names an address, and when none does any longer. */
  subscribe(listener: (address: MonitorAddress, isNamed: boolean) => void): void {
    this.#changed.add(listener);
  }

  /** A policy is new, changed, or deleted. */
  replace(old: Policy | undefined, now: Policy | undefined): void {
    const kept = new Set(now?.monitors.map(monitorKey));
    // New ones first: an address that stays named is never without a policy.
    if (now) for (const each of now.monitors) this.#add(each, now.id);
    for (const each of old?.monitors ?? []) {
      if (old && !kept.has(monitorKey(each))) this.#remove(each, old.id);
    }
  }

  /** The policies that name a host as monitor by one of its addresses. */
  policiesOf({ mac, ips }: Pick<Host, "mac" | "ips">): PolicyId[] {
    const byIp = ips.flatMap(({ value }) => [...(this.#byIp.get(value) ?? [])]);
    return [...(this.#byMac.get(mac) ?? []), ...byIp];
  }

  #add(monitor: Monitor, id: PolicyId): void {
    const address = monitorAddress(monitor);
    if (!address) return;
    const policies = this.#policiesBy(address);
    if (policies) {
      policies.add(id);
      return;
    }
    if ("mac" in address) this.#byMac.set(address.mac, new Set([id]));
    else this.#byIp.set(address.ip.value, new Set([id]));
    this.#changed.notify(address, true);
  }

  #remove(monitor: Monitor, id: PolicyId): void {
    const address = monitorAddress(monitor);
    if (!address) return;
    const policies = this.#policiesBy(address);
    if (!policies?.delete(id) || policies.size > 0) return;
    if ("mac" in address) this.#byMac.delete(address.mac);
    else this.#byIp.delete(address.ip.value);
    this.#changed.notify(address, false);
  }

  #policiesBy(address: MonitorAddress): Set<PolicyId> | undefined {
    return "mac" in address ? this.#byMac.get(address.mac) : this.#byIp.get(address.ip.value);
  }
}

/** The address that decides where a monitor is; undefined where a name or a port does. */
export function monitorAddress({ mac, ip, host, port }: Monitor): MonitorAddress | undefined {
  if (mac !== undefined) return { mac };
  if (ip === undefined || host !== undefined || port !== undefined) return undefined;
  return { ip: ip.address };
}

function monitorKey(monitor: Monitor): string {
  const address = monitorAddress(monitor);
  if (!address) return "";
  return "mac" in address ? `mac ${address.mac}` : `ip ${address.ip.family} ${address.ip.value}`;
}
