// SPDX-License-Identifier: Apache-2.0
import { type OxmFieldName, oxmFieldByName } from "../../oxm/fields.ts";
import type { Action } from "../../structures/action.ts";
import { makeField } from "../fields/standard-fields.ts";
import { headerId, type Subfield, wholeField } from "../fields/subfields.ts";
import { prefixMask } from "../values/numbers.ts";

/** The first form of a load names fields by 32 bits, which excludes experimenters' fields. */
function needsSecondForm(field: OxmFieldName): boolean {
  return oxmFieldByName(field).experimenter !== undefined;
}

/** Loads a value into some bits of a field, in the form that `ovs-ofctl` chooses. */
export function loadBits({ field, ofs, nBits }: Subfield, value: bigint): Action {
  if (field.field === "unknown" || !needsSecondForm(field.field)) {
    return { type: "nxRegLoad", range: { ofs, nBits }, dst: field, value };
  }
  const shift = BigInt(ofs);
  const mask = prefixMask(nBits, nBits) << shift;
  return { type: "nxRegLoad2", field: makeField(field.field, value << shift, mask) };
}

/** Maximum number of bits of a load. */
const WIDEST_LOAD = 64;

/**
 * Sets the bits of a mask. OpenFlow 1.4 sets whole fields only: a mask becomes one load for each
 * run of its bits.
 */
export function setBits(name: OxmFieldName, value: bigint, mask: bigint): Action[] {
  const { field } = headerId(name);
  if (needsSecondForm(field)) return [{ type: "nxRegLoad2", field: makeField(field, value, mask) }];
  const made: Action[] = [];
  const { field: dst, nBits: width } = wholeField(name);
  for (let ofs = 0; ofs < width; ofs++) {
    let nBits = 0;
    while (nBits < WIDEST_LOAD && (mask >> BigInt(ofs + nBits)) & 1n) nBits++;
    if (nBits === 0) continue;
    const bits = BigInt.asUintN(nBits, value >> BigInt(ofs));
    made.push({ type: "nxRegLoad", range: { ofs, nBits }, dst, value: bits });
    ofs += nBits - 1;
  }
  return made;
}
