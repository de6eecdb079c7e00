// SPDX-License-Identifier: Apache-2.0
import { checkObject, checkUint, wrongType } from "../schema/checks.ts";
import { type Codec, plain } from "../schema/codec.ts";
import { list } from "../schema/list.ts";
import { EncodeError } from "../wire/errors.ts";
import type { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";
import {
  OXM_FIELDS,
  OxmClass,
  type OxmFieldName,
  type OxmFieldRow,
  oxmFieldByName,
} from "./fields.ts";

/** A match field without a value: the header alone. */
export type OxmId =
  | {
      readonly field: OxmFieldName;
      readonly hasMask: boolean;
      /** Payload length in the header, if it differs from that of the field (doubled with a mask). */
      readonly length?: number;
    }
  | {
      readonly field: "unknown";
      readonly oxmClass: number;
      readonly code: number;
      readonly hasMask: boolean;
      readonly length: number;
      /** For the experimenter class. */
      readonly experimenter?: number;
    };

const keyOf = (oxmClass: number, code: number, experimenter: number | undefined) =>
  `${oxmClass}/${code}/${experimenter ?? ""}`;

const BY_KEY = new Map<string, OxmFieldRow>(
  OXM_FIELDS.map((row) => [keyOf(row.class, row.code, row.experimenter), row]),
);

/** Payload length of a field with or without a mask, as in its header. */
function payloadOf(row: OxmFieldRow, hasMask: boolean): number {
  return (hasMask ? row.bytes * 2 : row.bytes) + (row.experimenter === undefined ? 0 : 4);
}

function readOxmId(reader: Reader): OxmId {
  const oxmClass = reader.u16();
  const second = reader.u8();
  const length = reader.u8();
  const code = second >> 1;
  const hasMask = (second & 1) === 1;
  const experimenter = oxmClass === OxmClass.experimenter ? reader.u32() : undefined;
  const row = BY_KEY.get(keyOf(oxmClass, code, experimenter));
  if (row === undefined) {
    const more = experimenter === undefined ? {} : { experimenter };
    return { field: "unknown", oxmClass, code, hasMask, length, ...more };
  }
  const usual = length === payloadOf(row, hasMask);
  return { field: row.name, hasMask, ...(usual ? {} : { length }) };
}

function writeHeader(
  writer: Writer,
  oxmClass: number,
  code: number,
  id: OxmId,
  length: unknown,
): void {
  if (typeof id.hasMask !== "boolean") throw wrongType("hasMask", "a boolean", id.hasMask);
  writer.u16(oxmClass);
  writer.u8((code << 1) | (id.hasMask ? 1 : 0));
  writer.u8(checkUint("length", length, 1));
}

function writeOxmId(writer: Writer, id: OxmId): void {
  checkObject(id);
  if (id.field !== "unknown") {
    const row = oxmFieldByName(id.field as string);
    if (row === undefined)
      throw new EncodeError("unknown-type", "field", `no field ${String(id.field)}`);
    writeHeader(writer, row.class, row.code, id, id.length ?? payloadOf(row, id.hasMask));
    if (row.experimenter !== undefined) writer.u32(row.experimenter);
    return;
  }
  const oxmClass = checkUint("oxmClass", id.oxmClass, 2);
  const code = checkUint("code", id.code, 1);
  if (code > 127) throw new EncodeError("out-of-range", "code", `expected 7 bits, got ${code}`);
  writeHeader(writer, oxmClass, code, id, id.length);
  if (oxmClass === OxmClass.experimenter) writer.u32(checkUint("experimenter", id.experimenter, 4));
}

/** One OXM header without payload. */
export const oxmIdCodec: Codec<OxmId> = plain({ read: readOxmId, write: writeOxmId });

/**
 * One OXM header of 32 bits, for structures without room for more: an experimenter's header has 64 bits
 * and causes a DecodeError or an EncodeError.
 */
export const shortOxmIdCodec: Codec<OxmId> = plain({
  read(reader: Reader): OxmId {
    if (reader.left >= 2 && reader.view.getUint16(reader.pos) === OxmClass.experimenter) {
      throw reader.error("bad-value", "no room for the 64-bit header of an experimenter's field");
    }
    return readOxmId(reader);
  },
  write(writer: Writer, id: OxmId): void {
    checkObject(id);
    const oxmClass = id.field === "unknown" ? id.oxmClass : oxmFieldByName(id.field)?.class;
    if (oxmClass === OxmClass.experimenter) {
      const detail = "expected a field with a 32-bit header, not one of an experimenter";
      throw new EncodeError("out-of-range", "field", detail);
    }
    writeOxmId(writer, id);
  },
});

/** OXM headers up to the end of the bounds. @spec OpenFlow 1.4.1 §7.3.5.5.2.6 */
export const oxmIdsCodec: Codec<readonly OxmId[]> = list(oxmIdCodec);
