// SPDX-License-Identifier: Apache-2.0
/** The notation of a field's values. */
type FieldKind = "mac" | "ipv4" | "ipv6" | "uint";

interface FieldRow {
  /** OXM name in camel case, as the codec names it. */
  readonly name: string;
  /** OXM name as policies write it. */
  readonly oxm: string;
  readonly bits: number;
  readonly kind: FieldKind;
  /** Whether switches accept a mask on it; if not, ranges become lists of exact values. */
  readonly maskable: boolean;
  /** The field that describes the same property in the reverse direction. */
  readonly reverse?: string;
  /** Fields that must hold one of these values for this one to exist in a frame. */
  readonly requires?: readonly Requirement[];
  /** The largest value that Open vSwitch 3.1 matches, if it is limited; -1: it matches no value. */
  readonly largestOnOvs?: number;
  /** Whether only Open vSwitch is known to match it: it is not in OpenFlow 1.4. */
  readonly isExtension?: boolean;
}

/** A field that must have one of the given values (under the mask, where there is one). */
export interface Requirement {
  readonly field: string;
  readonly anyOf: readonly number[];
  readonly mask?: number;
}

/** Ethertypes that prerequisites name. */
export const EthType = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const;

/** The bit of `vlan_vid` that is set when there is a tag. @spec OpenFlow 1.4.1 §7.2.3.7, OFPVID_PRESENT */
export const VID_PRESENT = 0x1000;

const ethType = (...anyOf: number[]): Requirement => ({ field: "ethType", anyOf });
const ipProto = (...anyOf: number[]): Requirement => ({ field: "ipProto", anyOf });
const IPV4 = ethType(EthType.ipv4);
const IPV6 = ethType(EthType.ipv6);
const IP = ethType(EthType.ipv4, EthType.ipv6);
const ARP = ethType(EthType.arp);
const MPLS = ethType(0x8847, 0x8848);
const PBB = ethType(0x88e7);
const TAGGED: Requirement = { field: "vlanVid", anyOf: [VID_PRESENT], mask: VID_PRESENT };
const TCP = [IP, ipProto(6)];
const UDP = [IP, ipProto(17)];
const SCTP = [IP, ipProto(132)];
const ICMPV4 = [IPV4, ipProto(1)];
const ICMPV6 = [IPV6, ipProto(58)];
const nd = (...types: number[]): Requirement[] => [
  ...ICMPV6,
  { field: "icmpv6Type", anyOf: types },
];

/**
 * Every field a tap can match on, in the order of their OXM codes (which is the order of a canonical
 * match). To add a field, add a row: parsing, prerequisites, reversal and compilation follow.
 *
 * `maskable` follows Open vSwitch, which accepts more masks than the specification requires: the
 * transport ports, without which a port range would be one rule per port.
 * @spec OpenFlow 1.4.1 §7.2.3.7 (flow match fields)
 */
const rows = [
  { name: "inPort", oxm: "in_port", bits: 32, kind: "uint", maskable: false },
  { name: "ethDst", oxm: "eth_dst", bits: 48, kind: "mac", maskable: true, reverse: "ethSrc" },
  { name: "ethSrc", oxm: "eth_src", bits: 48, kind: "mac", maskable: true, reverse: "ethDst" },
  { name: "ethType", oxm: "eth_type", bits: 16, kind: "uint", maskable: false },
  { name: "vlanVid", oxm: "vlan_vid", bits: 13, kind: "uint", maskable: true },
  {
    name: "vlanPcp",
    oxm: "vlan_pcp",
    bits: 3,
    kind: "uint",
    maskable: false,
    requires: [TAGGED],
  },
  { name: "ipDscp", oxm: "ip_dscp", bits: 6, kind: "uint", maskable: false, requires: [IP] },
  { name: "ipEcn", oxm: "ip_ecn", bits: 2, kind: "uint", maskable: false, requires: [IP] },
  { name: "ipProto", oxm: "ip_proto", bits: 8, kind: "uint", maskable: false, requires: [IP] },
  {
    name: "ipv4Src",
    oxm: "ipv4_src",
    bits: 32,
    kind: "ipv4",
    maskable: true,
    reverse: "ipv4Dst",
    requires: [IPV4],
  },
  {
    name: "ipv4Dst",
    oxm: "ipv4_dst",
    bits: 32,
    kind: "ipv4",
    maskable: true,
    reverse: "ipv4Src",
    requires: [IPV4],
  },
  port("tcpSrc", "tcp_src", "tcpDst", TCP),
  port("tcpDst", "tcp_dst", "tcpSrc", TCP),
  port("udpSrc", "udp_src", "udpDst", UDP),
  port("udpDst", "udp_dst", "udpSrc", UDP),
  port("sctpSrc", "sctp_src", "sctpDst", SCTP),
  port("sctpDst", "sctp_dst", "sctpSrc", SCTP),
  small("icmpv4Type", "icmpv4_type", 8, ICMPV4),
  small("icmpv4Code", "icmpv4_code", 8, ICMPV4),
  { ...small("arpOp", "arp_op", 16, [ARP]), largestOnOvs: 255 },
  {
    name: "arpSpa",
    oxm: "arp_spa",
    bits: 32,
    kind: "ipv4",
    maskable: true,
    reverse: "arpTpa",
    requires: [ARP],
  },
  {
    name: "arpTpa",
    oxm: "arp_tpa",
    bits: 32,
    kind: "ipv4",
    maskable: true,
    reverse: "arpSpa",
    requires: [ARP],
  },
  {
    name: "arpSha",
    oxm: "arp_sha",
    bits: 48,
    kind: "mac",
    maskable: true,
    reverse: "arpTha",
    requires: [ARP],
  },
  {
    name: "arpTha",
    oxm: "arp_tha",
    bits: 48,
    kind: "mac",
    maskable: true,
    reverse: "arpSha",
    requires: [ARP],
  },
  {
    name: "ipv6Src",
    oxm: "ipv6_src",
    bits: 128,
    kind: "ipv6",
    maskable: true,
    reverse: "ipv6Dst",
    requires: [IPV6],
  },
  {
    name: "ipv6Dst",
    oxm: "ipv6_dst",
    bits: 128,
    kind: "ipv6",
    maskable: true,
    reverse: "ipv6Src",
    requires: [IPV6],
  },
  {
    name: "ipv6Flabel",
    oxm: "ipv6_flabel",
    bits: 20,
    kind: "uint",
    maskable: true,
    requires: [IPV6],
  },
  small("icmpv6Type", "icmpv6_type", 8, ICMPV6),
  small("icmpv6Code", "icmpv6_code", 8, ICMPV6),
  {
    name: "ipv6NdTarget",
    oxm: "ipv6_nd_target",
    bits: 128,
    kind: "ipv6",
    maskable: true,
    requires: nd(135, 136),
  },
  {
    name: "ipv6NdSll",
    oxm: "ipv6_nd_sll",
    bits: 48,
    kind: "mac",
    maskable: true,
    requires: nd(135),
  },
  {
    name: "ipv6NdTll",
    oxm: "ipv6_nd_tll",
    bits: 48,
    kind: "mac",
    maskable: true,
    requires: nd(136),
  },
  small("mplsLabel", "mpls_label", 20, [MPLS]),
  small("mplsTc", "mpls_tc", 3, [MPLS]),
  small("mplsBos", "mpls_bos", 1, [MPLS]),
  {
    name: "pbbIsid",
    oxm: "pbb_isid",
    bits: 24,
    kind: "uint",
    maskable: true,
    requires: [PBB],
    largestOnOvs: -1,
  },
  {
    name: "ipv6Exthdr",
    oxm: "ipv6_exthdr",
    bits: 9,
    kind: "uint",
    maskable: true,
    requires: [IPV6],
    largestOnOvs: -1,
  },
  { ...small("pbbUca", "pbb_uca", 1, [PBB]), largestOnOvs: -1 },
  // The ONF's extension of 1.4 (OpenFlow 1.5 has it): the flags of the TCP header, and reserved bits.
  {
    name: "tcpFlags",
    oxm: "tcp_flags",
    bits: 12,
    kind: "uint",
    maskable: true,
    requires: TCP,
    isExtension: true,
  },
  // Nicira's: bit 0: a fragment; bit 1: a later fragment.
  { name: "ipFrag", oxm: "ip_frag", bits: 2, kind: "uint", maskable: true, requires: [IP] },
  // Nicira's: the time to live, or the hop limit.
  { ...small("ipTtl", "ip_ttl", 8, [IP]), isExtension: true },
] as const satisfies readonly FieldRow[];

function port<const N extends string, const R extends string>(
  name: N,
  oxm: string,
  reverse: R,
  requires: readonly Requirement[],
) {
  return { name, oxm, bits: 16, kind: "uint", maskable: true, reverse, requires } as const;
}

function small<const N extends string>(
  name: N,
  oxm: string,
  bits: number,
  requires: readonly Requirement[],
) {
  return { name, oxm, bits, kind: "uint", maskable: false, requires } as const;
}

/** Name of a field a tap can match on. */
export type FieldName = (typeof rows)[number]["name"];

/** One field a tap can match on. */
export interface Field extends FieldRow {
  readonly name: FieldName;
  /** Place in `FIELDS`, and so in a canonical match. */
  readonly ordinal: number;
  /** All bits set: a bigint where the field is wider than 48 bits. */
  readonly fullMask: number | bigint;
}

/** The fields, in canonical order. */
export const FIELDS: readonly Field[] = rows.map((row, ordinal) => ({
  ...row,
  ordinal,
  fullMask: row.bits > 48 ? (1n << BigInt(row.bits)) - 1n : 2 ** row.bits - 1,
}));

const byName = new Map<string, Field>(FIELDS.map((field) => [field.name, field]));
const byOxm = new Map<string, Field>(FIELDS.map((field) => [field.oxm, field]));

/** The field with a camel-case name; the name's type says that it exists. */
export function fieldNamed(name: FieldName): Field {
  const field = byName.get(name);
  if (field === undefined) throw new Error(`no field ${name}`);
  return field;
}

/** The field that filters may not use: policies name the port otherwise. */
const NO_FILTER = "in_port";

/** The field that a policy's filter names, or undefined. */
export function filterField(oxm: string): Field | undefined {
  return oxm === NO_FILTER ? undefined : byOxm.get(oxm);
}

/** The names of fields that filters may use. */
export const FIELD_NAMES: readonly string[] = FIELDS.map((field) => field.oxm).filter(
  (oxm) => oxm !== NO_FILTER,
);

/** The fields of which any may have the value of a filter that stands for several. */
const SEVERAL: ReadonlyMap<string, readonly FieldName[]> = new Map([
  ["port", ["tcpSrc", "tcpDst", "udpSrc", "udpDst"]],
]);

/** The names that filters may use. */
export const FILTER_NAMES: readonly string[] = [...FIELD_NAMES, ...SEVERAL.keys()];

/** The fields that a filter names, any of which must have its value: one but for `port`. */
export function filterFields(name: string): readonly Field[] | undefined {
  const field = filterField(name);
  return field === undefined ? SEVERAL.get(name)?.map(fieldNamed) : [field];
}

/** The field that describes the same property in the reverse direction. */
export function reverseField(field: Field): Field {
  return field.reverse === undefined ? field : fieldNamed(field.reverse as FieldName);
}
