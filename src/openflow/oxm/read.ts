// SPDX-License-Identifier: Apache-2.0
import type { Reader } from "../wire/reader.ts";
import { type NarrowFieldName, OxmClass, type WideFieldName } from "./fields.ts";
import type { KnownOxmField, NarrowOxmField, OxmField, WideOxmField } from "./oxm-field.ts";
import { EXPERIMENTER_BYTES, keyOf, ROW_BY_KEY, rowOf, type WireRow } from "./wire-rows.ts";

function narrowAt(reader: Reader, pos: number, bytes: number): number {
  switch (bytes) {
    case 1:
      return reader.view.getUint8(pos);
    case 2:
      return reader.view.getUint16(pos);
    case 3:
      return reader.view.getUint16(pos) * 256 + reader.view.getUint8(pos + 2);
    case 4:
      return reader.view.getUint32(pos);
    default:
      return reader.u48At(pos);
  }
}

function wideAt(reader: Reader, pos: number, bytes: number): bigint {
  return bytes === 8 ? reader.view.getBigUint64(pos) : reader.u128At(pos);
}

function readNarrow(reader: Reader, entry: WireRow, pos: number, hasMask: boolean): NarrowOxmField {
  const field = entry.name as NarrowFieldName;
  const value = narrowAt(reader, pos, entry.bytes);
  if (value > entry.max) throw badValue(reader, entry, pos);
  if (!hasMask) return { field, value };
  return { field, value, mask: narrowAt(reader, pos + entry.bytes, entry.bytes) };
}

function readWide(reader: Reader, entry: WireRow, pos: number, hasMask: boolean): WideOxmField {
  const field = entry.name as WideFieldName;
  const value = wideAt(reader, pos, entry.bytes);
  if (!hasMask) return { field, value };
  return { field, value, mask: wideAt(reader, pos + entry.bytes, entry.bytes) };
}

function badValue(reader: Reader, entry: WireRow, pos: number) {
  return reader.error("bad-value", `value exceeds ${entry.row.bits} bits`, pos).within(entry.name);
}

function readKnown(
  reader: Reader,
  entry: WireRow,
  length: number,
  hasMask: boolean,
): KnownOxmField {
  if (length !== (hasMask ? entry.bytes * 2 : entry.bytes)) {
    const detail = `payload of ${length} bytes does not fit the field`;
    throw reader.error("bad-length", detail, reader.pos - 1).within(entry.name);
  }
  const pos = reader.take(length);
  return entry.wide
    ? readWide(reader, entry, pos, hasMask)
    : readNarrow(reader, entry, pos, hasMask);
}

function readOther(
  reader: Reader,
  oxmClass: number,
  code: number,
  hasMask: boolean,
  length: number,
): OxmField {
  if (oxmClass !== OxmClass.experimenter) {
    return { field: "unknown", oxmClass, code, hasMask, data: reader.bytes(length) };
  }
  if (length < EXPERIMENTER_BYTES) {
    throw reader.error("bad-length", "no room for the experimenter id", reader.pos - 1);
  }
  const experimenter = reader.u32();
  const payload = length - EXPERIMENTER_BYTES;
  const entry = ROW_BY_KEY.get(keyOf(oxmClass, code, experimenter));
  if (entry !== undefined) return readKnown(reader, entry, payload, hasMask);
  return { field: "experimenter", experimenter, code, hasMask, data: reader.bytes(payload) };
}

/** Reads one OXM TLV. @spec OpenFlow 1.4.1 §7.2.3.2 */
export function readOxm(reader: Reader): OxmField {
  const start = reader.take(4);
  const oxmClass = reader.view.getUint16(start);
  const second = reader.view.getUint8(start + 2);
  const length = reader.view.getUint8(start + 3);
  const code = second >> 1;
  const hasMask = (second & 1) === 1;
  if (length > reader.end - reader.pos) {
    throw reader.error("bad-length", `field of ${length} bytes exceeds its structure`, start + 3);
  }
  const entry = rowOf(oxmClass, code);
  if (entry !== undefined) return readKnown(reader, entry, length, hasMask);
  return readOther(reader, oxmClass, code, hasMask, length);
}
