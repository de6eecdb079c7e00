import type { IpAddress } from "../ip-address.ts";
import type { PortAt } from "../port-at.ts";
import type { HostEntry, IpKey } from "./host-entry.ts";
import { type HostLimits, PROBE_SHARE, PROBES, PROBES_AT_ONCE } from "./host-limits.ts";

/** A question to a host that has been silent: is this address still yours? */
export interface HostProbe {
  readonly at: PortAt;
  readonly mac: number;
  readonly ip: IpAddress;
  readonly vlan: number | undefined;
}

/**
 * The addresses of a host that nobody has spoken of for too long, and those to ask for before that:
 * three times, in the last tenth of the expiry time. `asked` is how many questions there are already.
 */
export function overdueProbes(
  entry: HostEntry,
  now: number,
  { expiryMs, probes }: HostLimits,
  asked: number,
): { readonly gone: readonly IpKey[]; readonly asked: readonly HostProbe[] } {
  const gone: IpKey[] = [];
  const questions: HostProbe[] = [];
  const { dpid, port } = entry.at;
  for (const [key, use] of entry.ips) {
    const silentMs = now - use.lastSeen;
    const left = probes ? PROBES - use.probes : 0;
    if (silentMs < expiryMs * (1 - left * PROBE_SHARE)) continue;
    if (left === 0) {
      gone.push(key);
    } else if (asked + questions.length < PROBES_AT_ONCE) {
      use.probes++;
      questions.push({ at: { dpid, port }, mac: entry.mac, ip: use.ip, vlan: use.vlan });
    }
  }
  return { gone, asked: questions };
}
