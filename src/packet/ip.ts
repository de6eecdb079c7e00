// SPDX-License-Identifier: Apache-2.0
import { type Ipv4Input, type Ipv6Input, ipv4Number, ipv6Number } from "./addresses.ts";
import { bigEndian, concatBytes, viewOf } from "./bytes.ts";
import { internetChecksum } from "./checksum.ts";
import type { EthernetPayload } from "./ethernet.ts";
import { EtherType, IpProtocol } from "./numbers.ts";

/** Payload of an IP packet. */
export interface IpPayload {
  readonly protocol: number;
  readonly bytes: Uint8Array;
  /** Offset of the checksum over pseudo-header and bytes, if there is one. */
  readonly checksumAt?: number;
}

/** An IPv4 header (RFC 791); the rest is zero or computed. */
export interface Ipv4Header {
  readonly src: Ipv4Input;
  readonly dst: Ipv4Input;
  readonly dscp?: number;
  readonly ecn?: number;
  readonly ttl?: number;
  readonly id?: number;
  readonly dontFragment?: boolean;
  readonly moreFragments?: boolean;
  /** In units of 8 bytes. */
  readonly fragmentOffset?: number;
  /** Padded with zeros to a multiple of four bytes. */
  readonly options?: Uint8Array;
}

/** An IPv4 packet with correct checksums. */
export function ipv4(header: Ipv4Header, payload: IpPayload): EthernetPayload {
  const { dscp = 0, ecn = 0, ttl = 64, id = 0, fragmentOffset = 0 } = header;
  const [src, dst] = [bigEndian(ipv4Number(header.src), 4), bigEndian(ipv4Number(header.dst), 4)];
  const options = padTo(4, header.options ?? new Uint8Array());
  const length = 20 + options.length;
  const flags = (header.dontFragment ? 0x4000 : 0) | (header.moreFragments ? 0x2000 : 0);
  const bytes = concatBytes(
    Uint8Array.of(0x40 | (length / 4), (dscp << 2) | ecn),
    bigEndian(length + payload.bytes.length, 2),
    bigEndian(id, 2),
    bigEndian(flags | fragmentOffset, 2),
    Uint8Array.of(ttl, payload.protocol, 0, 0),
    src,
    dst,
    options,
  );
  viewOf(bytes).setUint16(10, internetChecksum(bytes));
  const pseudo = concatBytes(
    ...[src, dst, Uint8Array.of(0, payload.protocol)],
    bigEndian(payload.bytes.length, 2),
  );
  // ICMP for IPv4 does not sum a pseudo-header: its checksum is already set.
  return { etherType: EtherType.ipv4, bytes: concatBytes(bytes, checksummed(payload, pseudo)) };
}

/** An IPv6 extension header, without its next-header byte. */
export type Ipv6Extension =
  | { readonly type: "hopByHop" | "destinationOptions" | "routing"; readonly body?: Uint8Array }
  | { readonly type: "authentication"; readonly body?: Uint8Array }
  | {
      readonly type: "fragment";
      /** In units of 8 bytes. */
      readonly offset?: number;
      readonly more?: boolean;
      readonly id?: number;
    };

/** An IPv6 header (RFC 8200); the rest is zero or computed. */
export interface Ipv6Header {
  readonly src: Ipv6Input;
  readonly dst: Ipv6Input;
  readonly dscp?: number;
  readonly ecn?: number;
  readonly flowLabel?: number;
  readonly hopLimit?: number;
  readonly extensions?: readonly Ipv6Extension[];
}

/** An IPv6 packet with correct checksums. */
export function ipv6(header: Ipv6Header, payload: IpPayload): EthernetPayload {
  const { dscp = 0, ecn = 0, flowLabel = 0, hopLimit = 64, extensions = [] } = header;
  const [src, dst] = [bigEndian(ipv6Number(header.src), 16), bigEndian(ipv6Number(header.dst), 16)];
  const types = [...extensions.map(({ type }) => IpProtocol[type]), payload.protocol];
  const chain = extensions.map((each, index) => extension(each, types[index + 1] ?? 0));
  const pseudo = concatBytes(
    ...[src, dst, bigEndian(payload.bytes.length, 4), bigEndian(payload.protocol, 4)],
  );
  const body = concatBytes(...chain, checksummed(payload, pseudo));
  const bytes = concatBytes(
    bigEndian(0x60000000 + ((dscp << 22) | (ecn << 20)) + flowLabel, 4),
    bigEndian(body.length, 2),
    Uint8Array.of(types[0] ?? 0, hopLimit),
    ...[src, dst, body],
  );
  return { etherType: EtherType.ipv6, bytes };
}

function extension(each: Ipv6Extension, next: number): Uint8Array {
  if (each.type === "fragment") {
    const { offset = 0, more = false, id = 1 } = each;
    const flags = (offset << 3) | Number(more);
    return concatBytes(Uint8Array.of(next, 0), bigEndian(flags, 2), bigEndian(id, 4));
  }
  const bytes = padTo(8, concatBytes(Uint8Array.of(next, 0), each.body ?? new Uint8Array(6)));
  // The authentication header counts 4-byte words minus two, the others 8-byte units minus one.
  bytes[1] = each.type === "authentication" ? bytes.length / 4 - 2 : bytes.length / 8 - 1;
  return bytes;
}

function checksummed({ protocol, bytes, checksumAt }: IpPayload, pseudo: Uint8Array): Uint8Array {
  if (checksumAt === undefined) return bytes;
  const filled = Uint8Array.from(bytes);
  const sum = internetChecksum(pseudo, filled);
  // In UDP, 0 means no checksum, so a sum of 0 is written as 0xffff (RFC 768).
  viewOf(filled).setUint16(checksumAt, protocol === IpProtocol.udp ? sum || 0xffff : sum);
  return filled;
}

function padTo(unit: number, bytes: Uint8Array): Uint8Array {
  return concatBytes(bytes, new Uint8Array((unit - (bytes.length % unit)) % unit));
}
