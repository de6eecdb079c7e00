// SPDX-License-Identifier: Apache-2.0
import { OxmClass, OxmExperimenter, row } from "./field-row.ts";
import { IP, MPLS, ND, TCP } from "./prerequisites.ts";

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

/** Fields of later OpenFlow that the ONF defines for 1.3 and 1.4 as experimenter fields. */
export const ONF_EXTENSIONS = [
  row("tcpFlags", "tcp_flags", 42, 12, { ...ONF, mask: "ovs", needs: TCP }),
  row("actsetOutput", "actset_output", 43, 32, { ...ONF, kind: "port" }),
] as const;

/** Registers of Open vSwitch: 32, 64 and 128 bits over the same storage. @spec ovs-fields(7) */
export const REGISTERS = [
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
export const ENCAPSULATIONS = [
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

/** Tunnels, connection tracking and other fields of Open vSwitch. @spec ovs-fields(7) */
export const OPEN_VSWITCH = [
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
export const NXM_FORMS = [
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
