// SPDX-License-Identifier: Apache-2.0
import { BASIC_FIELDS } from "./basic-fields.ts";
import {
  ENCAPSULATIONS,
  NXM_FORMS,
  ONF_EXTENSIONS,
  OPEN_VSWITCH,
  REGISTERS,
} from "./extension-fields.ts";
import type { OxmRow } from "./field-row.ts";

export { OxmClass, OxmExperimenter, type OxmKind, type Prerequisite } from "./field-row.ts";

/**
 * Every match field, one row each. To add a field, add a row.
 *
 * @spec OpenFlow 1.4.1 §7.2.3.7 (basic class); ovs-fields(7) (Nicira extended match, ONF)
 */
const ROWS = [
  ...BASIC_FIELDS,
  ...ONF_EXTENSIONS,
  ...REGISTERS,
  ...OPEN_VSWITCH,
  ...ENCAPSULATIONS,
  ...NXM_FORMS,
] as const;

type Rows = (typeof ROWS)[number];

/** The name of a match field in code. */
export type OxmFieldName = Rows["name"];

/** Names of the fields of 64 and 128 bits, whose values are bigints. */
export type WideFieldName = Extract<Rows, { readonly bits: 64 | 128 }>["name"];

/** Names of the fields of at most 48 bits, whose values are numbers. */
export type NarrowFieldName = Exclude<OxmFieldName, WideFieldName>;

/** A row of {@link OXM_FIELDS}. */
export type OxmFieldRow = OxmRow<OxmFieldName>;

/** All fields in canonical order: prerequisites before dependent fields. */
export const OXM_FIELDS: readonly OxmFieldRow[] = ROWS;

const BY_NAME = new Map<string, OxmFieldRow>(ROWS.map((entry) => [entry.name, entry]));
const BY_OXM_NAME = new Map<string, OxmFieldRow>(ROWS.map((entry) => [entry.oxm, entry]));
const ORDER = new Map<string, number>(ROWS.map((entry, index) => [entry.name, index]));

/** The field with this `name` in code (`ipv4Src`), if any. */
export function oxmFieldByName(name: OxmFieldName): OxmFieldRow;
export function oxmFieldByName(name: string): OxmFieldRow | undefined;
export function oxmFieldByName(name: string): OxmFieldRow | undefined {
  return BY_NAME.get(name);
}

/** The field with this `name` in the specification (`ipv4_src`), if any. */
export function oxmFieldByOxmName(name: string): OxmFieldRow | undefined {
  return BY_OXM_NAME.get(name);
}

/** Position of a field in canonical order; unknown fields are last. */
export function oxmOrder(name: string): number {
  return ORDER.get(name) ?? ROWS.length;
}

/** Whether a field's values are bigints. */
export function isWideField(name: OxmFieldName): name is WideFieldName {
  return (BY_NAME.get(name)?.bits ?? 0) > 48;
}
