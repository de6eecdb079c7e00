// SPDX-License-Identifier: Apache-2.0
import {
  badUint,
  badWide,
  checkBytes,
  checkObject,
  checkUint,
  wrongType,
} from "../schema/checks.ts";
import { EncodeError } from "../wire/errors.ts";
import type { Writer } from "../wire/writer.ts";
import { OxmClass } from "./fields.ts";
import type {
  ExperimenterOxmField,
  KnownOxmField,
  NarrowOxmField,
  OxmField,
  UnknownOxmField,
  WideOxmField,
} from "./oxm-field.ts";
import { EXPERIMENTER_BYTES, keyOf, ROW_BY_KEY, rowNamed, type WireRow } from "./wire-rows.ts";

function setNarrow(view: DataView, pos: number, bytes: number, value: number): void {
  switch (bytes) {
    case 1:
      view.setUint8(pos, value);
      return;
    case 2:
      view.setUint16(pos, value);
      return;
    case 3:
      view.setUint16(pos, value >>> 8);
      view.setUint8(pos + 2, value & 255);
      return;
    case 4:
      view.setUint32(pos, value);
      return;
    default:
      view.setUint16(pos, Math.floor(value / 0x1_0000_0000));
      view.setUint32(pos + 2, value >>> 0);
  }
}

function setWide(writer: Writer, pos: number, bytes: number, value: bigint): void {
  if (bytes === 8) writer.view.setBigUint64(pos, value);
  else writer.u128At(pos, value);
}

function fitsNarrow(value: unknown, max: number): value is number {
  return typeof value === "number" && value >= 0 && value <= max && Math.floor(value) === value;
}

function badNarrow(entry: WireRow, name: string, value: unknown): EncodeError {
  if (typeof value !== "number") return badUint(name, value, entry.bytes);
  const detail = `${entry.name}: expected an integer of ${entry.row.bits} bits, got ${value}`;
  return new EncodeError("out-of-range", name, detail);
}

function checkWideValue(entry: WireRow, name: string, value: unknown): bigint {
  if (typeof value === "bigint" && value >= 0n && value <= entry.maxWide) return value;
  throw badWide(name, value, entry.bytes);
}

/** Reserves a whole TLV, writes its header, and returns the value's position. */
function writeLead(writer: Writer, entry: WireRow, hasMask: boolean): number {
  const payload = hasMask ? entry.bytes * 2 : entry.bytes;
  const pos = writer.claim(entry.lead + payload);
  writer.view.setInt32(pos, hasMask ? entry.maskHeader : entry.plainHeader);
  if (entry.experimenter !== undefined) writer.view.setUint32(pos + 4, entry.experimenter);
  return pos + entry.lead;
}

/** The most frequent case: up to 48 bits without mask. */
function writePlain(writer: Writer, entry: WireRow, value: number): void {
  if (!fitsNarrow(value, entry.max)) throw badNarrow(entry, "value", value);
  const { bytes } = entry;
  const pos = writer.claim(4 + bytes);
  const { view } = writer;
  view.setInt32(pos, entry.plainHeader);
  if (bytes === 4) view.setUint32(pos + 4, value);
  else if (bytes === 2) view.setUint16(pos + 4, value);
  else setNarrow(view, pos + 4, bytes, value);
}

function writeNarrow(writer: Writer, entry: WireRow, oxm: NarrowOxmField): void {
  const { value, mask } = oxm;
  if (mask === undefined && entry.experimenter === undefined) {
    writePlain(writer, entry, value);
    return;
  }
  if (!fitsNarrow(value, entry.max)) throw badNarrow(entry, "value", value);
  if (mask !== undefined && !fitsNarrow(mask, entry.maxMask)) throw badNarrow(entry, "mask", mask);
  const pos = writeLead(writer, entry, mask !== undefined);
  setNarrow(writer.view, pos, entry.bytes, value);
  if (mask !== undefined) setNarrow(writer.view, pos + entry.bytes, entry.bytes, mask);
}

function writeWide(writer: Writer, entry: WireRow, oxm: WideOxmField): void {
  const value = checkWideValue(entry, "value", oxm.value);
  if (oxm.mask === undefined) {
    setWide(writer, writeLead(writer, entry, false), entry.bytes, value);
    return;
  }
  const mask = checkWideValue(entry, "mask", oxm.mask);
  const pos = writeLead(writer, entry, true);
  setWide(writer, pos, entry.bytes, value);
  setWide(writer, pos + entry.bytes, entry.bytes, mask);
}

function writeKnown(writer: Writer, entry: WireRow, oxm: KnownOxmField): void {
  if (entry.wide) writeWide(writer, entry, oxm as WideOxmField);
  else writeNarrow(writer, entry, oxm as NarrowOxmField);
}

function writeOther(writer: Writer, oxm: UnknownOxmField | ExperimenterOxmField): void {
  const data = checkBytes("data", oxm.data);
  const code = checkUint("code", oxm.code, 1);
  if (code > 127) throw new EncodeError("out-of-range", "code", `expected 7 bits, got ${code}`);
  if (typeof oxm.hasMask !== "boolean") throw wrongType("hasMask", "a boolean", oxm.hasMask);
  const isExperimenter = oxm.field === "experimenter";
  const oxmClass = isExperimenter ? OxmClass.experimenter : checkUint("oxmClass", oxm.oxmClass, 2);
  const length = data.length + (isExperimenter ? EXPERIMENTER_BYTES : 0);
  if (length > 255)
    throw new EncodeError("too-long", "data", `takes ${length} bytes, more than 255`);
  const experimenter = isExperimenter ? checkUint("experimenter", oxm.experimenter, 4) : undefined;
  const known = !isExperimenter && oxmClass === OxmClass.experimenter;
  if (known || ROW_BY_KEY.has(keyOf(oxmClass, code, experimenter))) {
    throw new EncodeError("out-of-range", "code", "is the code of a known field: use its name");
  }
  writer.u16(oxmClass);
  writer.u8((code << 1) | (oxm.hasMask ? 1 : 0));
  writer.u8(length);
  if (experimenter !== undefined) writer.u32(experimenter);
  writer.bytes(data);
}

/** Writes one OXM TLV. @spec OpenFlow 1.4.1 §7.2.3.2 */
export function writeOxm(writer: Writer, oxm: OxmField): void {
  checkObject(oxm);
  const entry = rowNamed(oxm.field);
  if (entry !== undefined) {
    writeKnown(writer, entry, oxm as KnownOxmField);
    return;
  }
  if (oxm.field === "unknown" || oxm.field === "experimenter") {
    writeOther(writer, oxm);
    return;
  }
  const name = JSON.stringify((oxm as { field: unknown }).field);
  throw new EncodeError("unknown-type", "field", `there is no match field ${name}`);
}
