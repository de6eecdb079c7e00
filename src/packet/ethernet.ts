// SPDX-License-Identifier: Apache-2.0
import { type Ipv4Input, ipv4Number, type MacInput, macNumber } from "./addresses.ts";
import { bigEndian, concatBytes } from "./bytes.ts";
import { EtherType } from "./numbers.ts";

/** Payload of an Ethernet frame. */
export interface EthernetPayload {
  readonly etherType: number;
  readonly bytes: Uint8Array;
}

/** A VLAN tag; default `tpid`: 802.1Q (0x8100). */
export interface VlanTag {
  readonly vid: number;
  readonly pcp?: number;
  readonly dei?: boolean;
  readonly tpid?: number;
}

/** An Ethernet header; tags from the outermost inward. */
export interface EthernetHeader {
  readonly dst: MacInput;
  readonly src: MacInput;
  readonly tags?: readonly VlanTag[];
}

/** An Ethernet frame without padding and frame check sequence, as switches send it in packet-ins. */
export function ethernet(header: EthernetHeader, payload: EthernetPayload): Uint8Array {
  const tags = (header.tags ?? []).map(({ vid, pcp = 0, dei = false, tpid = EtherType.vlan }) =>
    concatBytes(bigEndian(tpid, 2), bigEndian((pcp << 13) | (Number(dei) << 12) | vid, 2)),
  );
  return concatBytes(
    bigEndian(macNumber(header.dst), 6),
    bigEndian(macNumber(header.src), 6),
    ...tags,
    bigEndian(payload.etherType, 2),
    payload.bytes,
  );
}

/** Bytes under an Ethernet type without meaning. */
export function rawPayload(
  bytes: Uint8Array,
  etherType: number = EtherType.experimental,
): EthernetPayload {
  return { etherType, bytes };
}

/** An ARP message for IPv4 over Ethernet (RFC 826). `op`: 1 request (default), 2 reply. */
export interface ArpMessage {
  readonly op?: number;
  readonly sha: MacInput;
  readonly spa: Ipv4Input;
  /** Default: zero, as in a request. */
  readonly tha?: MacInput;
  readonly tpa: Ipv4Input;
}

export function arp({ op = 1, sha, spa, tha = 0, tpa }: ArpMessage): EthernetPayload {
  const bytes = concatBytes(
    Uint8Array.of(0, 1, 8, 0, 6, 4),
    bigEndian(op, 2),
    bigEndian(macNumber(sha), 6),
    bigEndian(ipv4Number(spa), 4),
    bigEndian(macNumber(tha), 6),
    bigEndian(ipv4Number(tpa), 4),
  );
  return { etherType: EtherType.arp, bytes };
}

/**
 * A reverse ARP request (RFC 903) as hypervisors send it for a VM that has just moved: every bridge
 * learns the new place of the MAC address.
 */
export function rarp(mac: MacInput): EthernetPayload {
  const { bytes } = arp({ op: 3, sha: mac, spa: 0, tha: mac, tpa: 0 });
  return { etherType: EtherType.rarp, bytes };
}

/** One label of an MPLS stack (RFC 3032). */
export interface MplsLabel {
  readonly label: number;
  readonly tc?: number;
  readonly ttl?: number;
}

/** A label stack, top first, in front of a payload whose type it hides. */
export function mpls(labels: readonly MplsLabel[], payload: Uint8Array): EthernetPayload {
  const entries = labels.map(({ label, tc = 0, ttl = 64 }, index) => {
    const bottom = index === labels.length - 1 ? 1 : 0;
    return bigEndian(label * 0x1000 + ((tc << 9) | (bottom << 8) | ttl), 4);
  });
  return { etherType: EtherType.mpls, bytes: concatBytes(...entries, payload) };
}
