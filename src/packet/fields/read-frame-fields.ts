// SPDX-License-Identifier: Apache-2.0
import { EtherType } from "../numbers.ts";
import type { FrameFields } from "./frame-fields.ts";
import { FrameReader } from "./frame-reader.ts";
import { parseIpv4Fields, parseIpv6Fields } from "./ip-fields.ts";

/** Ethernet type of frames with a length field. @spec OpenFlow 1.4.1 §7.2.3.7 */
const NO_ETHER_TYPE = 0x05ff;
const FIRST_ETHER_TYPE = 0x0600;

/** How a switch parses frames. */
export interface ReadingOptions {
  /** Number of tags parsed: Open vSwitch's `other_config:vlan-limit`, default 1. */
  readonly vlanLimit?: number;
  /**
   * Whether the ports of a first fragment are read. Open vSwitch by default (OFPC_FRAG_NORMAL) reads
   * those of no fragment.
   */
  readonly fragmentPorts?: boolean;
}

/**
 * The fields of a frame, read as Open vSwitch reads them; undefined for less than an Ethernet header.
 *
 * Rules that may surprise: only the outer tag is parsed; an IPv4 or IPv6 header that contradicts the
 * frame's length has no fields; bytes after the IP length are padding; no fragment has ports (or ICMP
 * types); a later IPv6 fragment has protocol 44; ARP with other than Ethernet and IPv4 addresses has
 * no fields; an ARP operation above 255 is zero.
 */
export function frameFields(
  bytes: Uint8Array,
  { vlanLimit = 1, fragmentPorts = false }: ReadingOptions = {},
): FrameFields | undefined {
  const reader = new FrameReader(bytes);
  if (reader.left < 14) return undefined;
  const fields: FrameFields = {
    ethDst: reader.u48(0),
    ethSrc: reader.u48(6),
    ethType: 0,
    vlanVid: 0,
  };
  reader.skip(12);
  readTags(reader, fields, vlanLimit);
  fields.ethType = readEtherType(reader);
  switch (fields.ethType) {
    case EtherType.ipv4:
      parseIpv4Fields(reader, fields, fragmentPorts);
      break;
    case EtherType.ipv6:
      parseIpv6Fields(reader, fields, fragmentPorts);
      break;
    case EtherType.arp:
    case EtherType.rarp:
      readArp(reader, fields);
      break;
    case EtherType.mpls:
    case EtherType.mplsMulticast:
      readMpls(reader, fields);
      break;
  }
  return fields;
}

function readTags(reader: FrameReader, fields: FrameFields, limit: number): void {
  for (let tags = 0; tags < limit && reader.left >= 6; tags++) {
    const type = reader.u16(0);
    if (type !== EtherType.vlan && type !== EtherType.serviceVlan) return;
    if (tags === 0) {
      const control = reader.u16(2);
      fields.vlanVid = 0x1000 | (control & 0xfff);
      fields.vlanPcp = control >> 13;
    }
    reader.skip(4);
  }
}

function readEtherType(reader: FrameReader): number {
  const type = reader.u16(0);
  reader.skip(2);
  if (type >= FIRST_ETHER_TYPE) return type;
  // A length: only an LLC/SNAP header of organisation zero contains an Ethernet type.
  if (reader.left < 8) return NO_ETHER_TYPE;
  const isSnap = reader.u16(0) === 0xaaaa && reader.u32(2) === 0x03000000;
  if (!isSnap) return NO_ETHER_TYPE;
  const inner = reader.u16(6);
  reader.skip(8);
  return inner >= FIRST_ETHER_TYPE ? inner : NO_ETHER_TYPE;
}

function readArp(reader: FrameReader, fields: FrameFields): void {
  // RARP frames have the same format, but no ARP field can be matched under their type.
  if (fields.ethType !== EtherType.arp) return;
  const isComplete = reader.left >= 28;
  const isIpv4 = isComplete && reader.u32(0) === 0x00010800 && reader.u16(4) === 0x0604;
  const op = isIpv4 ? reader.u16(6) : 0;
  fields.arpOp = op <= 0xff ? op : 0;
  fields.arpSha = isIpv4 ? reader.u48(8) : 0;
  fields.arpSpa = isIpv4 ? reader.u32(14) : 0;
  fields.arpTha = isIpv4 ? reader.u48(18) : 0;
  fields.arpTpa = isIpv4 ? reader.u32(24) : 0;
}

function readMpls(reader: FrameReader, fields: FrameFields): void {
  const entry = reader.left >= 4 ? reader.u32(0) : 0;
  fields.mplsLabel = entry >>> 12;
  fields.mplsTc = (entry >>> 9) & 7;
  fields.mplsBos = (entry >>> 8) & 1;
}
