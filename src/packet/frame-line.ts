// SPDX-License-Identifier: Apache-2.0
import { formatIpv4, formatIpv6, formatMac } from "../openflow/wire/index.ts";
import type { FrameFields } from "./fields/frame-fields.ts";
import { frameFields } from "./fields/read-frame-fields.ts";
import { EtherType, IpProtocol } from "./numbers.ts";

/** Longer than any header says that its packet is: a frame of which only the beginning is known. */
const ROOM = 66_000;

/** As many tags as a line shows beyond the outer one. */
const READING = { vlanLimit: 4, fragmentPorts: true };

/**
 * A frame in a line: addresses, protocol, ports, flags and length. Of a frame whose end is missing, as much as
 * its beginning shows.
 *
 * @param length its length in bytes.
 */
export function frameLine(bytes: Uint8Array, length: number): string {
  const padded = new Uint8Array(ROOM);
  padded.set(bytes.subarray(0, ROOM));
  const fields = bytes.length < 14 ? undefined : frameFields(padded, READING);
  if (fields === undefined) return `${length} bytes`;
  const tag = fields.vlanVid === 0 ? [] : [`vlan ${fields.vlanVid & 0xfff}`];
  return [endsOf(fields), ...tag, ...protocolOf(fields), `${length} bytes`].join(" ");
}

function endsOf(fields: FrameFields): string {
  const [src, dst] = portsOf(fields);
  const from = ipOf(fields.ipv4Src, fields.ipv6Src, src);
  const to = ipOf(fields.ipv4Dst, fields.ipv6Dst, dst);
  if (from !== undefined && to !== undefined) return `${from} > ${to}`;
  return `${formatMac(fields.ethSrc)} > ${formatMac(fields.ethDst)}`;
}

/** An IPv6 address with a port is in brackets, as in a URL. */
function ipOf(
  ipv4: number | undefined,
  ipv6: bigint | undefined,
  port: number | undefined,
): string | undefined {
  const behind = port === undefined ? "" : `:${port}`;
  if (ipv4 !== undefined) return `${formatIpv4(ipv4)}${behind}`;
  if (ipv6 === undefined) return undefined;
  return port === undefined ? formatIpv6(ipv6) : `[${formatIpv6(ipv6)}]${behind}`;
}

function portsOf({ tcpSrc, tcpDst, udpSrc, udpDst, sctpSrc, sctpDst }: FrameFields) {
  return [tcpSrc ?? udpSrc ?? sctpSrc, tcpDst ?? udpDst ?? sctpDst] as const;
}

function protocolOf(fields: FrameFields): string[] {
  const { ethType, ipProto, ipFrag, tcpFlags, arpOp, mplsLabel } = fields;
  const fragment = ipFrag === undefined || ipFrag === 0 ? [] : ["fragment"];
  if (ipProto !== undefined) {
    const name = IP_NAMES.get(ipProto) ?? `ip protocol ${ipProto}`;
    const flags = tcpFlags === undefined ? [] : [flagsText(tcpFlags)];
    return [name, ...flags, ...icmpText(fields), ...fragment];
  }
  if (arpOp !== undefined) return [arpText(fields)];
  if (mplsLabel !== undefined) return [`mpls ${mplsLabel}`];
  return [ETHERNET_NAMES.get(ethType) ?? `ethertype 0x${ethType.toString(16).padStart(4, "0")}`];
}

const IP_NAMES: ReadonlyMap<number, string> = new Map([
  [IpProtocol.icmp, "icmp"],
  [IpProtocol.tcp, "tcp"],
  [IpProtocol.udp, "udp"],
  [IpProtocol.icmpv6, "icmp6"],
  [IpProtocol.sctp, "sctp"],
]);

const ETHERNET_NAMES: ReadonlyMap<number, string> = new Map([
  [EtherType.lldp, "lldp"],
  [EtherType.rarp, "rarp"],
  // Frames with a length instead of a type. @spec OpenFlow 1.4.1 §7.2.3.7
  [0x05ff, "llc"],
]);

/** From the lowest bit. @spec RFC 9293 §3.1 */
const TCP_FLAGS = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "NS"];

function flagsText(flags: number): string {
  const set = TCP_FLAGS.filter((_, bit) => flags & (1 << bit));
  return `[${set.join(" ")}]`;
}

function icmpText({ icmpv4Type, icmpv4Code, icmpv6Type, icmpv6Code }: FrameFields): string[] {
  const type = icmpv4Type ?? icmpv6Type;
  const code = icmpv4Code ?? icmpv6Code;
  return type === undefined ? [] : [`type ${type} code ${code}`];
}

function arpText({ arpOp, arpSpa = 0, arpTpa = 0 }: FrameFields): string {
  const what = { 1: "request", 2: "reply" }[arpOp ?? 0] ?? `operation ${arpOp}`;
  return `arp ${what} ${formatIpv4(arpSpa)} > ${formatIpv4(arpTpa)}`;
}
