// SPDX-License-Identifier: Apache-2.0
import type { HostView } from "../../contract/hosts.ts";
import type { PlannedWays } from "../../contract/observation/policy-plan.ts";

/** MAC addresses of the hosts that policies name as monitors; `named`: the names and addresses that they use. */
export function monitorMacs(
  hosts: Iterable<HostView>,
  named: ReadonlySet<string>,
): ReadonlySet<string> {
  const macs = new Set<string>();
  for (const { mac, name, ips } of hosts) {
    if (
      named.has(mac) ||
      (name !== undefined && named.has(name)) ||
      ips.some((ip) => named.has(ip))
    )
      macs.add(mac);
  }
  return macs;
}

/** MAC addresses of the hosts at the ports that plans name: they are shown one by one. */
export function hostsOfPlans(
  hosts: Iterable<HostView>,
  plans: Iterable<PlannedWays>,
): ReadonlySet<string> {
  const ports = new Set<string>();
  for (const { tapPoints, ways } of plans) {
    for (const { dpid, port } of [...tapPoints, ...ways.map(({ to }) => to)]) {
      if (port !== undefined) ports.add(`${dpid}/${port}`);
    }
  }
  const macs = new Set<string>();
  for (const { mac, dpid, port } of hosts) if (ports.has(`${dpid}/${port}`)) macs.add(mac);
  return macs;
}
