// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseIpv4, parseIpv6, parseMac } from "../../src/openflow/wire/index.ts";

/** A pcap file of Ethernet frames. */
function pcapOf(frames: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(0xffff, 16);
  header.writeUInt32LE(1, 20);
  const records = frames.map((frame) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return Buffer.concat([record, frame]);
  });
  return Buffer.concat([header, ...records]);
}

/** The fields that Open vSwitch extracts from each frame, as printed by `ovs-ofctl parse-pcap`. */
export function ovsFlowLines(frames: readonly Uint8Array[]): string[] {
  const directory = mkdtempSync(join(tmpdir(), "openvtap-pcap-"));
  try {
    const file = join(directory, "frames.pcap");
    writeFileSync(file, pcapOf(frames));
    const text = execFileSync("ovs-ofctl", ["parse-pcap", file], {
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    return text.trimEnd().split("\n");
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const ETHER_TYPES: Readonly<Record<string, number>> = {
  ...{ arp: 0x0806, rarp: 0x8035, mpls: 0x8847, mplsm: 0x8848, ip: 0x0800, ipv6: 0x86dd },
  ...{ tcp: 0x0800, udp: 0x0800, sctp: 0x0800, icmp: 0x0800, igmp: 0x0800 },
  ...{ tcp6: 0x86dd, udp6: 0x86dd, sctp6: 0x86dd, icmp6: 0x86dd },
};
const PROTOCOLS: Readonly<Record<string, number>> = {
  ...{ tcp: 6, tcp6: 6, udp: 17, udp6: 17, sctp: 132, sctp6: 132, icmp: 1, icmp6: 58, igmp: 2 },
};
const SAME: Readonly<Record<string, string>> = {
  ...{ dl_dst: "ethDst", dl_src: "ethSrc", dl_type: "ethType", dl_vlan_pcp: "vlanPcp" },
  ...{
    nw_proto: "ipProto",
    nw_ttl: "ipTtl",
    nw_ecn: "ipEcn",
    nw_src: "ipv4Src",
    nw_dst: "ipv4Dst",
  },
  ...{ ipv6_src: "ipv6Src", ipv6_dst: "ipv6Dst", ipv6_label: "ipv6Flabel" },
  ...{
    arp_op: "arpOp",
    arp_spa: "arpSpa",
    arp_tpa: "arpTpa",
    arp_sha: "arpSha",
    arp_tha: "arpTha",
  },
  ...{ mpls_label: "mplsLabel", mpls_tc: "mplsTc", mpls_bos: "mplsBos" },
};

/** An OVS flow line as fields by OXM name: exactly those whose prerequisites the flow meets. */
export function fieldsOfOvsFlow(line: string): Record<string, number | bigint> {
  const words = new Map<string, string | undefined>(
    line.split(",").map((word) => {
      const [key = "", value] = word.split("=");
      return [key, value] as const;
    }),
  );
  const fields: Record<string, number | bigint> = { vlanVid: 0 };
  const kind = [...words.keys()].find(
    (word) => word in ETHER_TYPES && words.get(word) === undefined,
  );
  if (kind) fields.ethType = ETHER_TYPES[kind] ?? 0;
  if (kind && kind in PROTOCOLS) fields.ipProto = PROTOCOLS[kind] ?? 0;
  for (const [key, text] of words) {
    const name = SAME[key];
    if (name && text !== undefined) fields[name] = parseValue(text);
  }
  const vlan = words.get("dl_vlan");
  if (vlan !== undefined) fields.vlanVid = 0x1000 | Number(vlan);
  if (words.has("nw_tos")) fields.ipDscp = Number(words.get("nw_tos")) >> 2;
  const fragment = { no: 0, first: 1, later: 3 }[words.get("nw_frag") ?? "no"];
  const isIp = fields.ethType === 0x0800 || fields.ethType === 0x86dd;
  if (isIp && fragment !== undefined) fields.ipFrag = fragment;
  const [isRarp, isIpv6] = [kind === "rarp", fields.ethType === 0x86dd];
  if (isRarp) for (const key of Object.keys(fields)) if (key.startsWith("arp")) delete fields[key];
  addTransport(fields, words, isIpv6);
  return fields;
}

function addTransport(
  fields: Record<string, number | bigint>,
  words: ReadonlyMap<string, string | undefined>,
  isIpv6: boolean,
): void {
  const number = (key: string) => parseValue(words.get(key) ?? "0");
  const prefix = { 6: "tcp", 17: "udp", 132: "sctp" }[Number(fields.ipProto)];
  if (prefix) {
    fields[`${prefix}Src`] = number("tp_src");
    fields[`${prefix}Dst`] = number("tp_dst");
    if (prefix === "tcp") fields.tcpFlags = flagsOf(words.get("tcp_flags") ?? "0");
  }
  const isIcmp = isIpv6 ? fields.ipProto === 58 : fields.ipProto === 1;
  if (!isIcmp) return;
  const icmp = isIpv6 ? "icmpv6" : "icmpv4";
  fields[`${icmp}Type`] = number("icmp_type");
  fields[`${icmp}Code`] = number("icmp_code");
  if (!words.has("nd_target")) return;
  fields.ipv6NdTarget = parseIpv6(words.get("nd_target") ?? "") ?? 0n;
  if (fields.icmpv6Type === 135) fields.ipv6NdSll = number("nd_sll");
  if (fields.icmpv6Type === 136) fields.ipv6NdTll = number("nd_tll");
}

/** `syn|ack`, `[200]` for a bit without a name, or `0`. */
function flagsOf(text: string): number {
  const names = ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ns"];
  const bits = text.split("|").map((word) => {
    const hex = /^\[([0-9a-f]+)\]$/.exec(word)?.[1];
    if (hex !== undefined) return Number.parseInt(hex, 16);
    return names.includes(word) ? 2 ** names.indexOf(word) : Number(word);
  });
  return bits.reduce((all, bit) => all | bit, 0);
}

function parseValue(text: string): number | bigint {
  return parseMac(text) ?? parseIpv4(text) ?? parseIpv6(text) ?? Number(text);
}
