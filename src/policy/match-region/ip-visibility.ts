// SPDX-License-Identifier: Apache-2.0
import { EthType, type Field, type Requirement } from "./fields.ts";

/**
 * In which fragments a switch reads ports and ICMP types. `none`: it reads them as zero in every fragment
 * (Open vSwitch's default). `first`: it reads those of first fragments (`"fragments": "match"`), as it
 * reads TCP flags in both modes.
 * `undetected`: it has no `ip_frag` to distinguish fragments by (a plain switch).
 */
export type FragmentPorts = "none" | "first" | "undetected";

/** What Open vSwitch reads as the protocol of an IPv6 fragment other than the first: the fragment header. */
export const IPV6_FRAGMENT = 44;

/** Values of `ip_frag`. @spec Open vSwitch ovs-fields(7) */
export const IpFrag = { no: 0, first: 1, later: 3 } as const;

/** The bit of `ip_frag` that is set in every fragment. */
export const ANY_FRAGMENT = 1;

/** The bit of `ip_frag` that is set in fragments other than the first. */
export const LATER_FRAGMENT = 2;

/** Whether a field is the Ethernet type, or exists only under some of its values. */
export function isTypedField({ name, requires }: Field): boolean {
  return name === "ethType" || typesRequired(requires) !== undefined;
}

/** Whether a field is part of an IP packet: of its header, or behind it. */
export function isIpField({ requires }: Field): boolean {
  return typesRequired(requires)?.some((type) => IP_TYPES.includes(type)) ?? false;
}

/** Whether a field is behind the IP header: a port, TCP flags, an ICMP type, a field of neighbour discovery. */
export function isTransportField({ requires }: Field): boolean {
  return requires?.some(({ field }) => field === "ipProto") ?? false;
}

/** Whether a switch reads a field as zero in fragments of a kind, a value of `ip_frag`. */
export function isUnseenInFragment(field: Field, fragment: number, ports: FragmentPorts): boolean {
  if (!isTransportField(field) || ports === "undetected") return false;
  if (fragment === IpFrag.later) return true;
  // Open vSwitch hides the ports of a first fragment, but not its TCP flags.
  return fragment === IpFrag.first && ports === "none" && field.name !== "tcpFlags";
}

const ADDRESSES: ReadonlySet<string> = new Set(["ipv4Src", "ipv4Dst", "ipv6Src", "ipv6Dst"]);

/** Whether a field is an IP address of the header. */
export function isIpAddress({ name }: Field): boolean {
  return ADDRESSES.has(name);
}

/** Whether frames of a type are between hosts: IP, or the ARP that it needs. */
export function isNetworkType(ethType: number): boolean {
  return IP_TYPES.includes(ethType) || ethType === EthType.arp;
}

const IP_TYPES: readonly number[] = [EthType.ipv4, EthType.ipv6];

/** The Ethernet types that a field's requirements allow; undefined: any. */
function typesRequired(
  requires: readonly Requirement[] | undefined,
): readonly number[] | undefined {
  return requires?.find(({ field }) => field === "ethType")?.anyOf;
}
