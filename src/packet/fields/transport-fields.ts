// SPDX-License-Identifier: Apache-2.0
import { EtherType, IpProtocol } from "../numbers.ts";
import type { FrameFields } from "./frame-fields.ts";
import type { FrameReader } from "./frame-reader.ts";

const ND_SOLICITATION = 135;
const ND_ADVERTISEMENT = 136;

/** Which fields behind an IP header a switch reads: not all of them in fragments. */
export interface TransportShown {
  /** Ports, and ICMP types and codes. */
  readonly ports: boolean;
  /** TCP flags. */
  readonly flags: boolean;
}

/**
 * Reads the fields behind the IP header by `fields.ipProto`. They are zero when the header is truncated,
 * or when they are not shown.
 */
export function readTransport(
  reader: FrameReader,
  fields: FrameFields,
  shown: TransportShown,
): void {
  const isIpv6 = fields.ethType === EtherType.ipv6;
  const portsOf = (length: number): [number, number] =>
    shown.ports && reader.left >= length ? [reader.u16(0), reader.u16(2)] : [0, 0];
  const typeAndCode = (): [number, number] =>
    shown.ports && reader.left >= 8 ? [reader.u8(0), reader.u8(1)] : [0, 0];
  switch (fields.ipProto) {
    case IpProtocol.tcp:
      [fields.tcpSrc, fields.tcpDst] = portsOf(tcpHeaderLength(reader));
      fields.tcpFlags =
        shown.flags && reader.left >= tcpHeaderLength(reader) ? reader.u16(12) & 0xfff : 0;
      break;
    case IpProtocol.udp:
      [fields.udpSrc, fields.udpDst] = portsOf(8);
      break;
    case IpProtocol.sctp:
      [fields.sctpSrc, fields.sctpDst] = portsOf(12);
      break;
    case IpProtocol.icmp:
      if (!isIpv6) [fields.icmpv4Type, fields.icmpv4Code] = typeAndCode();
      break;
    case IpProtocol.icmpv6:
      if (!isIpv6) break;
      [fields.icmpv6Type, fields.icmpv6Code] = typeAndCode();
      readNeighbourDiscovery(reader, fields);
      break;
  }
}

/** Length of a TCP header by its own field; Infinity, so that no ports are read, when it is invalid. */
function tcpHeaderLength(reader: FrameReader): number {
  const length = reader.left >= 20 ? (reader.u8(12) >> 4) * 4 : 0;
  return length < 20 ? Infinity : length;
}

function readNeighbourDiscovery(reader: FrameReader, fields: FrameFields): void {
  const type = fields.icmpv6Type;
  if (fields.icmpv6Code !== 0 || (type !== ND_SOLICITATION && type !== ND_ADVERTISEMENT)) return;
  reader.skip(8);
  const target = reader.left >= 16 ? reader.u128(0) : 0n;
  const options = reader.skip(16) ? readLinkLayerOptions(reader) : { sll: 0, tll: 0 };
  // A repeated option invalidates the whole message.
  fields.ipv6NdTarget = options ? target : 0n;
  if (type === ND_SOLICITATION) fields.ipv6NdSll = options?.sll ?? 0;
  else fields.ipv6NdTll = options?.tll ?? 0;
}

/** Link-layer address options; zero if absent; undefined when one occurs twice. */
function readLinkLayerOptions(reader: FrameReader): { sll: number; tll: number } | undefined {
  const found = { sll: 0, tll: 0 };
  while (reader.left >= 8) {
    const length = reader.u8(1) * 8;
    if (length === 0 || length > reader.left) break;
    const key = length === 8 ? ([undefined, "sll", "tll"] as const)[reader.u8(0)] : undefined;
    if (key && found[key] !== 0) return undefined;
    if (key) found[key] = reader.u48(2);
    reader.skip(length);
  }
  return found;
}
