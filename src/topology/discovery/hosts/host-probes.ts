// SPDX-License-Identifier: Apache-2.0
import type { IpAddress } from "../../ip-address.ts";
import type { PortAt } from "../../port-at.ts";
import type { HostEntry, IpKey } from "./host-entry.ts";
import { type HostLimits, PROBE_SHARE, PROBES, PROBES_AT_ONCE } from "./host-limits.ts";
import { plainPort } from "./host-moves.ts";

/** An ARP request or neighbour solicitation that asks a silent host for one of its addresses. */
export interface HostProbe {
  readonly at: PortAt;
  readonly mac: number;
  readonly ip: IpAddress;
  readonly vlan: number | undefined;
}

/**
 * The addresses of a host that have been silent for too long (`gone`), and those to probe before that:
 * three times, in the last tenth of the expiry time. `asked` is the number of probes already due.
 */
export function overdueProbes(
  entry: HostEntry,
  now: number,
  { expiryMs, probes }: HostLimits,
  asked: number,
): { readonly gone: readonly IpKey[]; readonly asked: readonly HostProbe[] } {
  const gone: IpKey[] = [];
  const due: HostProbe[] = [];
  const at = plainPort(entry.at);
  for (const [key, use] of entry.ips) {
    const silentMs = now - use.lastSeen;
    const left = probes ? PROBES - use.probes : 0;
    if (silentMs < expiryMs * (1 - left * PROBE_SHARE)) continue;
    if (left === 0) {
      gone.push(key);
    } else if (asked + due.length < PROBES_AT_ONCE) {
      use.probes++;
      due.push({ at, mac: entry.mac, ip: use.ip, vlan: use.vlan });
    }
  }
  return { gone, asked: due };
}
