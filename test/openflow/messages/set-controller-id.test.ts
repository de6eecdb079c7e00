// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { encodeMessage, setControllerId } from "../../../src/openflow/index.ts";

test("the id follows six bytes of zero in a message of Nicira", () => {
  const bytes = Buffer.from(encodeMessage(setControllerId(0x7654)));
  expect(bytes.toString("hex")).toBe("0504001800000000000023200000001400000000" + "00007654");
});
