// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import {
  formatActions,
  parseActions,
  parseRegisterBit,
  setRegisterBit,
} from "../../../src/openflow/index.ts";

test("a bit of a register is read as ovs-ofctl writes it", () => {
  expect(parseRegisterBit("reg10[27]")).toEqual({ register: 10, bit: 27 });
  expect(parseRegisterBit("reg0[0]")).toEqual({ register: 0, bit: 0 });
  for (const wrong of ["reg16[0]", "reg1[32]", "reg01[0]", "reg1[00]", "reg1", "xreg1[0]", ""]) {
    expect(parseRegisterBit(wrong)).toBeUndefined();
  }
});

test("setting it leaves the other bits", () => {
  const action = setRegisterBit({ register: 10, bit: 27 });
  expect(formatActions([action])).toBe("load:0x1->NXM_NX_REG10[27]");
  expect(parseActions("load:1->NXM_NX_REG10[27]")).toEqual([action]);
});
