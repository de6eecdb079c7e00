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
  /** By the address that they name, as `keyOf` writes it. */
  readonly #policies = new Map<string, Set<PolicyId>>();
  readonly #changed = new Listeners<[address: MonitorAddress, isNamed: boolean]>();

  /** Calls back when the first policy names an address, and when none does any longer. */
  subscribe(listener: (address: MonitorAddress, isNamed: boolean) => void): void {
    this.#changed.add(listener);
  }

  /** A policy is new, changed, or deleted. */
  replace(old: Policy | undefined, now: Policy | undefined): void {
    const named = addressesIn(now);
    // New ones first: an address that stays named is never without a policy.
    if (now) for (const [key, address] of named) this.#add(key, address, now.id);
    if (!old) return;
    for (const [key, address] of addressesIn(old)) {
      if (!named.has(key)) this.#remove(key, address, old.id);
    }
  }

  /** The policies that name a host as monitor by one of its addresses. */
  policiesOf({ mac, ips }: Pick<Host, "mac" | "ips">): PolicyId[] {
    const addresses: MonitorAddress[] = [{ mac }, ...ips.map((ip) => ({ ip }))];
    return addresses.flatMap((each) => [...(this.#policies.get(keyOf(each)) ?? [])]);
  }

  #add(key: string, address: MonitorAddress, id: PolicyId): void {
    const policies = this.#policies.get(key);
    if (policies) {
      policies.add(id);
      return;
    }
    this.#policies.set(key, new Set([id]));
    this.#changed.notify(address, true);
  }

  #remove(key: string, address: MonitorAddress, id: PolicyId): void {
    const policies = this.#policies.get(key);
    if (!policies?.delete(id) || policies.size > 0) return;
    this.#policies.delete(key);
    this.#changed.notify(address, false);
  }
}

/** The address that decides where a monitor is; undefined where a name or a port does. */
export function monitorAddress({
  mac,
  ip,
  host,
  iface,
  workload,
  port,
}: Monitor): MonitorAddress | undefined {
  if (mac !== undefined) return { mac };
  const isNamed = (host ?? iface ?? workload ?? port) !== undefined;
  if (ip === undefined || isNamed) return undefined;
  return { ip: ip.address };
}

/** The addresses by which a policy names monitors, each once, by key. */
function addressesIn(policy: Policy | undefined): ReadonlyMap<string, MonitorAddress> {
  const addresses = policy?.monitors.map(monitorAddress).filter((each) => each !== undefined) ?? [];
  return new Map(addresses.map((address) => [keyOf(address), address]));
}

function keyOf(address: MonitorAddress): string {
  return "mac" in address ? `mac ${address.mac}` : `ip ${address.ip.family} ${address.ip.value}`;
}
