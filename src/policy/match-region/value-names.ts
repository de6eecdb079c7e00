// SPDX-License-Identifier: Apache-2.0
import type { FieldName } from "./fields.ts";
import { IpFrag } from "./ip-visibility.ts";

const dscp: Record<string, number> = { be: 0, default: 0, ef: 46, "voice-admit": 44 };
for (let level = 0; level < 8; level++) dscp[`cs${level}`] = level * 8;
for (let level = 1; level <= 4; level++) {
  for (let drop = 1; drop <= 3; drop++) dscp[`af${level}${drop}`] = level * 8 + drop * 2;
}

/**
 * Names that filters accept instead of numbers.
 * @see IANA protocol-numbers, ieee-802-numbers, dscp-registry, arp-parameters, icmp(v6)-parameters
 */
export const VALUE_NAMES: { readonly [N in FieldName]?: Readonly<Record<string, number>> } = {
  ethType: {
    ip: 0x0800,
    ipv4: 0x0800,
    arp: 0x0806,
    rarp: 0x8035,
    ipv6: 0x86dd,
    mpls: 0x8847,
    "mpls-multicast": 0x8848,
    "pppoe-discovery": 0x8863,
    pppoe: 0x8864,
    eapol: 0x888e,
    pbb: 0x88e7,
    ptp: 0x88f7,
  },
  ipProto: {
    icmp: 1,
    igmp: 2,
    ipip: 4,
    tcp: 6,
    udp: 17,
    gre: 47,
    esp: 50,
    ah: 51,
    icmpv6: 58,
    ospf: 89,
    pim: 103,
    vrrp: 112,
    sctp: 132,
  },
  ipDscp: dscp,
  ipEcn: { "not-ect": 0, ect1: 1, ect0: 2, ce: 3 },
  ipFrag: IpFrag,
  arpOp: { request: 1, reply: 2 },
  icmpv4Type: {
    "echo-reply": 0,
    unreachable: 3,
    redirect: 5,
    "echo-request": 8,
    "time-exceeded": 11,
  },
  icmpv6Type: {
    unreachable: 1,
    "packet-too-big": 2,
    "time-exceeded": 3,
    "echo-request": 128,
    "echo-reply": 129,
    "router-solicitation": 133,
    "router-advertisement": 134,
    "neighbor-solicitation": 135,
    "neighbor-advertisement": 136,
  },
};
