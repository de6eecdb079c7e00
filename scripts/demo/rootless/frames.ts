// SPDX-License-Identifier: Apache-2.0
import {
  arp,
  ethernet,
  type IpPayload,
  icmp,
  ipv4,
  ipv6,
  tcp,
  udp,
} from "../../../src/packet/index.ts";

/** One end of a conversation. */
export interface End {
  readonly mac: string;
  /** IPv4 or IPv6; both ends of the same family. */
  readonly ip: string;
}

const BROADCAST = "ff:ff:ff:ff:ff:ff";
const PSH_ACK = 0x18;

/** An ARP request for `to`, broadcast by `from`. */
export function arpRequest(from: End, to: End): Uint8Array {
  const message = arp({ sha: from.mac, spa: from.ip, tpa: to.ip });
  return ethernet({ dst: BROADCAST, src: from.mac }, message);
}

/** The answer of `from` to an ARP request of `to`. */
export function arpReply(from: End, to: End): Uint8Array {
  const message = arp({ op: 2, sha: from.mac, spa: from.ip, tha: to.mac, tpa: to.ip });
  return ethernet({ dst: to.mac, src: from.mac }, message);
}

/** An ICMP echo (`type` 8) or echo reply (0) with a payload. */
export function pingFrame(from: End, to: End, type: 8 | 0, sequence: number): Uint8Array {
  const rest = Buffer.alloc(204, "OpenVTAP ");
  rest.writeUInt16BE(7, 0);
  rest.writeUInt16BE(sequence, 2);
  return ip(from, to, icmp({ type, rest }));
}

/** A UDP datagram from a port to a port. */
export function udpFrame(
  from: End,
  to: End,
  [src, dst]: readonly [number, number],
  data: Uint8Array,
) {
  return ip(from, to, udp({ src, dst }, data));
}

/** A TCP segment with some text. */
export function tcpFrame(from: End, to: End, [src, dst]: readonly [number, number], text: string) {
  return ip(from, to, tcp({ src, dst, flags: PSH_ACK }, Buffer.from(text)));
}

function ip(from: End, to: End, payload: IpPayload): Uint8Array {
  const header = { src: from.ip, dst: to.ip };
  const packet = from.ip.includes(":") ? ipv6(header, payload) : ipv4(header, payload);
  return ethernet({ dst: to.mac, src: from.mac }, packet);
}
