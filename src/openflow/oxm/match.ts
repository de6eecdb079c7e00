// SPDX-License-Identifier: Apache-2.0
import { EncodeError } from "../wire/errors.ts";
import {
  isWideField,
  type NarrowFieldName,
  type OxmFieldName,
  type OxmFieldRow,
  oxmFieldByName,
  oxmOrder,
  type WideFieldName,
} from "./fields.ts";
import type { Match } from "./match-codec.ts";
import type { KnownOxmField, OxmField } from "./oxm-field.ts";
import { parseOxmText } from "./oxm-text.ts";

/** Input of {@link match} for a field of up to 48 bits. */
export type NarrowInput = number | string | { readonly value: number; readonly mask?: number };

/** Input of {@link match} for a field of 64 or 128 bits. */
export type WideInput =
  | bigint
  | number
  | string
  | { readonly value: bigint; readonly mask?: bigint };

/** Fields by name; text forms are those of {@link match}. */
export type MatchInput = { readonly [N in NarrowFieldName]?: NarrowInput | undefined } & {
  readonly [N in WideFieldName]?: WideInput | undefined;
};

/** Input forms of a field's value. */
export type FieldInput<N extends OxmFieldName> = N extends WideFieldName ? WideInput : NarrowInput;

function fromInput(row: OxmFieldRow, input: unknown): KnownOxmField {
  const { name } = row;
  if (typeof input === "string") {
    const parsed = parseOxmText(row, input);
    if (parsed === undefined) {
      throw new EncodeError(
        "bad-text",
        name,
        `${JSON.stringify(input)} is not a value of ${row.oxm}`,
      );
    }
    return parsed;
  }
  if (typeof input === "object" && input !== null)
    return { field: name, ...input } as KnownOxmField;
  if (isWideField(name) && typeof input === "number") return { field: name, value: BigInt(input) };
  return { field: name, value: input } as KnownOxmField;
}

/**
 * One match field from a number, a bigint, text (`"10.0.0.0/8"`, `"fa:00:00:00:00:01"`, `"0x800"`,
 * `"value/mask"`) or `{ value, mask }`.
 * @throws EncodeError `bad-text` for text that is not a value of the field
 */
export function oxm<N extends OxmFieldName>(name: N, input: FieldInput<N>): KnownOxmField {
  const row = oxmFieldByName(name as string);
  if (row === undefined) {
    throw new EncodeError("unknown-type", name, `there is no match field ${JSON.stringify(name)}`);
  }
  return fromInput(row, input);
}

/**
 * A match in canonical order from fields by name.
 * @throws EncodeError `bad-text`, `unknown-type`
 */
export function match(fields: MatchInput): Match {
  const given = Object.entries(fields).filter(([, input]) => input !== undefined);
  return canonicalMatch(given.map(([name, input]) => oxm(name as OxmFieldName, input as never)));
}

/** The field with its mask applied; undefined if the mask is zero. */
function canonicalField(field: OxmField): OxmField | undefined {
  if (field.field === "unknown" || field.field === "experimenter" || field.mask === undefined) {
    return field;
  }
  const bits = oxmFieldByName(field.field).bits;
  const full = (1n << BigInt(bits)) - 1n;
  const mask = BigInt(field.mask) & full;
  if (mask === 0n) return undefined;
  const value = BigInt(field.value) & mask;
  if (mask === full) return known(field.field, value);
  return known(field.field, value, mask);
}

function known(field: OxmFieldName, value: bigint, mask?: bigint): KnownOxmField {
  const convert = isWideField(field) ? (n: bigint) => n : Number;
  // An explicit literal in both cases: one object shape keeps the encoder fast.
  if (mask === undefined) return { field, value: convert(value) } as KnownOxmField;
  return { field, value: convert(value), mask: convert(mask) } as KnownOxmField;
}

/** Order of fields that are not in the table: by class, experimenter and code. */
function unknownOrder(field: OxmField): number {
  if (field.field === "unknown") return field.oxmClass * 128 + field.code;
  if (field.field === "experimenter") return 2 ** 32 + field.experimenter * 128 + field.code;
  return 0;
}

/** Quick check whether a match is canonical: known fields, in order, without masks. */
function isPlain(fields: Match): boolean {
  let last = -1;
  for (const field of fields) {
    if (field.field === "unknown" || field.field === "experimenter") return false;
    if (field.mask !== undefined) return false;
    const order = oxmOrder(field.field);
    if (order <= last) return false;
    last = order;
  }
  return true;
}

/**
 * The canonical form of a match: table order, without masks of all ones and fields with masks of all
 * zeros, and with value bits outside the mask cleared.
 */
export function canonicalMatch(fields: Match): Match {
  if (isPlain(fields)) return fields;
  const canonical = fields.map(canonicalField).filter((field) => field !== undefined);
  return canonical.sort(
    (a, b) => oxmOrder(a.field) - oxmOrder(b.field) || unknownOrder(a) - unknownOrder(b),
  );
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fieldKey(field: OxmField): string {
  if (field.field === "unknown") {
    return `unknown:${field.oxmClass}:${field.code}:${field.hasMask}=${hex(field.data)}`;
  }
  if (field.field === "experimenter") {
    return `experimenter:${field.experimenter}:${field.code}:${field.hasMask}=${hex(field.data)}`;
  }
  const mask = field.mask === undefined ? "" : `/${field.mask.toString(16)}`;
  return `${field.field}=${field.value.toString(16)}${mask}`;
}

/** A key that is equal for two matches exactly when they match the same packets. */
export function matchKey(fields: Match): string {
  // One flat string: V8 would keep a concatenated one as a tree, and there is one for every entry.
  return canonicalMatch(fields).map(fieldKey).join();
}
