// SPDX-License-Identifier: Apache-2.0
import { arp, type EthernetPayload, ethernet, mpls, rawPayload } from "./ethernet.ts";
import type { FrameFields } from "./fields/frame-fields.ts";
import { type IpPayload, type Ipv6Extension, ipv4, ipv6 } from "./ip.ts";
import { EtherType, IpProtocol } from "./numbers.ts";
import {
  icmp,
  icmpv6,
  neighbourAdvertisement,
  neighbourSolicitation,
  sctp,
  tcp,
  udp,
} from "./transport.ts";

/** The flags of a TCP header if none are given. */
const ACK = 0x10;

/** Protocol of an IP packet if no field implies one: for experiments (RFC 3692). */
const EXPERIMENTAL_PROTOCOL = 253;
const ND_SOLICITATION = 135;
const ND_ADVERTISEMENT = 136;

/**
 * A frame with the given fields, correct checksums and no data. Missing fields are implied by the given
 * ones (`tcpDst`: TCP, and IPv4 unless there is an IPv6 field) or zero. Fields that the frame's type
 * cannot carry are ignored: read the frame back to find which.
 */
export function buildFrame(fields: Partial<FrameFields>): Uint8Array {
  const { ethDst = 0, ethSrc = 0, vlanVid = 0, vlanPcp } = fields;
  const isTagged = vlanVid > 0xfff || vlanPcp !== undefined;
  const tags = isTagged ? [{ vid: vlanVid & 0xfff, pcp: vlanPcp ?? 0 }] : [];
  return ethernet({ dst: ethDst, src: ethSrc, tags }, payload(fields));
}

function payload(fields: Partial<FrameFields>): EthernetPayload {
  const etherType = fields.ethType ?? impliedType(fields);
  const trafficClass = { dscp: fields.ipDscp ?? 0, ecn: fields.ipEcn ?? 0 };
  const ttl = fields.ipTtl ?? 64;
  switch (etherType) {
    case EtherType.ipv4:
      return ipv4(
        {
          src: fields.ipv4Src ?? 0,
          dst: fields.ipv4Dst ?? 0,
          ...trafficClass,
          ttl,
          ...ipv4Fragment(fields),
        },
        transport(fields, 4),
      );
    case EtherType.ipv6:
      return ipv6(
        {
          src: fields.ipv6Src ?? 0n,
          dst: fields.ipv6Dst ?? 0n,
          ...trafficClass,
          hopLimit: ttl,
          flowLabel: fields.ipv6Flabel ?? 0,
          extensions: ipv6Fragment(fields),
        },
        transport(fields, 6),
      );
    case EtherType.arp:
      return arp({
        op: fields.arpOp ?? 1,
        sha: fields.arpSha ?? fields.ethSrc ?? 0,
        spa: fields.arpSpa ?? 0,
        tha: fields.arpTha ?? 0,
        tpa: fields.arpTpa ?? 0,
      });
    case EtherType.mpls:
    case EtherType.mplsMulticast:
      return { ...labelled(fields), etherType };
    default:
      return rawPayload(new Uint8Array(46), etherType);
  }
}

/** Offset of a generated later fragment, in units of 8 bytes. */
const LATER = 3;

function ipv4Fragment({ ipFrag = 0 }: Partial<FrameFields>) {
  return ipFrag === 0
    ? {}
    : { moreFragments: true, fragmentOffset: (ipFrag & 2) === 0 ? 0 : LATER };
}

function ipv6Fragment({ ipFrag = 0 }: Partial<FrameFields>): Ipv6Extension[] {
  if (ipFrag === 0) return [];
  return [{ type: "fragment", more: true, offset: (ipFrag & 2) === 0 ? 0 : LATER }];
}

/** The Ethernet type that the other fields imply. */
function impliedType(fields: Partial<FrameFields>): number {
  const has = (...prefixes: string[]) =>
    Object.entries(fields).some(
      ([name, value]) => value !== undefined && prefixes.some((prefix) => name.startsWith(prefix)),
    );
  if (has("ipv6", "icmpv6")) return EtherType.ipv6;
  if (has("ip", "icmpv4", "tcp", "udp", "sctp")) return EtherType.ipv4;
  if (has("arp")) return EtherType.arp;
  return has("mpls") ? EtherType.mpls : EtherType.experimental;
}

function transport(fields: Partial<FrameFields>, family: 4 | 6): IpPayload {
  const protocol = fields.ipProto ?? impliedProtocol(fields);
  switch (protocol) {
    case IpProtocol.tcp:
      return tcp({
        src: fields.tcpSrc ?? 0,
        dst: fields.tcpDst ?? 0,
        flags: fields.tcpFlags ?? ACK,
      });
    case IpProtocol.udp:
      return udp({ src: fields.udpSrc ?? 0, dst: fields.udpDst ?? 0 });
    case IpProtocol.sctp:
      return sctp({ src: fields.sctpSrc ?? 0, dst: fields.sctpDst ?? 0 });
    case IpProtocol.icmp:
      if (family === 6) break;
      return icmp({ type: fields.icmpv4Type ?? 8, code: fields.icmpv4Code ?? 0 });
    case IpProtocol.icmpv6:
      if (family === 4) break;
      return icmpForIpv6(fields);
  }
  return { protocol, bytes: new Uint8Array(8) };
}

function impliedProtocol(fields: Partial<FrameFields>): number {
  const said = (a: unknown, b: unknown) => a !== undefined || b !== undefined;
  if (said(fields.tcpSrc, fields.tcpDst ?? fields.tcpFlags)) return IpProtocol.tcp;
  if (said(fields.udpSrc, fields.udpDst)) return IpProtocol.udp;
  if (said(fields.sctpSrc, fields.sctpDst)) return IpProtocol.sctp;
  if (said(fields.icmpv4Type, fields.icmpv4Code)) return IpProtocol.icmp;
  if (said(fields.icmpv6Type, fields.icmpv6Code)) return IpProtocol.icmpv6;
  return said(fields.ipv6NdTarget, fields.ipv6NdSll ?? fields.ipv6NdTll)
    ? IpProtocol.icmpv6
    : EXPERIMENTAL_PROTOCOL;
}

function icmpForIpv6(fields: Partial<FrameFields>): IpPayload {
  const { icmpv6Code = 0, ipv6NdTarget = 0n, ipv6NdSll, ipv6NdTll } = fields;
  const implied = ipv6NdTll === undefined ? ND_SOLICITATION : ND_ADVERTISEMENT;
  const isDiscovery = ipv6NdTarget !== 0n || ipv6NdSll !== undefined || ipv6NdTll !== undefined;
  const type = fields.icmpv6Type ?? (isDiscovery ? implied : 128);
  if (icmpv6Code === 0 && type === ND_SOLICITATION) {
    return neighbourSolicitation(ipv6NdTarget, ipv6NdSll);
  }
  if (icmpv6Code === 0 && type === ND_ADVERTISEMENT) {
    return neighbourAdvertisement(ipv6NdTarget, ipv6NdTll);
  }
  return icmpv6({ type, code: icmpv6Code });
}

function labelled({ mplsLabel = 0, mplsTc = 0, mplsBos = 1 }: Partial<FrameFields>) {
  const top = { label: mplsLabel, tc: mplsTc };
  return mpls(mplsBos === 1 ? [top] : [top, { label: 0 }], new Uint8Array(40));
}
