// SPDX-License-Identifier: Apache-2.0
import type { Dpid, PortNo } from "../dpid.ts";
import type { IpAddress } from "../ip-address.ts";
import type { IpKey, LearnedHost } from "./host-entry.ts";

/** A host named by a file or a REST client. */
export interface NamedHost {
  readonly mac: number;
  readonly ips: readonly IpAddress[];
  readonly dpid: Dpid;
  /** Undefined while its switch has no such port. */
  readonly port: PortNo | undefined;
}

/** A learned host as stored over a restart. */
export interface RememberedHost extends LearnedHost {
  /** On the table's clock; may be before its zero. */
  readonly lastSeen: number;
}

/** The MAC addresses of named hosts by IP address. */
export function macsByAddress(hosts: readonly NamedHost[]): Map<IpKey, number[]> {
  const macs = new Map<IpKey, number[]>();
  for (const { mac, ips } of hosts) {
    for (const { value } of ips) macs.set(value, [...(macs.get(value) ?? []), mac]);
  }
  return macs;
}
