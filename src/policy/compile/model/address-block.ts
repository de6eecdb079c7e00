// SPDX-License-Identifier: Apache-2.0
import { type Action, setField } from "../../../openflow/index.ts";
import { type Constraint, constraint } from "../../match-region/region.ts";

/** The side of a frame that an address is on. */
export type Side = "ethSrc" | "ethDst";

/** A MAC address, or sixteen that differ in their last four bits only. */
export interface AddressBlock {
  /** The address, or the first of the sixteen. */
  readonly address: number;
  readonly isSixteen: boolean;
}

const ADDRESS_BITS = 48;
const LAST_BITS = 4;
const FIRST_BITS_MASK = 2 ** ADDRESS_BITS - 2 ** LAST_BITS;

/** The fields as Open vSwitch lists them in a load. */
const LOADED = { ethSrc: "nxmEthSrc", ethDst: "nxmEthDst" } as const;

/**
 * The action that puts an address in the place of another one. Of sixteen addresses it writes the bits that
 * they share: a frame keeps the others, so that one rule serves them all (Open vSwitch only).
 */
export function writeAddress(side: Side, { address, isSixteen }: AddressBlock): Action {
  if (!isSixteen) return setField(side, address);
  return {
    type: "nxRegLoad",
    range: { ofs: LAST_BITS, nBits: ADDRESS_BITS - LAST_BITS },
    dst: { field: LOADED[side], hasMask: false },
    value: BigInt(address / 2 ** LAST_BITS),
  };
}

/** The frames that have such an address. */
export function hasAddress(side: Side, { address, isSixteen }: AddressBlock): Constraint {
  return isSixteen ? constraint(side, address, FIRST_BITS_MASK) : constraint(side, address);
}
