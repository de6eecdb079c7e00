// SPDX-License-Identifier: Apache-2.0
import * as packet from "../../src/packet/index.ts";
import type { HostAddresses } from "./hosts.ts";

const BROADCAST = "ff:ff:ff:ff:ff:ff";

interface FrameOptions {
  readonly tags?: readonly packet.VlanTag[];
  readonly data?: string;
}

/** The payload names the frame, so that a failure shows which one is wrong. */
function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text.padEnd(26, "."));
}

function header(
  from: HostAddresses,
  to: HostAddresses,
  { tags = [] }: FrameOptions = {},
): packet.EthernetHeader {
  return { src: from.mac, dst: to.mac, tags };
}

export function udp(
  from: HostAddresses,
  to: HostAddresses,
  ports: packet.Ports,
  options: FrameOptions = {},
) {
  const payload = packet.udp(ports, bytes(options.data ?? "udp"));
  return packet.ethernet(
    header(from, to, options),
    packet.ipv4({ src: from.ip, dst: to.ip }, payload),
  );
}

export function tcp(
  from: HostAddresses,
  to: HostAddresses,
  ports: packet.Ports,
  options: FrameOptions = {},
) {
  const payload = packet.tcp(ports, bytes(options.data ?? "tcp"));
  return packet.ethernet(
    header(from, to, options),
    packet.ipv4({ src: from.ip, dst: to.ip }, payload),
  );
}

export function tcp6(
  from: HostAddresses,
  to: HostAddresses,
  ports: packet.Ports,
  options: FrameOptions = {},
) {
  const payload = packet.tcp(ports, bytes(options.data ?? "tcp6"));
  return packet.ethernet(
    header(from, to, options),
    packet.ipv6({ src: from.ip6, dst: to.ip6 }, payload),
  );
}

export function ping(from: HostAddresses, to: HostAddresses, options: FrameOptions = {}) {
  const payload = packet.icmp({ rest: bytes(options.data ?? "ping") });
  return packet.ethernet(
    header(from, to, options),
    packet.ipv4({ src: from.ip, dst: to.ip }, payload),
  );
}

/** A unicast ARP reply. */
export function arpReply(from: HostAddresses, to: HostAddresses) {
  const message = { op: 2, sha: from.mac, spa: from.ip, tha: to.mac, tpa: to.ip };
  return packet.ethernet(header(from, to), packet.arp(message));
}

/** A gratuitous ARP: a host announces its addresses to all. */
export function gratuitousArp({ mac, ip }: Pick<HostAddresses, "mac" | "ip">) {
  return packet.ethernet({ src: mac, dst: BROADCAST }, packet.arp({ sha: mac, spa: ip, tpa: ip }));
}

/** A broadcast ARP request. */
export function arpRequest(from: HostAddresses, to: HostAddresses) {
  const message = { sha: from.mac, spa: from.ip, tpa: to.ip };
  return packet.ethernet({ src: from.mac, dst: BROADCAST }, packet.arp(message));
}
