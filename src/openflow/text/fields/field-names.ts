// SPDX-License-Identifier: Apache-2.0
import { OXM_FIELDS, type OxmFieldName, oxmFieldByName } from "../../oxm/fields.ts";
import { CT_STATE_FLAGS, TCP_FLAGS, TUNNEL_FLAGS } from "../values/flags.ts";
import {
  decimal,
  decimalValue,
  fixedHex,
  flags,
  hexadecimal,
  ipv4Address,
  ipv6Address,
  macAddress,
  maskedHex,
  named,
  olderPort,
  packetType,
  port,
  statusFlags,
  typeOfService,
  type ValueStyle,
} from "./value-styles.ts";

/** Name and text form of a match field in `ovs-ofctl` syntax. */
export interface FieldText {
  readonly field: OxmFieldName;
  /** Name in a match, as `dump-flows` prints it. */
  readonly name: string;
  readonly style: ValueStyle;
  /** Name in an action (`set_field:…->eth_src`). */
  readonly target: string;
  /** Text form of the value in `set_field`. */
  readonly targetStyle: ValueStyle;
  /** Other names in a match; the name in the specification is always accepted. */
  readonly aliases: readonly string[];
}

type Options = Partial<Pick<FieldText, "target" | "targetStyle" | "aliases">>;

function row(
  field: OxmFieldName,
  name: string,
  style: ValueStyle,
  options: Options = {},
): FieldText {
  const targetStyle = options.targetStyle ?? (style === decimal ? decimalValue : style);
  return { field, name, style, target: name, aliases: [], ...options, targetStyle };
}

const eth = (field: OxmFieldName, name: string, target: string) =>
  row(field, name, macAddress, { target });
const l4 = (field: OxmFieldName, name: string, target: string) =>
  row(field, name, decimal, { target });

const REGISTERS = Array.from({ length: 16 }, (_, index) =>
  row(`reg${index}` as OxmFieldName, `reg${index}`, hexadecimal),
);

const ctState = statusFlags(CT_STATE_FLAGS);
const tunFlags = statusFlags(TUNNEL_FLAGS, { signed: true });
const tcpFlags = flags(TCP_FLAGS);

const fragment = named([
  { name: "no", value: 0n },
  { name: "first", value: 1n },
  { name: "later", value: 3n },
  { name: "yes", value: 1n, mask: 1n },
  { name: "not_later", value: 0n, mask: 2n },
  { name: "later", value: 2n, mask: 2n },
]);

/** Fields that a dump prints before the protocol (`tcp`), in its order. */
export const BEFORE_PROTOCOL: readonly FieldText[] = [
  row("pktMark", "pkt_mark", hexadecimal),
  row("recircId", "recirc_id", hexadecimal),
  row("dpHash", "dp_hash", hexadecimal),
  row("conjId", "conj_id", decimal),
  row("actsetOutput", "actset_output", port),
  row("ctState", "ct_state", ctState, { targetStyle: flags(CT_STATE_FLAGS) }),
  row("ctZone", "ct_zone", decimal, { targetStyle: hexadecimal }),
  row("ctMark", "ct_mark", hexadecimal),
  row("ctLabel", "ct_label", hexadecimal),
  row("ctNwSrc", "ct_nw_src", ipv4Address),
  row("ctIpv6Src", "ct_ipv6_src", ipv6Address),
  row("ctNwDst", "ct_nw_dst", ipv4Address),
  row("ctIpv6Dst", "ct_ipv6_dst", ipv6Address),
  row("ctNwProto", "ct_nw_proto", decimal),
  row("ctTpSrc", "ct_tp_src", decimal),
  row("ctTpDst", "ct_tp_dst", decimal),
  row("packetType", "packet_type", packetType),
];

/** Fields between the protocol and the VLAN tag. */
export const BEFORE_VLAN: readonly FieldText[] = [
  ...REGISTERS,
  row("tunnelId", "tun_id", hexadecimal),
  row("tunSrc", "tun_src", ipv4Address),
  row("tunDst", "tun_dst", ipv4Address),
  row("tunIpv6Src", "tun_ipv6_src", ipv6Address),
  row("tunIpv6Dst", "tun_ipv6_dst", ipv6Address),
  row("tunGbpId", "tun_gbp_id", decimal),
  row("tunGbpFlags", "tun_gbp_flags", hexadecimal),
  row("tunErspanVer", "tun_erspan_ver", decimal),
  row("tunErspanIdx", "tun_erspan_idx", hexadecimal),
  row("tunErspanDir", "tun_erspan_dir", decimal),
  row("tunErspanHwid", "tun_erspan_hwid", hexadecimal),
  row("tunGtpuFlags", "tun_gtpu_flags", hexadecimal, { aliases: ["gtpu_flags"] }),
  row("tunGtpuMsgtype", "tun_gtpu_msgtype", decimal, { aliases: ["gtpu_msgtype"] }),
  row("tunFlags", "tun_flags", tunFlags, { targetStyle: flags(TUNNEL_FLAGS) }),
  row("metadata", "metadata", hexadecimal),
  row("inPort", "in_port", port, { target: "in_port_oxm" }),
  row("inPhyPort", "in_phy_port", port),
];

/** Fields after the VLAN tag. `eth_type` and `nw_proto` are omitted where the protocol implies them. */
export const AFTER_VLAN: readonly FieldText[] = [
  eth("ethSrc", "dl_src", "eth_src"),
  eth("ethDst", "dl_dst", "eth_dst"),
  row("ethType", "dl_type", fixedHex(4), { target: "eth_type", targetStyle: hexadecimal }),
  row("ipv6Src", "ipv6_src", ipv6Address),
  row("ipv6Dst", "ipv6_dst", ipv6Address),
  row("ipv6Flabel", "ipv6_label", fixedHex(5), { targetStyle: hexadecimal }),
  row("arpSpa", "arp_spa", ipv4Address, { aliases: ["nw_src"] }),
  row("arpTpa", "arp_tpa", ipv4Address, { aliases: ["nw_dst"] }),
  row("ipv4Src", "nw_src", ipv4Address, { target: "ip_src" }),
  row("ipv4Dst", "nw_dst", ipv4Address, { target: "ip_dst" }),
  row("ipProto", "nw_proto", decimal),
  row("arpOp", "arp_op", decimal, { aliases: ["nw_proto"] }),
  row("arpSha", "arp_sha", macAddress),
  row("arpTha", "arp_tha", macAddress),
  row("ipDscp", "nw_tos", typeOfService, { target: "ip_dscp", targetStyle: decimalValue }),
  row("ipEcn", "nw_ecn", decimal),
  row("ipTtl", "nw_ttl", decimal),
  row("mplsLabel", "mpls_label", decimal),
  row("mplsTc", "mpls_tc", decimal),
  row("mplsTtl", "mpls_ttl", decimal),
  row("mplsBos", "mpls_bos", decimal),
  row("ipFrag", "nw_frag", fragment, { target: "ip_frag" }),
  row("icmpv4Type", "icmp_type", decimal, { aliases: ["tp_src"] }),
  row("icmpv4Code", "icmp_code", decimal, { aliases: ["tp_dst"] }),
  row("icmpv6Type", "icmp_type", decimal, { target: "icmpv6_type", aliases: ["tp_src"] }),
  row("icmpv6Code", "icmp_code", decimal, { target: "icmpv6_code", aliases: ["tp_dst"] }),
  row("ipv6NdTarget", "nd_target", ipv6Address),
  row("ipv6NdSll", "nd_sll", macAddress),
  row("ipv6NdTll", "nd_tll", macAddress),
  l4("tcpSrc", "tp_src", "tcp_src"),
  l4("tcpDst", "tp_dst", "tcp_dst"),
  l4("udpSrc", "tp_src", "udp_src"),
  l4("udpDst", "tp_dst", "udp_dst"),
  l4("sctpSrc", "tp_src", "sctp_src"),
  l4("sctpDst", "tp_dst", "sctp_dst"),
  row("tcpFlags", "tcp_flags", tcpFlags),
  row("ndReserved", "nd_reserved", decimal),
  row("ndOptionsType", "nd_options_type", decimal),
  row("nshFlags", "nsh_flags", maskedHex(2)),
  row("nshTtl", "nsh_ttl", decimal),
  row("nshMdtype", "nsh_mdtype", decimal),
  row("nshNp", "nsh_np", decimal),
  row("nshSpi", "nsh_spi", fixedHex(1), { aliases: ["nsp"] }),
  row("nshSi", "nsh_si", decimal, { aliases: ["nsi"] }),
  row("nshC1", "nsh_c1", fixedHex(1), { aliases: ["nshc1"] }),
  row("nshC2", "nsh_c2", fixedHex(1), { aliases: ["nshc2"] }),
  row("nshC3", "nsh_c3", fixedHex(1), { aliases: ["nshc3"] }),
  row("nshC4", "nsh_c4", fixedHex(1), { aliases: ["nshc4"] }),
  // Open vSwitch does not support these: the names are the specification's.
  row("ipv6Exthdr", "ipv6_exthdr", hexadecimal),
  row("pbbIsid", "pbb_isid", decimal),
  row("pbbUca", "pbb_uca", decimal),
];

/** The parts of the VLAN tag; a match writes them together (see vlan.ts). */
const VLAN: readonly FieldText[] = [
  row("vlanVid", "vlan_vid", decimal),
  row("vlanPcp", "vlan_pcp", decimal, { aliases: ["dl_vlan_pcp"] }),
];

/** Registers of 64 and 128 bits: reg0 to reg15 under other names. */
const WIDE_REGISTERS = ["xreg", "xxreg"].flatMap((name) =>
  Array.from({ length: name === "xreg" ? 8 : 4 }, (_, index) =>
    row(`${name}${index}` as OxmFieldName, `${name}${index}`, hexadecimal),
  ),
);

/** Fields only in actions: older codes without a current equivalent. */
const TARGETS: readonly FieldText[] = [
  row("nxmInPort", "in_port", olderPort),
  row("nxmVlanTci", "vlan_tci", hexadecimal),
  row("nxmIpTos", "nw_tos", decimal),
];

const ROWS = [
  ...BEFORE_PROTOCOL,
  ...BEFORE_VLAN,
  ...VLAN,
  ...AFTER_VLAN,
  ...WIDE_REGISTERS,
  ...TARGETS,
];
const BY_FIELD = new Map<OxmFieldName, FieldText>(ROWS.map((each) => [each.field, each]));

const KIND_STYLES = {
  mac: macAddress,
  ipv4: ipv4Address,
  ipv6: ipv6Address,
  port,
  uint: hexadecimal,
};

/** The text form of a field; a field without a row has its name in the specification. */
export function fieldText(field: OxmFieldName): FieldText {
  const known = BY_FIELD.get(field);
  if (known !== undefined) return known;
  const { oxm, kind } = oxmFieldByName(field);
  return row(field, oxm, KIND_STYLES[kind]);
}

function collect(namesOf: (text: FieldText) => readonly string[]): Map<string, FieldText[]> {
  const found = new Map<string, FieldText[]>();
  for (const { name: field } of OXM_FIELDS) {
    const text = fieldText(field);
    for (const name of new Set([...namesOf(text), oxmFieldByName(field).oxm])) {
      found.set(name, [...(found.get(name) ?? []), text]);
    }
  }
  return found;
}

/** Fields by their names in a match: `tp_src` is a field of TCP, UDP, SCTP and ICMP. */
export const FIELDS_BY_NAME: ReadonlyMap<string, readonly FieldText[]> = collect((text) =>
  TARGETS.includes(text) ? [] : [text.name, text.target, ...text.aliases],
);

/** Fields by their names in an action: unambiguous names take precedence. */
export const FIELDS_BY_TARGET: ReadonlyMap<string, readonly FieldText[]> = new Map(
  [...collect((text) => [text.target, text.name])].map(([name, texts]) => [
    name,
    [...texts].sort((a, b) => Number(b.target === name) - Number(a.target === name)),
  ]),
);
