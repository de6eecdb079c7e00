// SPDX-License-Identifier: Apache-2.0
/** What a frame is, for a line of a list and for the names of changed bytes. */

/** A header field: where it is in the frame, and its value as text. */
export interface FrameField {
  readonly name: string;
  readonly start: number;
  /** Bytes. */
  readonly length: number;
  readonly value: string;
}

/** A frame in a line: `10.0.0.1 → 10.0.0.2`, `TCP 49152 → 443 [S]`. */
export interface FrameSummary {
  readonly from: string;
  readonly to: string;
  readonly what: string;
}

const VLAN_TYPES = new Set([0x8100, 0x88a8, 0x9100]);
const MPLS_TYPES = new Set([0x8847, 0x8848]);
const TCP_FLAGS = ["F", "S", "R", "P", "A", "U", "E", "C"];
const ETHER_TYPES: Readonly<Record<number, string>> = {
  2054: "ARP",
  35020: "LLDP",
  35047: "PBB",
  34887: "MPLS",
  34888: "MPLS",
};
const PROTOCOLS: Readonly<Record<number, string>> = {
  1: "ICMP",
  2: "IGMP",
  6: "TCP",
  17: "UDP",
  47: "GRE",
  50: "ESP",
  58: "ICMPv6",
  89: "OSPF",
  132: "SCTP",
};

/** Reads header fields one after the other; stops at the end of the frame. */
class Fields {
  readonly list: FrameField[] = [];
  readonly #frame: Uint8Array;

  constructor(frame: Uint8Array) {
    this.#frame = frame;
  }

  /** Adds a field and returns its bytes; undefined: the frame ends before. */
  add(
    name: string,
    start: number,
    length: number,
    text: (bytes: Uint8Array) => string,
  ): Uint8Array | undefined {
    if (start + length > this.#frame.length) return undefined;
    const bytes = this.#frame.subarray(start, start + length);
    this.list.push({ name, start, length, value: text(bytes) });
    return bytes;
  }

  u16(at: number): number | undefined {
    const high = this.#frame[at];
    const low = this.#frame[at + 1];
    return high === undefined || low === undefined ? undefined : (high << 8) | low;
  }

  byte(at: number): number | undefined {
    return this.#frame[at];
  }
}

const number = (bytes: Uint8Array): string =>
  String(bytes.reduce((value, byte) => value * 256 + byte, 0));
const hex = (bytes: Uint8Array): string =>
  `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
const mac = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(":");
const ipv4 = (bytes: Uint8Array): string => Array.from(bytes).join(".");
const vlanId = (bytes: Uint8Array): string =>
  String((((bytes[0] ?? 0) & 0x0f) << 8) | (bytes[1] ?? 0));

/** An IPv6 address in its shortest form. @spec RFC 5952 §4 */
export function formatIpv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  );
  const runs = [...groups.join(" ").matchAll(/\b0( 0)+\b/g)];
  const longest = runs.reduce<RegExpMatchArray | undefined>(
    (best, run) => (run[0].length > (best?.[0].length ?? 0) ? run : best),
    undefined,
  );
  if (longest?.index === undefined) return groups.join(":");
  const text = groups.join(" ");
  const head = text.slice(0, longest.index).trim().replaceAll(" ", ":");
  const tail = text
    .slice(longest.index + longest[0].length)
    .trim()
    .replaceAll(" ", ":");
  return `${head}::${tail}`;
}

/** The header fields of an Ethernet frame as far as they are known here, in their order; never throws. */
export function fieldsOfFrame(frame: Uint8Array): readonly FrameField[] {
  const fields = new Fields(frame);
  fields.add("Ethernet destination", 0, 6, mac);
  fields.add("Ethernet source", 6, 6, mac);
  let at = 12;
  let type = fields.u16(at);
  while (type !== undefined && VLAN_TYPES.has(type)) {
    fields.add("VLAN tag type", at, 2, hex);
    fields.add("VLAN id", at + 2, 2, vlanId);
    at += 4;
    type = fields.u16(at);
  }
  if (type === undefined) return fields.list;
  fields.add(type < 0x600 ? "Length" : "Ethertype", at, 2, type < 0x600 ? number : hex);
  at += 2;
  if (MPLS_TYPES.has(type)) fields.add("MPLS label entry", at, 4, hex);
  else if (type === 0x0800) ipv4Fields(fields, at);
  else if (type === 0x86dd) ipv6Fields(fields, at);
  else if (type === 0x0806) arpFields(fields, at);
  return fields.list;
}

function ipv4Fields(fields: Fields, at: number): void {
  const headerLength = ((fields.byte(at) ?? 0) & 0x0f) * 4;
  fields.add("IPv4 version and length", at, 1, hex);
  fields.add("IPv4 TOS", at + 1, 1, hex);
  fields.add("IPv4 total length", at + 2, 2, number);
  fields.add("IPv4 identification", at + 4, 2, hex);
  fields.add("IPv4 fragment", at + 6, 2, hex);
  fields.add("IPv4 TTL", at + 8, 1, number);
  const protocol = fields.add("IPv4 protocol", at + 9, 1, number)?.[0];
  fields.add("IPv4 checksum", at + 10, 2, hex);
  fields.add("IPv4 source", at + 12, 4, ipv4);
  fields.add("IPv4 destination", at + 16, 4, ipv4);
  const isFirst = ((fields.u16(at + 6) ?? 0) & 0x1fff) === 0;
  if (isFirst && headerLength >= 20) transportFields(fields, at + headerLength, protocol);
}

function ipv6Fields(fields: Fields, at: number): void {
  fields.add("IPv6 class and flow label", at, 4, hex);
  fields.add("IPv6 payload length", at + 4, 2, number);
  const next = fields.add("IPv6 next header", at + 6, 1, number)?.[0];
  fields.add("IPv6 hop limit", at + 7, 1, number);
  fields.add("IPv6 source", at + 8, 16, formatIpv6);
  fields.add("IPv6 destination", at + 24, 16, formatIpv6);
  transportFields(fields, at + 40, next);
}

function arpFields(fields: Fields, at: number): void {
  fields.add("ARP operation", at + 6, 2, number);
  fields.add("ARP sender MAC", at + 8, 6, mac);
  fields.add("ARP sender IP", at + 14, 4, ipv4);
  fields.add("ARP target MAC", at + 18, 6, mac);
  fields.add("ARP target IP", at + 24, 4, ipv4);
}

function transportFields(fields: Fields, at: number, protocol: number | undefined): void {
  const name = protocol === undefined ? undefined : PROTOCOLS[protocol];
  if (name === "TCP" || name === "UDP" || name === "SCTP") {
    fields.add(`${name} source port`, at, 2, number);
    fields.add(`${name} destination port`, at + 2, 2, number);
    if (name === "TCP") {
      fields.add("TCP flags", at + 13, 1, tcpFlags);
      fields.add("TCP checksum", at + 16, 2, hex);
    }
    if (name === "UDP") fields.add("UDP checksum", at + 6, 2, hex);
  } else if (name === "ICMP" || name === "ICMPv6") {
    fields.add(`${name} type`, at, 1, number);
    fields.add(`${name} code`, at + 1, 1, number);
    fields.add(`${name} checksum`, at + 2, 2, hex);
  }
}

function tcpFlags([flags = 0]: Uint8Array): string {
  return TCP_FLAGS.filter((_, bit) => (flags >> bit) & 1).join("") || "none";
}

/** A frame in a line. */
export function summaryOfFrame(frame: Uint8Array): FrameSummary {
  const fields = fieldsOfFrame(frame);
  const of = (...names: string[]): string | undefined =>
    fields.find(({ name }) => names.includes(name))?.value;
  const tags = fields.filter(({ name }) => name === "VLAN id").map(({ value }) => `VLAN ${value}`);
  const from = of("IPv4 source", "IPv6 source", "ARP sender IP") ?? of("Ethernet source") ?? "–";
  const to =
    of("IPv4 destination", "IPv6 destination", "ARP target IP") ??
    of("Ethernet destination") ??
    "–";
  return { from, to, what: [...tags, protocolText(of)].join(", ") };
}

function protocolText(of: (...names: string[]) => string | undefined): string {
  const type = Number(of("Ethertype") ?? 0);
  if (type === 0x0806) return of("ARP operation") === "1" ? "ARP request" : "ARP reply";
  const protocol = of("IPv4 protocol", "IPv6 next header");
  if (protocol === undefined) {
    return ETHER_TYPES[type] ?? (type === 0 ? "802.3" : `ethertype ${of("Ethertype")}`);
  }
  const name = PROTOCOLS[Number(protocol)] ?? `IP protocol ${protocol}`;
  const [source, destination] = [of(`${name} source port`), of(`${name} destination port`)];
  if (source === undefined || destination === undefined) return name;
  const flags = name === "TCP" ? of("TCP flags") : undefined;
  return `${name} ${source} → ${destination}${flags === undefined ? "" : ` [${flags}]`}`;
}
