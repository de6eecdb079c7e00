import {
  badUint,
  badWide,
  checkBytes,
  checkObject,
  checkUint,
  wrongType,
} from "../schema/checks.ts";
import { type Codec, plain } from "../schema/codec.ts";
import { EncodeError, within } from "../wire/errors.ts";
import type { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";
import {
  type NarrowFieldName,
  OXM_FIELDS,
  OxmClass,
  type OxmFieldName,
  type OxmFieldRow,
  type WideFieldName,
} from "./fields.ts";

/** A field of up to 48 bits. */
export interface NarrowOxmField {
  readonly field: NarrowFieldName;
  readonly value: number;
  readonly mask?: number;
}

/** A field of 64 or 128 bits. */
export interface WideOxmField {
  readonly field: WideFieldName;
  readonly value: bigint;
  readonly mask?: bigint;
}

/** A field of a class or code that is not in the table, kept byte for byte. */
export interface UnknownOxmField {
  readonly field: "unknown";
  readonly oxmClass: number;
  /** Field number within the class, 0 to 127. */
  readonly code: number;
  readonly hasMask: boolean;
  /** Value and mask, at most 255 bytes. */
  readonly data: Uint8Array;
}

/** An experimenter's field that is not in the table, kept byte for byte. */
export interface ExperimenterOxmField {
  readonly field: "experimenter";
  readonly experimenter: number;
  readonly code: number;
  readonly hasMask: boolean;
  /** Value and mask, at most 251 bytes. */
  readonly data: Uint8Array;
}

/** A field of the table: a number up to 48 bits, a bigint beyond. */
export type KnownOxmField = NarrowOxmField | WideOxmField;

/** One OXM TLV. @spec OpenFlow 1.4.1 §7.2.3.2 */
export type OxmField = KnownOxmField | UnknownOxmField | ExperimenterOxmField;

const EXPERIMENTER_BYTES = 4;

/** A table row with what the wire needs worked out. */
interface WireRow {
  readonly row: OxmFieldRow;
  readonly name: OxmFieldName;
  readonly bytes: number;
  readonly wide: boolean;
  /** Largest value. */
  readonly max: number;
  readonly maxWide: bigint;
  /** Header without mask flag and length. */
  readonly header: number;
  readonly experimenter: number | undefined;
}

/** Key of a field: class and code as they stand in the header. */
function keyOf(oxmClass: number, code: number, experimenter: number | undefined): number {
  return experimenter === undefined ? oxmClass * 128 + code : experimenter * 128 + code + 2 ** 40;
}

function wireRow(row: OxmFieldRow): WireRow {
  return {
    row,
    name: row.name,
    bytes: row.bytes,
    wide: row.bits > 48,
    max: 2 ** Math.min(row.bits, 48) - 1,
    maxWide: (1n << BigInt(row.bits)) - 1n,
    header: ((row.class << 16) | (row.code << 9)) >>> 0,
    experimenter: row.experimenter,
  };
}

const WIRE_ROWS = OXM_FIELDS.map(wireRow);
const BY_NAME = new Map<string, WireRow>(WIRE_ROWS.map((row) => [row.name, row]));
const BY_KEY = new Map<number, WireRow>(
  WIRE_ROWS.map((entry) => [keyOf(entry.row.class, entry.row.code, entry.experimenter), entry]),
);

// The basic class has most of the traffic: an array is faster than a map there.
const BASIC: (WireRow | undefined)[] = Array.from({ length: 128 }, (_, code) =>
  BY_KEY.get(keyOf(OxmClass.basic, code, undefined)),
);

function lookup(oxmClass: number, code: number): WireRow | undefined {
  return oxmClass === OxmClass.basic ? BASIC[code] : BY_KEY.get(keyOf(oxmClass, code, undefined));
}

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
  const entry = BY_KEY.get(keyOf(oxmClass, code, experimenter));
  if (entry !== undefined) return readKnown(reader, entry, payload, hasMask);
  return { field: "experimenter", experimenter, code, hasMask, data: reader.bytes(payload) };
}

function readOxm(reader: Reader): OxmField {
  const start = reader.take(4);
  const oxmClass = reader.view.getUint16(start);
  const second = reader.view.getUint8(start + 2);
  const length = reader.view.getUint8(start + 3);
  const code = second >> 1;
  const hasMask = (second & 1) === 1;
  if (length > reader.end - reader.pos) {
    throw reader.error(
      "bad-length",
      `field of ${length} bytes runs beyond its structure`,
      start + 3,
    );
  }
  const entry = lookup(oxmClass, code);
  if (entry !== undefined) return readKnown(reader, entry, length, hasMask);
  return readOther(reader, oxmClass, code, hasMask, length);
}

function setNarrow(writer: Writer, pos: number, bytes: number, value: number): void {
  switch (bytes) {
    case 1:
      writer.view.setUint8(pos, value);
      return;
    case 2:
      writer.view.setUint16(pos, value);
      return;
    case 3:
      writer.view.setUint16(pos, value >>> 8);
      writer.view.setUint8(pos + 2, value & 255);
      return;
    case 4:
      writer.view.setUint32(pos, value);
      return;
    default:
      writer.u48At(pos, value);
  }
}

function checkNarrow(entry: WireRow, name: string, value: unknown, max: number): number {
  if (typeof value === "number" && value >= 0 && value <= max && Number.isInteger(value))
    return value;
  if (typeof value !== "number") throw badUint(name, value, entry.bytes);
  const detail = `${entry.name} wants an integer of ${entry.row.bits} bits, got ${value}`;
  throw new EncodeError("out-of-range", name, detail);
}

function checkWideValue(entry: WireRow, name: string, value: unknown): bigint {
  if (typeof value === "bigint" && value >= 0n && value <= entry.maxWide) return value;
  throw badWide(name, value, entry.bytes);
}

function setWide(writer: Writer, pos: number, bytes: number, value: bigint): void {
  if (bytes === 8) writer.view.setBigUint64(pos, value);
  else writer.u128At(pos, value);
}

function writeHeader(writer: Writer, entry: WireRow, hasMask: boolean): number {
  const payload = hasMask ? entry.bytes * 2 : entry.bytes;
  const lead = entry.experimenter === undefined ? 4 : 4 + EXPERIMENTER_BYTES;
  const pos = writer.claim(lead + payload);
  writer.view.setUint32(pos, entry.header + (hasMask ? 256 : 0) + payload + lead - 4);
  if (entry.experimenter !== undefined) writer.view.setUint32(pos + 4, entry.experimenter);
  return pos + lead;
}

function writeKnown(writer: Writer, entry: WireRow, oxm: KnownOxmField): void {
  const { value, mask } = oxm;
  const hasMask = mask !== undefined;
  if (entry.wide) {
    const checked = checkWideValue(entry, "value", value);
    const pos = writeHeader(writer, entry, hasMask);
    setWide(writer, pos, entry.bytes, checked);
    if (hasMask)
      setWide(writer, pos + entry.bytes, entry.bytes, checkWideValue(entry, "mask", mask));
    return;
  }
  const checked = checkNarrow(entry, "value", value, entry.max);
  const pos = writeHeader(writer, entry, hasMask);
  setNarrow(writer, pos, entry.bytes, checked);
  if (!hasMask) return;
  // A mask may fill the field's bytes: peers do send 0xffff for the 13 bits of a VLAN id.
  const maxMask = 2 ** (8 * entry.bytes) - 1;
  setNarrow(writer, pos + entry.bytes, entry.bytes, checkNarrow(entry, "mask", mask, maxMask));
}

function writeOther(writer: Writer, oxm: UnknownOxmField | ExperimenterOxmField): void {
  const data = checkBytes("data", oxm.data);
  const code = checkUint("code", oxm.code, 1);
  if (code > 127) throw new EncodeError("out-of-range", "code", `wants 7 bits, got ${code}`);
  if (typeof oxm.hasMask !== "boolean") throw wrongType("hasMask", "a boolean", oxm.hasMask);
  const isExperimenter = oxm.field === "experimenter";
  const oxmClass = isExperimenter ? OxmClass.experimenter : checkUint("oxmClass", oxm.oxmClass, 2);
  const length = data.length + (isExperimenter ? EXPERIMENTER_BYTES : 0);
  if (length > 255)
    throw new EncodeError("too-long", "data", `takes ${length} bytes, more than 255`);
  const experimenter = isExperimenter ? checkUint("experimenter", oxm.experimenter, 4) : undefined;
  const known = !isExperimenter && oxmClass === OxmClass.experimenter;
  if (known || BY_KEY.has(keyOf(oxmClass, code, experimenter))) {
    throw new EncodeError("out-of-range", "code", "names a known field: give it by its name");
  }
  writer.u16(oxmClass);
  writer.u8((code << 1) | (oxm.hasMask ? 1 : 0));
  writer.u8(length);
  if (experimenter !== undefined) writer.u32(experimenter);
  writer.bytes(data);
}

function writeOxm(writer: Writer, oxm: OxmField): void {
  checkObject(oxm);
  const entry = BY_NAME.get(oxm.field);
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

/** One OXM TLV. */
export const oxmCodec: Codec<OxmField> = plain({ read: readOxm, write: writeOxm });

/** OXM TLVs up to the end of the bounds, in wire order. */
export const oxmListCodec: Codec<readonly OxmField[]> = plain({
  read(reader: Reader) {
    const fields: OxmField[] = [];
    try {
      while (reader.pos < reader.end) fields.push(readOxm(reader));
    } catch (error) {
      throw within(error, `[${fields.length}]`);
    }
    return fields;
  },
  write(writer: Writer, fields: readonly OxmField[]) {
    if (!Array.isArray(fields)) throw wrongType("", "an array of match fields", fields);
    let index = 0;
    try {
      for (; index < fields.length; index++) writeOxm(writer, fields[index] as OxmField);
    } catch (error) {
      throw within(error, `[${index}]`);
    }
  },
});
