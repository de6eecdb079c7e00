// SPDX-License-Identifier: Apache-2.0
import { OXM_FIELDS, OxmClass, type OxmFieldName, type OxmFieldRow } from "./fields.ts";

/** Bytes of the experimenter id at the start of an experimenter-class field's payload. */
export const EXPERIMENTER_BYTES = 4;

/** A table row with its precomputed wire properties. */
export interface WireRow {
  readonly row: OxmFieldRow;
  readonly name: OxmFieldName;
  /** Bytes of the value. */
  readonly bytes: number;
  readonly wide: boolean;
  /** Largest value of a field of up to 48 bits. */
  readonly max: number;
  /** Largest mask: it may fill the bytes (peers send 0xffff for the 13 bits of a VLAN id). */
  readonly maxMask: number;
  readonly maxWide: bigint;
  /** Whole headers, without and with mask, as signed 32-bit integers (V8 keeps those unboxed). */
  readonly plainHeader: number;
  readonly maskHeader: number;
  /** Bytes before the value. */
  readonly lead: number;
  readonly experimenter: number | undefined;
}

/** Key of a field: class and code as in the header. */
export function keyOf(oxmClass: number, code: number, experimenter: number | undefined): number {
  return experimenter === undefined ? oxmClass * 128 + code : experimenter * 128 + code + 2 ** 40;
}

function wireRow(row: OxmFieldRow): WireRow {
  const header = ((row.class << 16) | (row.code << 9)) >>> 0;
  const id = row.experimenter === undefined ? 0 : EXPERIMENTER_BYTES;
  return {
    row,
    name: row.name,
    bytes: row.bytes,
    wide: row.bits > 48,
    max: 2 ** Math.min(row.bits, 48) - 1,
    maxMask: 2 ** Math.min(8 * row.bytes, 48) - 1,
    maxWide: (1n << BigInt(row.bits)) - 1n,
    plainHeader: (header + id + row.bytes) | 0,
    maskHeader: (header + 256 + id + 2 * row.bytes) | 0,
    lead: 4 + id,
    experimenter: row.experimenter,
  };
}

const WIRE_ROWS = OXM_FIELDS.map(wireRow);

const ROW_BY_NAME = new Map<string, WireRow>(WIRE_ROWS.map((row) => [row.name, row]));

const IN_PORT = ROW_BY_NAME.get("inPort");
const ETH_DST = ROW_BY_NAME.get("ethDst");
const ETH_SRC = ROW_BY_NAME.get("ethSrc");
const ETH_TYPE = ROW_BY_NAME.get("ethType");
const IPV4_SRC = ROW_BY_NAME.get("ipv4Src");
const IPV4_DST = ROW_BY_NAME.get("ipv4Dst");

/**
 * The row of a field. Field names are interned strings, which V8 compares by pointer: this halves the
 * cost of the lookup for the most frequent fields.
 */
export function rowNamed(field: string): WireRow | undefined {
  switch (field) {
    case "inPort":
      return IN_PORT;
    case "ethDst":
      return ETH_DST;
    case "ethSrc":
      return ETH_SRC;
    case "ethType":
      return ETH_TYPE;
    case "ipv4Src":
      return IPV4_SRC;
    case "ipv4Dst":
      return IPV4_DST;
    default:
      return ROW_BY_NAME.get(field);
  }
}

/** Rows by {@link keyOf}. */
export const ROW_BY_KEY = new Map<number, WireRow>(
  WIRE_ROWS.map((entry) => [keyOf(entry.row.class, entry.row.code, entry.experimenter), entry]),
);

// The basic class is by far the most frequent: an array is faster than a map.
const BASIC: (WireRow | undefined)[] = Array.from({ length: 128 }, (_, code) =>
  ROW_BY_KEY.get(keyOf(OxmClass.basic, code, undefined)),
);

/** The row of a field of any class but the experimenter class. */
export function rowOf(oxmClass: number, code: number): WireRow | undefined {
  return oxmClass === OxmClass.basic
    ? BASIC[code]
    : ROW_BY_KEY.get(keyOf(oxmClass, code, undefined));
}
