// SPDX-License-Identifier: Apache-2.0
import type { NarrowFieldName, WideFieldName } from "./fields.ts";

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
