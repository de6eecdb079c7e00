// SPDX-License-Identifier: Apache-2.0
/** Ethernet types. */
export const EtherType = {
  ipv4: 0x0800,
  arp: 0x0806,
  rarp: 0x8035,
  vlan: 0x8100,
  ipv6: 0x86dd,
  mpls: 0x8847,
  mplsMulticast: 0x8848,
  serviceVlan: 0x88a8,
  /** Link layer discovery (IEEE 802.1AB). */
  lldp: 0x88cc,
  /** For local experiments (IEEE 802). */
  experimental: 0x88b5,
} as const;

/** IP protocol numbers, and IPv6 extension headers. */
export const IpProtocol = {
  hopByHop: 0,
  icmp: 1,
  tcp: 6,
  udp: 17,
  routing: 43,
  fragment: 44,
  authentication: 51,
  icmpv6: 58,
  destinationOptions: 60,
  sctp: 132,
} as const;
