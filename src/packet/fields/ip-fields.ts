// SPDX-License-Identifier: Apache-2.0
import { IpProtocol } from "../numbers.ts";
import type { FrameFields } from "./frame-fields.ts";
import type { FrameReader } from "./frame-reader.ts";
import { readTransport, type TransportShown } from "./transport-fields.ts";

/** Whether a packet is a fragment, and if so whether it is the first. */
type Fragment = "none" | "first" | "later";

/** Reads an IPv4 packet's fields; all zero when its header contradicts itself or the frame. */
export function parseIpv4Fields(
  reader: FrameReader,
  fields: FrameFields,
  fragmentPorts: boolean,
): void {
  Object.assign(fields, { ipDscp: 0, ipEcn: 0, ipProto: 0, ipTtl: 0, ipFrag: 0 });
  Object.assign(fields, { ipv4Src: 0, ipv4Dst: 0 });
  if (reader.left < 20) return;
  const headerLength = (reader.u8(0) & 0xf) * 4;
  const totalLength = reader.u16(2);
  if (headerLength < 20 || totalLength < headerLength || totalLength > reader.left) return;

  readTrafficClass(fields, reader.u8(1));
  const offset = reader.u16(6);
  fields.ipTtl = reader.u8(8);
  fields.ipProto = reader.u8(9);
  fields.ipv4Src = reader.u32(12);
  fields.ipv4Dst = reader.u32(16);
  reader.limit(totalLength);
  reader.skip(headerLength);
  const fragment = fragmentOf((offset & 0x1fff) !== 0, (offset & 0x2000) !== 0);
  setFragment(fields, fragment);
  readTransport(reader, fields, shownOf(fragment, fragmentPorts));
}

/**
 * Reads an IPv6 packet's fields; all zero when its header contradicts the frame. If an extension
 * header is truncated, only the addresses are set.
 */
export function parseIpv6Fields(
  reader: FrameReader,
  fields: FrameFields,
  fragmentPorts: boolean,
): void {
  Object.assign(fields, { ipDscp: 0, ipEcn: 0, ipProto: 0, ipTtl: 0, ipFrag: 0 });
  Object.assign(fields, { ipv6Src: 0n, ipv6Dst: 0n, ipv6Flabel: 0 });
  if (reader.left < 40 || reader.u16(4) > reader.left - 40) return;

  const firstWord = reader.u32(0);
  const payloadLength = reader.u16(4);
  const nextHeader = reader.u8(6);
  const hopLimit = reader.u8(7);
  fields.ipv6Src = reader.u128(8);
  fields.ipv6Dst = reader.u128(24);
  reader.skip(40);
  reader.limit(payloadLength);
  const chain = skipExtensions(reader, nextHeader);
  if (!chain) return;
  readTrafficClass(fields, (firstWord >>> 20) & 0xff);
  fields.ipv6Flabel = firstWord & 0xfffff;
  fields.ipProto = chain.protocol;
  fields.ipTtl = hopLimit;
  setFragment(fields, chain.fragment);
  readTransport(reader, fields, shownOf(chain.fragment, fragmentPorts));
}

function readTrafficClass(fields: FrameFields, value: number): void {
  fields.ipDscp = value >> 2;
  fields.ipEcn = value & 3;
}

function fragmentOf(hasOffset: boolean, hasMore: boolean): Fragment {
  if (hasOffset) return "later";
  return hasMore ? "first" : "none";
}

function setFragment(fields: FrameFields, fragment: Fragment): void {
  if (fragment !== "none") fields.ipFrag = fragment === "first" ? 1 : 3;
}

/** Open vSwitch hides the ports of a first fragment, which it has read, but not its TCP flags. */
function shownOf(fragment: Fragment, fragmentPorts: boolean): TransportShown {
  const isFirst = fragment === "first";
  return { ports: fragment === "none" || (isFirst && fragmentPorts), flags: fragment !== "later" };
}

/** Skips the extension headers; undefined when one of them is truncated. */
function skipExtensions(
  reader: FrameReader,
  nextHeader: number,
): { protocol: number; fragment: Fragment } | undefined {
  let protocol = nextHeader;
  let fragment: Fragment = "none";
  while (EXTENSIONS.has(protocol)) {
    if (reader.left < 8) return undefined;
    const next = reader.u8(0);
    if (protocol === IpProtocol.fragment) {
      const offset = reader.u16(2);
      // Any bit set makes it a fragment, including the two reserved bits.
      if (offset !== 0) fragment = offset >= 8 ? "later" : "first";
      reader.skip(8);
      if (fragment === "later") return { protocol, fragment };
    } else if (!reader.skip(extensionLength(protocol, reader.u8(1)))) return undefined;
    protocol = next;
  }
  return { protocol, fragment };
}

/** Bytes of an extension header with this length field. @spec RFC 8200 §4.3, RFC 4302 §2.2 */
function extensionLength(protocol: number, length: number): number {
  return protocol === IpProtocol.authentication ? (length + 2) * 4 : (length + 1) * 8;
}

const EXTENSIONS: ReadonlySet<number> = new Set([
  IpProtocol.hopByHop,
  IpProtocol.routing,
  IpProtocol.fragment,
  IpProtocol.authentication,
  IpProtocol.destinationOptions,
]);
