// SPDX-License-Identifier: Apache-2.0
/** A filter that the form offers. Its name is OpenFlow's; docs/policies.md has all values. */
export interface FilterField {
  readonly key: string;
  readonly label: string;
  readonly group: string;
  readonly example: string;
  /** What a frame must be to have the field. */
  readonly ip?: "IPv4" | "IPv6" | "IP";
  readonly protocol?: string;
  /** Another type of frame than IP. */
  readonly type?: string;
}

const of = (group: string, rest: Partial<FilterField>, fields: Readonly<Record<string, string>>) =>
  Object.entries(fields).map(([key, text]): FilterField => {
    const [label = key, example = ""] = text.split("|");
    return { key, label, example, group, ...rest };
  });

const tcp = { ip: "IP", protocol: "tcp" } as const;
const udp = { ip: "IP", protocol: "udp" } as const;
const sctp = { ip: "IP", protocol: "sctp" } as const;
const icmp = { ip: "IPv4", protocol: "icmp" } as const;
const icmpv6 = { ip: "IPv6", protocol: "icmpv6" } as const;

export const FILTER_FIELDS: readonly FilterField[] = [
  ...of("Ports", tcp, { tcp_dst: "TCP destination port|443", tcp_src: "TCP source port|443" }),
  ...of("Ports", udp, { udp_dst: "UDP destination port|53", udp_src: "UDP source port|53" }),
  ...of("Ports", { ip: "IP" }, { port: "TCP or UDP port, either side|domain" }),
  ...of("Ports", sctp, {
    sctp_dst: "SCTP destination port|36412",
    sctp_src: "SCTP source port|36412",
  }),
  ...of(
    "IP",
    { ip: "IP" },
    {
      ip_proto: "IP protocol|tcp, udp, icmp",
      ip_dscp: "DSCP|ef, af41",
      ip_ecn: "ECN|ce",
      ip_frag: "Fragments|no, yes, first, later",
      ip_ttl: "TTL or hop limit|1-5",
    },
  ),
  ...of(
    "IP",
    { ip: "IPv4" },
    {
      ipv4_src: "IPv4 source|10.1.0.0/16",
      ipv4_dst: "IPv4 destination|10.1.0.0/16",
    },
  ),
  ...of(
    "IP",
    { ip: "IPv6" },
    {
      ipv6_src: "IPv6 source|fd00:1::/64",
      ipv6_dst: "IPv6 destination|fd00:1::/64",
      ipv6_flabel: "IPv6 flow label|0x1234",
    },
  ),
  ...of("IP", tcp, { tcp_flags: "TCP flags|+syn-ack" }),
  ...of("ICMP", icmp, { icmpv4_type: "ICMP type|echo-request", icmpv4_code: "ICMP code|0" }),
  ...of("ICMP", icmpv6, {
    icmpv6_type: "ICMPv6 type|neighbor-solicitation",
    icmpv6_code: "ICMPv6 code|0",
  }),
  ...of(
    "Ethernet",
    {},
    {
      vlan_vid: "VLAN id|20, none",
      vlan_pcp: "VLAN priority|5",
      eth_type: "Ethernet type|arp, 0x88cc",
      eth_src: "MAC source|fa:00:00:00:00:01",
      eth_dst: "MAC destination|ff:ff:ff:ff:ff:ff",
    },
  ),
  ...of(
    "ARP",
    { type: "ARP" },
    {
      arp_op: "ARP operation|request, reply",
      arp_spa: "ARP sender IP|10.1.1.1",
      arp_tpa: "ARP target IP|10.1.1.2",
      arp_sha: "ARP sender MAC|fa:00:00:00:00:01",
      arp_tha: "ARP target MAC|fa:00:00:00:00:02",
    },
  ),
  ...of(
    "MPLS",
    { type: "MPLS" },
    {
      mpls_label: "MPLS label|10",
      mpls_tc: "MPLS traffic class|5",
      mpls_bos: "MPLS bottom of stack|1",
    },
  ),
];

/** Why a field cannot be added to those chosen; undefined: it can. A frame is of one kind only. */
export function whyNotWith(field: FilterField, chosen: readonly string[]): string | undefined {
  if (chosen.includes(field.key)) return "it is there already";
  for (const other of FILTER_FIELDS.filter(({ key }) => chosen.includes(key))) {
    const conflict = conflictOf(field, other);
    if (conflict) return `not with ${other.key}: ${conflict}`;
  }
  return undefined;
}

function conflictOf(a: FilterField, b: FilterField): string | undefined {
  if (a.protocol && b.protocol && a.protocol !== b.protocol) {
    return `a frame is ${a.protocol} or ${b.protocol}`;
  }
  if (a.ip && b.ip && a.ip !== b.ip && a.ip !== "IP" && b.ip !== "IP") {
    return `a frame is ${a.ip} or ${b.ip}`;
  }
  const [kindA, kindB] = [a.type ?? a.ip, b.type ?? b.ip];
  const isOther = a.type !== undefined || b.type !== undefined;
  if (isOther && kindA && kindB && kindA !== kindB) return `a frame is ${kindA} or ${kindB}`;
  return undefined;
}

/** A value as a client writes it: numbers as numbers, commas between several. */
export function filterValue(text: string): unknown {
  const values = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  const read = values.map((value) => (/^\d+$/.test(value) ? Number(value) : value));
  return read.length === 1 ? read[0] : read;
}

/** The text of a value in the form. */
export function filterValueText(value: unknown): string {
  return Array.isArray(value) ? value.map(String).join(", ") : String(value ?? "");
}
