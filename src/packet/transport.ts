// SPDX-License-Identifier: Apache-2.0
import { type Ipv6Input, ipv6Number, type MacInput, macNumber } from "./addresses.ts";
import { bigEndian, concatBytes, viewOf } from "./bytes.ts";
import { crc32c, internetChecksum } from "./checksum.ts";
import type { IpPayload } from "./ip.ts";
import { IpProtocol } from "./numbers.ts";

const NOTHING = new Uint8Array();

/** Source and destination ports. */
export interface Ports {
  readonly src: number;
  readonly dst: number;
}

/** A TCP header (RFC 9293); `flags` as on the wire with the reserved bits, default ACK. */
export interface TcpHeader extends Ports {
  readonly seq?: number;
  readonly ack?: number;
  readonly flags?: number;
  readonly window?: number;
}

export function tcp(header: TcpHeader, data: Uint8Array = NOTHING): IpPayload {
  const { src, dst, seq = 1, ack = 1, flags = 0x10, window = 0xffff } = header;
  const bytes = concatBytes(
    ...[bigEndian(src, 2), bigEndian(dst, 2), bigEndian(seq, 4), bigEndian(ack, 4)],
    bigEndian(0x5000 | flags, 2),
    ...[bigEndian(window, 2), new Uint8Array(4), data],
  );
  return { protocol: IpProtocol.tcp, bytes, checksumAt: 16 };
}

/** A UDP datagram (RFC 768). */
export function udp({ src, dst }: Ports, data: Uint8Array = NOTHING): IpPayload {
  const lengths = bigEndian(8 + data.length, 2);
  const bytes = concatBytes(bigEndian(src, 2), bigEndian(dst, 2), lengths, new Uint8Array(2), data);
  return { protocol: IpProtocol.udp, bytes, checksumAt: 6 };
}

/** An SCTP packet (RFC 9260) with the given chunks. */
export function sctp({ src, dst }: Ports, chunks: Uint8Array = NOTHING): IpPayload {
  const bytes = concatBytes(bigEndian(src, 2), bigEndian(dst, 2), new Uint8Array(8), chunks);
  viewOf(bytes).setUint32(8, crc32c(bytes), true);
  return { protocol: IpProtocol.sctp, bytes };
}

/** An ICMP message; default: echo request. `rest`: the bytes after the checksum. */
export interface IcmpMessage {
  readonly type?: number;
  readonly code?: number;
  readonly rest?: Uint8Array;
}

/** ICMP for IPv4 (RFC 792). */
export function icmp({ type = 8, code = 0, rest }: IcmpMessage = {}): IpPayload {
  const bytes = concatBytes(Uint8Array.of(type, code, 0, 0), rest ?? new Uint8Array(4));
  viewOf(bytes).setUint16(2, internetChecksum(bytes));
  return { protocol: IpProtocol.icmp, bytes };
}

/** ICMP for IPv6 (RFC 4443). */
export function icmpv6({ type = 128, code = 0, rest }: IcmpMessage = {}): IpPayload {
  const bytes = concatBytes(Uint8Array.of(type, code, 0, 0), rest ?? new Uint8Array(4));
  return { protocol: IpProtocol.icmpv6, bytes, checksumAt: 2 };
}

/** A neighbour solicitation (RFC 4861 §4.3); `sll`: the sender's link-layer address option. */
export function neighbourSolicitation(target: Ipv6Input, sll?: MacInput): IpPayload {
  return neighbourMessage(135, 0, target, sll === undefined ? NOTHING : linkLayerOption(1, sll));
}

/** A solicited neighbour advertisement (RFC 4861 §4.4); `tll`: the target's address option. */
export function neighbourAdvertisement(target: Ipv6Input, tll?: MacInput): IpPayload {
  const flags = 0x60000000;
  return neighbourMessage(
    136,
    flags,
    target,
    tll === undefined ? NOTHING : linkLayerOption(2, tll),
  );
}

/** A router solicitation (RFC 4861 §4.1); `sll`: the sender's link-layer address option. */
export function routerSolicitation(sll?: MacInput): IpPayload {
  const options = sll === undefined ? NOTHING : linkLayerOption(1, sll);
  return icmpv6({ type: 133, rest: concatBytes(new Uint8Array(4), options) });
}

/** A router advertisement without prefixes (RFC 4861 §4.2). */
export function routerAdvertisement(sll?: MacInput): IpPayload {
  const options = sll === undefined ? NOTHING : linkLayerOption(1, sll);
  return icmpv6({ type: 134, rest: concatBytes(new Uint8Array(12), options) });
}

function neighbourMessage(type: number, flags: number, target: Ipv6Input, options: Uint8Array) {
  const rest = concatBytes(bigEndian(flags, 4), bigEndian(ipv6Number(target), 16), options);
  return icmpv6({ type, rest });
}

function linkLayerOption(type: number, mac: MacInput): Uint8Array {
  return concatBytes(Uint8Array.of(type, 1), bigEndian(macNumber(mac), 6));
}
