// SPDX-License-Identifier: Apache-2.0
import type { NarrowFieldName } from "../oxm/fields.ts";
import type { Action } from "../structures/action.ts";

/** A bit of a 32-bit register of Open vSwitch, written `reg10[27]`. */
export interface RegisterBit {
  /** 0 to 15. */
  readonly register: number;
  /** 0 (the lowest) to 31. */
  readonly bit: number;
}

const WRITTEN = /^reg(1[0-5]|[0-9])\[(3[01]|[12]?[0-9])\]$/;

/** Reads a bit as `ovs-ofctl` writes it; undefined for anything else. @spec ovs-fields(7), registers */
export function parseRegisterBit(text: string): RegisterBit | undefined {
  const [, register, bit] = WRITTEN.exec(text) ?? [];
  if (register === undefined || bit === undefined) return undefined;
  return { register: Number(register), bit: Number(bit) };
}

/** The name of the register in a match. */
export function registerName({ register }: RegisterBit): RegisterName {
  return `reg${register}` as RegisterName;
}

type RegisterName = Extract<NarrowFieldName, `reg${number}`>;

/** Sets a bit of a register, and leaves the others. */
export function setRegisterBit(bit: RegisterBit): Action & { readonly type: "nxRegLoad" } {
  return {
    type: "nxRegLoad",
    range: { ofs: bit.bit, nBits: 1 },
    dst: { field: registerName(bit), hasMask: false },
    value: 1n,
  };
}
