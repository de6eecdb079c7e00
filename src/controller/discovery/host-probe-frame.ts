// SPDX-License-Identifier: Apache-2.0
import {
  arp,
  type EthernetPayload,
  ethernet,
  ipv6,
  neighbourSolicitation,
} from "../../packet/index.ts";
import { type HostProbe, PROBE_SOURCE } from "../../topology/index.ts";

/** The link-local address that goes with `PROBE_SOURCE` (RFC 4291 appendix A). */
const PROBE_IPV6 = linkLocal(PROBE_SOURCE);

/**
 * Asks one host whether it still has an address: an ARP request from 0.0.0.0, which changes no ARP
 * cache (RFC 5227), or a neighbour solicitation. It is sent to the host's own MAC address and out of
 * its port, so no other host receives it; the switch forwards the answer to the controller only.
 */
export function hostProbeFrame({ mac, ip, vlan }: HostProbe): Uint8Array {
  const payload: EthernetPayload =
    ip.family === 4
      ? arp({ sha: PROBE_SOURCE, spa: 0, tpa: ip.value })
      : ipv6(
          { src: PROBE_IPV6, dst: ip.value, hopLimit: 255 },
          neighbourSolicitation(ip.value, PROBE_SOURCE),
        );
  const tags = vlan === undefined ? [] : [{ vid: vlan }];
  return ethernet({ dst: mac, src: PROBE_SOURCE, tags }, payload);
}

function linkLocal(mac: number): bigint {
  const high = BigInt(Math.floor(mac / 2 ** 24)) ^ 0x020000n;
  const low = BigInt(mac % 2 ** 24);
  return (0xfe80n << 112n) | (high << 40n) | (0xfffen << 24n) | low;
}
