// SPDX-License-Identifier: Apache-2.0
import type { KnownOxmField, OxmField } from "../../oxm/codec.ts";
import { isWideField, type OxmFieldName, oxmFieldByName } from "../../oxm/fields.ts";
import type { Match } from "../../oxm/match-codec.ts";
import { allOnes } from "../values/numbers.ts";

/** A field with its value and mask as bigints, whatever its width. */
export function makeField(field: OxmFieldName, value: bigint, mask?: bigint): KnownOxmField {
  const convert = isWideField(field) ? (n: bigint) => n : Number;
  const exact = mask === undefined || mask === allOnes(oxmFieldByName(field).bits);
  const masked = exact ? {} : { mask: convert(mask) };
  return { field, value: convert(value), ...masked } as KnownOxmField;
}

/** Older codes that mean the same field. */
const TWINS: ReadonlyMap<string, OxmFieldName> = new Map([
  ["nxmEthDst", "ethDst"],
  ["nxmEthSrc", "ethSrc"],
  ["nxmEthType", "ethType"],
  ["nxmIpProto", "ipProto"],
  ["nxmIpSrc", "ipv4Src"],
  ["nxmIpDst", "ipv4Dst"],
  ["nxmTcpSrc", "tcpSrc"],
  ["nxmTcpDst", "tcpDst"],
  ["nxmUdpSrc", "udpSrc"],
  ["nxmUdpDst", "udpDst"],
  ["nxmIcmpType", "icmpv4Type"],
  ["nxmIcmpCode", "icmpv4Code"],
  ["nxmArpOp", "arpOp"],
  ["nxmArpSpa", "arpSpa"],
  ["nxmArpTpa", "arpTpa"],
  ["nxmTunId", "tunnelId"],
  ["nxmArpSha", "arpSha"],
  ["nxmArpTha", "arpTha"],
  ["nxmIpv6Src", "ipv6Src"],
  ["nxmIpv6Dst", "ipv6Dst"],
  ["nxmIcmpv6Type", "icmpv6Type"],
  ["nxmIcmpv6Code", "icmpv6Code"],
  ["nxmNdTarget", "ipv6NdTarget"],
  ["nxmNdSll", "ipv6NdSll"],
  ["nxmNdTll", "ipv6NdTll"],
  ["nxmIpv6Label", "ipv6Flabel"],
  ["nxmIpEcn", "ipEcn"],
  ["nxmTcpFlags", "tcpFlags"],
]);

const BACK = new Map([...TWINS].map(([older, standard]) => [standard, older as OxmFieldName]));

/**
 * The older code of a field, if any: Open vSwitch's own actions name fields by it.
 * (in_port is 16 bits wide there.)
 */
export function nxmTwin(field: OxmFieldName): OxmFieldName {
  return BACK.get(field) ?? field;
}

const REGISTER_BITS = 32n;

/** A register of 64 or 128 bits as its 32-bit registers, highest first. */
function splitRegister(field: KnownOxmField, parts: number): KnownOxmField[] {
  const first = Number(/\d+$/.exec(field.field)?.[0]) * parts;
  const value = BigInt(field.value);
  const mask = field.mask === undefined ? allOnes(parts * 32) : BigInt(field.mask);
  return Array.from({ length: parts }, (_, index) => {
    const shift = REGISTER_BITS * BigInt(parts - 1 - index);
    const name = `reg${first + index}` as OxmFieldName;
    return makeField(name, (value >> shift) & 0xffff_ffffn, (mask >> shift) & 0xffff_ffffn);
  }).filter((part) => part.mask !== 0);
}

function vlanTci(field: KnownOxmField): KnownOxmField[] {
  const value = Number(field.value);
  const mask = Number(field.mask ?? 0xffff);
  const vid = makeField("vlanVid", BigInt(value & mask & 0x1fff), BigInt(mask & 0x1fff));
  const pcp = makeField("vlanPcp", BigInt((value & mask) >>> 13));
  return mask & 0xe000 && value !== 0 ? [vid, pcp] : [vid];
}

const RESERVED_SINCE_1_1 = 0xffff0000;

/** A field under its code in the specification. */
export function renamed(field: KnownOxmField): KnownOxmField {
  const twin = TWINS.get(field.field);
  return twin === undefined ? field : ({ ...field, field: twin } as KnownOxmField);
}

/** One field as the equivalent fields of OpenFlow 1.4. */
export function standardField(field: OxmField): OxmField[] {
  if (field.field === "unknown" || field.field === "experimenter") return [field];
  const { field: name } = field;
  if (TWINS.has(name)) return [renamed(field)];
  if (name.startsWith("xreg")) return splitRegister(field, 2);
  if (name.startsWith("xxreg")) return splitRegister(field, 4);
  if (name === "nxmVlanTci") return vlanTci(field);
  if (name === "nxmIpTos") return [makeField("ipDscp", BigInt(field.value) >> 2n)];
  if (name !== "nxmInPort") return [field];
  const value = Number(field.value);
  return [makeField("inPort", BigInt(value >= 0xfff8 ? value + RESERVED_SINCE_1_1 : value))];
}

/** A match without the older and wider forms of its fields. */
export function standardMatch(fields: Match): Match {
  return fields.flatMap(standardField);
}
