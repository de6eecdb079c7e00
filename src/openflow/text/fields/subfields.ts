// SPDX-License-Identifier: Apache-2.0
import {
  OXM_FIELDS,
  OxmClass,
  OxmExperimenter,
  type OxmFieldName,
  type OxmFieldRow,
  oxmFieldByName,
} from "../../oxm/fields.ts";
import type { OxmId } from "../../oxm/oxm-id.ts";
import { hex } from "../values/numbers.ts";
import type { Located } from "../values/scanner.ts";
import { badValue, unknownName } from "../values/text-error.ts";
import { FIELDS_BY_TARGET } from "./field-names.ts";
import { nxmTwin } from "./standard-fields.ts";

/** Some bits of a field, as Open vSwitch's own actions name them: `NXM_NX_REG0[0..15]`. */
export interface Subfield {
  readonly field: OxmId;
  readonly ofs: number;
  readonly nBits: number;
}

/** Header names that do not follow from the field's name and class. */
const IRREGULAR: Partial<Record<OxmFieldName, string>> = {
  tunSrc: "NXM_NX_TUN_IPV4_SRC",
  tunDst: "NXM_NX_TUN_IPV4_DST",
  packetType: "OXM_OF_PACKET_TYPE",
  ndReserved: "ERICOXM_OF_ICMPV6_ND_RESERVED",
  ndOptionsType: "ERICOXM_OF_ICMPV6_ND_OPTIONS_TYPE",
};

const CLASS_PREFIXES = new Map<number, string>([
  [OxmClass.nxm0, "NXM_OF_"],
  [OxmClass.nxm1, "NXM_NX_"],
  [OxmClass.basic, "OXM_OF_"],
]);

const EXPERIMENTER_PREFIXES = new Map<number | undefined, string>([
  [OxmExperimenter.onf, "ONFOXM_ET_"],
  [OxmExperimenter.nicira, "NXOXM_ET_"],
  [OxmExperimenter.nsh, "NXOXM_"],
]);

/** The name of a field's header: class and field, `NXM_OF_ETH_SRC`. */
function headerName(row: OxmFieldRow): string {
  const irregular = IRREGULAR[row.name];
  if (irregular !== undefined) return irregular;
  if (row.class === OxmClass.packetRegs) return `OXM_OF_PKT_REG${row.name.slice("xreg".length)}`;
  const prefix = CLASS_PREFIXES.get(row.class) ?? EXPERIMENTER_PREFIXES.get(row.experimenter) ?? "";
  return prefix + row.oxm.replace(/^(nxm|tun(?=_erspan|_gtpu))_/, "").toUpperCase();
}

const BY_HEADER = new Map(OXM_FIELDS.map((row) => [headerName(row), row.name]));

/** Widths in Open vSwitch where they are smaller than on the wire. */
const FEWER_BITS: Partial<Record<OxmFieldName, number>> = { vlanVid: 12, tunFlags: 1 };

function bitsOf(field: OxmFieldName): number {
  return FEWER_BITS[field] ?? oxmFieldByName(field).bits;
}

/** A field as Open vSwitch names it in its own actions: by its older code, if any. */
export function headerId(field: OxmFieldName): OxmId & { readonly field: OxmFieldName } {
  return { field: nxmTwin(field), hasMask: false };
}

/** A whole field. */
export function wholeField(field: OxmFieldName): Subfield {
  const id = headerId(field);
  return { field: id, ofs: 0, nBits: bitsOf(id.field) };
}

function formatUnknownId(id: Extract<OxmId, { readonly field: "unknown" }>): string {
  const vendor = id.experimenter === undefined ? "" : `.${hex(id.experimenter)}`;
  const mask = id.hasMask ? "m" : "";
  return `header.${hex(id.oxmClass)}${vendor}.${id.code}.${id.length}${mask}`;
}

/** `NXM_NX_REG0[0..15]`, `NXM_NX_REG0[3]`; `NXM_NX_REG0[]` for all of it. */
export function formatSubfield({ field, ofs, nBits }: Subfield): string {
  const known = field.field !== "unknown";
  const name = known ? headerName(oxmFieldByName(nxmTwin(field.field))) : formatUnknownId(field);
  if (known && ofs === 0 && nBits === bitsOf(field.field)) return `${name}[]`;
  return nBits === 1 ? `${name}[${ofs}]` : `${name}[${ofs}..${ofs + nBits - 1}]`;
}

function parseUnknownId(name: string): OxmId | undefined {
  const found = /^header\.(0|0x[0-9a-f]+)(?:\.(0x[0-9a-f]+))?\.(\d+)\.(\d+)(m?)$/i.exec(name);
  if (found === null) return undefined;
  const [, oxmClass, vendor, code, length, mask] = found;
  const experimenter = vendor === undefined ? {} : { experimenter: Number(vendor) };
  const header = { oxmClass: Number(oxmClass), code: Number(code), hasMask: mask !== "" };
  return { field: "unknown", ...header, length: Number(length), ...experimenter };
}

/** The field of a name: `eth_src`, `NXM_OF_ETH_SRC`, `OXM_OF_ETH_SRC`. */
export function fieldByHeader(name: string): OxmFieldName | undefined {
  return BY_HEADER.get(name.toUpperCase()) ?? FIELDS_BY_TARGET.get(name.toLowerCase())?.[0]?.field;
}

/** The parts of a subfield before and inside the brackets. */
function splitSubfield(text: Located): { name: string; range: string | undefined } {
  const found = /^([^[\]]*)(?:\[([^[\]]*)\])?$/.exec(text.text);
  const [, name = "", range] = found ?? [];
  if (found !== null) return { name, range };
  throw badValue(text.offset, `${text.text} is not a part of a field`, "write it like reg0[0..15]");
}

/**
 * A field or some of its bits: `reg0`, `reg0[]`, `reg0[3]`, `reg0[0..15]`.
 * @throws TextError
 */
export function parseSubfield(text: Located): Subfield {
  const { name, range } = splitSubfield(text);
  const found = fieldByHeader(name);
  const id = found === undefined ? parseUnknownId(name) : headerId(found);
  if (id === undefined)
    throw unknownName(text.offset, "field", name, [
      ...FIELDS_BY_TARGET.keys(),
      ...BY_HEADER.keys(),
    ]);
  const bits = id.field === "unknown" ? id.length * 8 : bitsOf(id.field);
  if (range === undefined || range === "") return { field: id, ofs: 0, nBits: bits };
  const [, first, last = first] = /^(\d+)(?:\.\.(\d+))?$/.exec(range) ?? [];
  const [start, end] = [Number(first), Number(last)];
  if (first !== undefined && start <= end && end < bits) {
    return { field: id, ofs: start, nBits: end - start + 1 };
  }
  const remedy = `write first..last, at most 0..${bits - 1}`;
  throw badValue(text.offset, `${name} has no bits ${range}`, remedy);
}
