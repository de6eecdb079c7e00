/**
 * Every match field, one row each. Adding a field is adding a row.
 *
 * @spec OpenFlow 1.4.1 §7.2.3.7 (basic class); ovs-fields(7) (Nicira extended match, ONF)
 */

/** OXM classes. */
export const OxmClass = {
  nxm0: 0x0000,
  nxm1: 0x0001,
  ericsson: 0x1000,
  basic: 0x8000,
  packetRegs: 0x8001,
  experimenter: 0xffff,
} as const;

/** Experimenter ids of experimenter-class fields. */
export const OxmExperimenter = { onf: 0x4f4e4600, nicira: 0x00002320, nsh: 0x005ad650 } as const;

/** How a field's value is written as text. */
export type OxmKind = "mac" | "ipv4" | "ipv6" | "port" | "uint";

/**
 * A condition another field must meet: it is there, and `value & mask` is one of `values` (any value
 * when `values` is empty).
 */
export interface Prerequisite {
  readonly field: string;
  readonly values: readonly number[];
  readonly mask?: number;
}

interface RowOptions {
  readonly kind?: OxmKind;
  /** Whether a mask is allowed: by OpenFlow 1.4, only by Open vSwitch, or never. */
  readonly mask?: "spec" | "ovs";
  readonly needs?: readonly Prerequisite[];
  readonly class?: number;
  readonly experimenter?: number;
  /** Bytes on the wire when they are more than the bits need. */
  readonly bytes?: number;
}

/** One field of the table. */
export interface OxmRow<N extends string = string, B extends number = number> {
  /** Name in code: `ipv4Src`. */
  readonly name: N;
  /** Name in the specification and in policies: `ipv4_src`. */
  readonly oxm: string;
  readonly class: number;
  readonly code: number;
  /** Experimenter id, for fields of the experimenter class. */
  readonly experimenter: number | undefined;
  /** Significant bits of the value. */
  readonly bits: B;
  /** Bytes of the value on the wire. */
  readonly bytes: number;
  /** Whether OpenFlow 1.4 allows a mask. */
  readonly maskable: boolean;
  /** Whether Open vSwitch takes a mask, which it does for more fields than the specification. */
  readonly maskableInOvs: boolean;
  readonly kind: OxmKind;
  /** All must hold for the field to mean anything (transitive ones included). */
  readonly prerequisites: readonly Prerequisite[];
}

function row<const N extends string, const B extends number>(
  name: N,
  oxm: string,
  code: number,
  bits: B,
  options: RowOptions = {},
): OxmRow<N, B> {
  return {
    name,
    oxm,
    class: options.class ?? OxmClass.basic,
    code,
    experimenter: options.experimenter,
    bits,
    bytes: options.bytes ?? Math.ceil(bits / 8),
    maskable: options.mask === "spec",
    maskableInOvs: options.mask !== undefined,
    kind: options.kind ?? "uint",
    prerequisites: options.needs ?? [],
  };
}

const ethType = (...values: number[]): Prerequisite => ({ field: "ethType", values });
const ipProto = (value: number): Prerequisite => ({ field: "ipProto", values: [value] });

const VLAN: readonly Prerequisite[] = [{ field: "vlanVid", values: [0x1000], mask: 0x1000 }];
const IP: readonly Prerequisite[] = [ethType(0x0800, 0x86dd)];
const IPV4: readonly Prerequisite[] = [ethType(0x0800)];
const IPV6: readonly Prerequisite[] = [ethType(0x86dd)];
const ARP: readonly Prerequisite[] = [ethType(0x0806)];
const MPLS: readonly Prerequisite[] = [ethType(0x8847, 0x8848)];
const PBB: readonly Prerequisite[] = [ethType(0x88e7)];
const TCP = [...IP, ipProto(6)];
const UDP = [...IP, ipProto(17)];
const SCTP = [...IP, ipProto(132)];
const ICMPV4 = [...IPV4, ipProto(1)];
const ICMPV6 = [...IPV6, ipProto(58)];
const ND = [...ICMPV6, { field: "icmpv6Type", values: [135, 136] }];
const ND_SOLICIT = [...ICMPV6, { field: "icmpv6Type", values: [135] }];
const ND_ADVERT = [...ICMPV6, { field: "icmpv6Type", values: [136] }];

const NXM0 = { class: OxmClass.nxm0, mask: "ovs" } as const;
const NXM0_EXACT = { class: OxmClass.nxm0 } as const;
const NXM1 = { class: OxmClass.nxm1, mask: "ovs" } as const;
const NXM1_EXACT = { class: OxmClass.nxm1 } as const;
const PACKET_REG = { class: OxmClass.packetRegs, mask: "ovs" } as const;
const NSH = { class: OxmClass.experimenter, experimenter: OxmExperimenter.nsh } as const;
const NICIRA_EXPERIMENTER = {
  class: OxmClass.experimenter,
  experimenter: OxmExperimenter.nicira,
  mask: "ovs",
} as const;
const ONF = { class: OxmClass.experimenter, experimenter: OxmExperimenter.onf } as const;

const BASIC = [
  row("inPort", "in_port", 0, 32, { kind: "port" }),
  row("inPhyPort", "in_phy_port", 1, 32, {
    kind: "port",
    needs: [{ field: "inPort", values: [] }],
  }),
  row("metadata", "metadata", 2, 64, { mask: "spec" }),
  row("ethDst", "eth_dst", 3, 48, { kind: "mac", mask: "spec" }),
  row("ethSrc", "eth_src", 4, 48, { kind: "mac", mask: "spec" }),
  row("ethType", "eth_type", 5, 16),
  row("vlanVid", "vlan_vid", 6, 13, { mask: "spec" }),
  row("vlanPcp", "vlan_pcp", 7, 3, { needs: VLAN }),
  row("ipDscp", "ip_dscp", 8, 6, { needs: IP }),
  row("ipEcn", "ip_ecn", 9, 2, { needs: IP }),
  row("ipProto", "ip_proto", 10, 8, { needs: IP }),
  row("ipv4Src", "ipv4_src", 11, 32, { kind: "ipv4", mask: "spec", needs: IPV4 }),
  row("ipv4Dst", "ipv4_dst", 12, 32, { kind: "ipv4", mask: "spec", needs: IPV4 }),
  row("tcpSrc", "tcp_src", 13, 16, { mask: "ovs", needs: TCP }),
  row("tcpDst", "tcp_dst", 14, 16, { mask: "ovs", needs: TCP }),
  row("udpSrc", "udp_src", 15, 16, { mask: "ovs", needs: UDP }),
  row("udpDst", "udp_dst", 16, 16, { mask: "ovs", needs: UDP }),
  row("sctpSrc", "sctp_src", 17, 16, { mask: "ovs", needs: SCTP }),
  row("sctpDst", "sctp_dst", 18, 16, { mask: "ovs", needs: SCTP }),
  row("icmpv4Type", "icmpv4_type", 19, 8, { needs: ICMPV4 }),
  row("icmpv4Code", "icmpv4_code", 20, 8, { needs: ICMPV4 }),
  row("arpOp", "arp_op", 21, 16, { needs: ARP }),
  row("arpSpa", "arp_spa", 22, 32, { kind: "ipv4", mask: "spec", needs: ARP }),
  row("arpTpa", "arp_tpa", 23, 32, { kind: "ipv4", mask: "spec", needs: ARP }),
  row("arpSha", "arp_sha", 24, 48, { kind: "mac", mask: "spec", needs: ARP }),
  row("arpTha", "arp_tha", 25, 48, { kind: "mac", mask: "spec", needs: ARP }),
  row("ipv6Src", "ipv6_src", 26, 128, { kind: "ipv6", mask: "spec", needs: IPV6 }),
  row("ipv6Dst", "ipv6_dst", 27, 128, { kind: "ipv6", mask: "spec", needs: IPV6 }),
  row("ipv6Flabel", "ipv6_flabel", 28, 20, { bytes: 4, mask: "spec", needs: IPV6 }),
  row("icmpv6Type", "icmpv6_type", 29, 8, { needs: ICMPV6 }),
  row("icmpv6Code", "icmpv6_code", 30, 8, { needs: ICMPV6 }),
  row("ipv6NdTarget", "ipv6_nd_target", 31, 128, { kind: "ipv6", mask: "ovs", needs: ND }),
  row("ipv6NdSll", "ipv6_nd_sll", 32, 48, { kind: "mac", mask: "ovs", needs: ND_SOLICIT }),
  row("ipv6NdTll", "ipv6_nd_tll", 33, 48, { kind: "mac", mask: "ovs", needs: ND_ADVERT }),
  row("mplsLabel", "mpls_label", 34, 20, { bytes: 4, needs: MPLS }),
  row("mplsTc", "mpls_tc", 35, 3, { needs: MPLS }),
  row("mplsBos", "mpls_bos", 36, 1, { needs: MPLS }),
  row("pbbIsid", "pbb_isid", 37, 24, { mask: "spec", needs: PBB }),
  row("tunnelId", "tunnel_id", 38, 64, { mask: "spec" }),
  row("ipv6Exthdr", "ipv6_exthdr", 39, 9, { mask: "spec", needs: IPV6 }),
  row("pbbUca", "pbb_uca", 41, 1, { needs: PBB }),
] as const;

const ONF_EXTENSIONS = [
  row("tcpFlags", "tcp_flags", 42, 12, { ...ONF, mask: "ovs", needs: TCP }),
  row("actsetOutput", "actset_output", 43, 32, { ...ONF, kind: "port" }),
] as const;

const REGISTERS = [
  row("reg0", "reg0", 0, 32, NXM1),
  row("reg1", "reg1", 1, 32, NXM1),
  row("reg2", "reg2", 2, 32, NXM1),
  row("reg3", "reg3", 3, 32, NXM1),
  row("reg4", "reg4", 4, 32, NXM1),
  row("reg5", "reg5", 5, 32, NXM1),
  row("reg6", "reg6", 6, 32, NXM1),
  row("reg7", "reg7", 7, 32, NXM1),
  row("reg8", "reg8", 8, 32, NXM1),
  row("reg9", "reg9", 9, 32, NXM1),
  row("reg10", "reg10", 10, 32, NXM1),
  row("reg11", "reg11", 11, 32, NXM1),
  row("reg12", "reg12", 12, 32, NXM1),
  row("reg13", "reg13", 13, 32, NXM1),
  row("reg14", "reg14", 14, 32, NXM1),
  row("reg15", "reg15", 15, 32, NXM1),
  row("xreg0", "xreg0", 0, 64, PACKET_REG),
  row("xreg1", "xreg1", 1, 64, PACKET_REG),
  row("xreg2", "xreg2", 2, 64, PACKET_REG),
  row("xreg3", "xreg3", 3, 64, PACKET_REG),
  row("xreg4", "xreg4", 4, 64, PACKET_REG),
  row("xreg5", "xreg5", 5, 64, PACKET_REG),
  row("xreg6", "xreg6", 6, 64, PACKET_REG),
  row("xreg7", "xreg7", 7, 64, PACKET_REG),
  row("xxreg0", "xxreg0", 111, 128, NXM1),
  row("xxreg1", "xxreg1", 112, 128, NXM1),
  row("xxreg2", "xxreg2", 113, 128, NXM1),
  row("xxreg3", "xxreg3", 114, 128, NXM1),
] as const;

/** Network service header, ERSPAN, GTP-U and neighbour discovery options. */
const ENCAPSULATIONS = [
  row("packetType", "packet_type", 44, 32),
  row("nshFlags", "nsh_flags", 1, 8, { ...NSH, mask: "ovs" }),
  row("nshMdtype", "nsh_mdtype", 2, 8, NSH),
  row("nshNp", "nsh_np", 3, 8, NSH),
  row("nshSpi", "nsh_spi", 4, 24, { ...NSH, bytes: 4 }),
  row("nshSi", "nsh_si", 5, 8, NSH),
  row("nshC1", "nsh_c1", 6, 32, { ...NSH, mask: "ovs" }),
  row("nshC2", "nsh_c2", 7, 32, { ...NSH, mask: "ovs" }),
  row("nshC3", "nsh_c3", 8, 32, { ...NSH, mask: "ovs" }),
  row("nshC4", "nsh_c4", 9, 32, { ...NSH, mask: "ovs" }),
  row("nshTtl", "nsh_ttl", 10, 8, NSH),
  row("tunErspanIdx", "tun_erspan_idx", 11, 20, { ...NICIRA_EXPERIMENTER, bytes: 4 }),
  row("tunErspanVer", "tun_erspan_ver", 12, 4, NICIRA_EXPERIMENTER),
  row("tunErspanDir", "tun_erspan_dir", 13, 1, NICIRA_EXPERIMENTER),
  row("tunErspanHwid", "tun_erspan_hwid", 14, 6, NICIRA_EXPERIMENTER),
  row("tunGtpuFlags", "tun_gtpu_flags", 15, 8, NICIRA_EXPERIMENTER),
  row("tunGtpuMsgtype", "tun_gtpu_msgtype", 16, 8, NICIRA_EXPERIMENTER),
  row("ndReserved", "nd_reserved", 1, 32, { class: OxmClass.ericsson, needs: ND }),
  row("ndOptionsType", "nd_options_type", 2, 8, { class: OxmClass.ericsson, needs: ND }),
] as const;

const OPEN_VSWITCH = [
  row("ipFrag", "ip_frag", 26, 2, { ...NXM1, needs: IP }),
  row("ipTtl", "ip_ttl", 29, 8, { ...NXM1_EXACT, needs: IP }),
  row("tunSrc", "tun_src", 31, 32, { ...NXM1, kind: "ipv4" }),
  row("tunDst", "tun_dst", 32, 32, { ...NXM1, kind: "ipv4" }),
  row("pktMark", "pkt_mark", 33, 32, NXM1),
  row("dpHash", "dp_hash", 35, 32, NXM1),
  row("recircId", "recirc_id", 36, 32, NXM1_EXACT),
  row("conjId", "conj_id", 37, 32, NXM1_EXACT),
  row("tunGbpId", "tun_gbp_id", 38, 16, NXM1),
  row("tunGbpFlags", "tun_gbp_flags", 39, 8, NXM1),
  row("tunFlags", "tun_flags", 104, 16, NXM1),
  row("ctState", "ct_state", 105, 32, NXM1),
  row("ctZone", "ct_zone", 106, 16, NXM1_EXACT),
  row("ctMark", "ct_mark", 107, 32, NXM1),
  row("ctLabel", "ct_label", 108, 128, NXM1),
  row("tunIpv6Src", "tun_ipv6_src", 109, 128, { ...NXM1, kind: "ipv6" }),
  row("tunIpv6Dst", "tun_ipv6_dst", 110, 128, { ...NXM1, kind: "ipv6" }),
  row("ctNwProto", "ct_nw_proto", 119, 8, NXM1_EXACT),
  row("ctNwSrc", "ct_nw_src", 120, 32, { ...NXM1, kind: "ipv4" }),
  row("ctNwDst", "ct_nw_dst", 121, 32, { ...NXM1, kind: "ipv4" }),
  row("ctIpv6Src", "ct_ipv6_src", 122, 128, { ...NXM1, kind: "ipv6" }),
  row("ctIpv6Dst", "ct_ipv6_dst", 123, 128, { ...NXM1, kind: "ipv6" }),
  row("ctTpSrc", "ct_tp_src", 124, 16, NXM1),
  row("ctTpDst", "ct_tp_dst", 125, 16, NXM1),
] as const;

/** Older codes of fields above, which Open vSwitch still uses inside its own actions. */
const NXM_FORMS = [
  row("nxmInPort", "nxm_in_port", 0, 16, NXM0_EXACT),
  row("nxmEthDst", "nxm_eth_dst", 1, 48, { ...NXM0, kind: "mac" }),
  row("nxmEthSrc", "nxm_eth_src", 2, 48, { ...NXM0, kind: "mac" }),
  row("nxmEthType", "nxm_eth_type", 3, 16, NXM0_EXACT),
  row("nxmVlanTci", "nxm_vlan_tci", 4, 16, NXM0),
  row("nxmIpTos", "nxm_ip_tos", 5, 8, NXM0_EXACT),
  row("nxmIpProto", "nxm_ip_proto", 6, 8, NXM0_EXACT),
  row("nxmIpSrc", "nxm_ip_src", 7, 32, { ...NXM0, kind: "ipv4" }),
  row("nxmIpDst", "nxm_ip_dst", 8, 32, { ...NXM0, kind: "ipv4" }),
  row("nxmTcpSrc", "nxm_tcp_src", 9, 16, NXM0),
  row("nxmTcpDst", "nxm_tcp_dst", 10, 16, NXM0),
  row("nxmUdpSrc", "nxm_udp_src", 11, 16, NXM0),
  row("nxmUdpDst", "nxm_udp_dst", 12, 16, NXM0),
  row("nxmIcmpType", "nxm_icmp_type", 13, 8, NXM0_EXACT),
  row("nxmIcmpCode", "nxm_icmp_code", 14, 8, NXM0_EXACT),
  row("nxmArpOp", "nxm_arp_op", 15, 16, NXM0_EXACT),
  row("nxmArpSpa", "nxm_arp_spa", 16, 32, { ...NXM0, kind: "ipv4" }),
  row("nxmArpTpa", "nxm_arp_tpa", 17, 32, { ...NXM0, kind: "ipv4" }),
  row("nxmTunId", "nxm_tun_id", 16, 64, NXM1),
  row("nxmArpSha", "nxm_arp_sha", 17, 48, { ...NXM1, kind: "mac" }),
  row("nxmArpTha", "nxm_arp_tha", 18, 48, { ...NXM1, kind: "mac" }),
  row("nxmIpv6Src", "nxm_ipv6_src", 19, 128, { ...NXM1, kind: "ipv6" }),
  row("nxmIpv6Dst", "nxm_ipv6_dst", 20, 128, { ...NXM1, kind: "ipv6" }),
  row("nxmIcmpv6Type", "nxm_icmpv6_type", 21, 8, NXM1_EXACT),
  row("nxmIcmpv6Code", "nxm_icmpv6_code", 22, 8, NXM1_EXACT),
  row("nxmNdTarget", "nxm_nd_target", 23, 128, { ...NXM1, kind: "ipv6" }),
  row("nxmNdSll", "nxm_nd_sll", 24, 48, { ...NXM1, kind: "mac" }),
  row("nxmNdTll", "nxm_nd_tll", 25, 48, { ...NXM1, kind: "mac" }),
  row("nxmIpv6Label", "nxm_ipv6_label", 27, 20, { ...NXM1, bytes: 4 }),
  row("nxmIpEcn", "nxm_ip_ecn", 28, 2, NXM1_EXACT),
  row("mplsTtl", "mpls_ttl", 30, 8, { ...NXM1_EXACT, needs: MPLS }),
  row("nxmTcpFlags", "nxm_tcp_flags", 34, 12, NXM1),
] as const;

const ROWS = [
  ...BASIC,
  ...ONF_EXTENSIONS,
  ...REGISTERS,
  ...OPEN_VSWITCH,
  ...ENCAPSULATIONS,
  ...NXM_FORMS,
] as const;

type Rows = (typeof ROWS)[number];

/** The name of a match field in code. */
export type OxmFieldName = Rows["name"];

/** Names of the fields of 64 and 128 bits, whose values are bigints. */
export type WideFieldName = Extract<Rows, { readonly bits: 64 | 128 }>["name"];

/** Names of the fields of at most 48 bits, whose values are numbers. */
export type NarrowFieldName = Exclude<OxmFieldName, WideFieldName>;

/** A row of {@link OXM_FIELDS}. */
export type OxmFieldRow = OxmRow<OxmFieldName>;

/** All fields in canonical order: prerequisites before what needs them. */
export const OXM_FIELDS: readonly OxmFieldRow[] = ROWS;

const BY_NAME = new Map<string, OxmFieldRow>(ROWS.map((entry) => [entry.name, entry]));
const BY_OXM_NAME = new Map<string, OxmFieldRow>(ROWS.map((entry) => [entry.oxm, entry]));
const ORDER = new Map<string, number>(ROWS.map((entry, index) => [entry.name, index]));

/** The field called `name` in code (`ipv4Src`), if there is one. */
export function oxmFieldByName(name: OxmFieldName): OxmFieldRow;
export function oxmFieldByName(name: string): OxmFieldRow | undefined;
export function oxmFieldByName(name: string): OxmFieldRow | undefined {
  return BY_NAME.get(name);
}

/** The field called `name` in the specification (`ipv4_src`), if there is one. */
export function oxmFieldByOxmName(name: string): OxmFieldRow | undefined {
  return BY_OXM_NAME.get(name);
}

/** Position of a field in canonical order; unknown ones come last. */
export function oxmOrder(name: string): number {
  return ORDER.get(name) ?? ROWS.length;
}

/** Whether a field's values are bigints. */
export function isWideField(name: OxmFieldName): name is WideFieldName {
  return (BY_NAME.get(name)?.bits ?? 0) > 48;
}
