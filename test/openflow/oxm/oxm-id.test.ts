// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import {
  type Action,
  DecodeError,
  decodeMessage,
  EncodeError,
  encodeMessage,
  type OxmId,
} from "../../../src/openflow/index.ts";

const range = { ofs: 0, nBits: 8 };
const field: OxmId = { field: "nshTtl", hasMask: false };

const packetOut = (action: Action) =>
  encodeMessage({
    type: "packetOut",
    version: 5,
    xid: 0,
    bufferId: 0xffffffff,
    inPort: 0xffffffff,
    actions: [action],
    data: new Uint8Array(),
  });

/** Actions of Open vSwitch that name a field in 32 bits, too few for an experimenter's field. */
const SHORT: readonly Action[] = [
  { type: "nxRegLoad", range, dst: field, value: 1n },
  { type: "nxOutputReg", range, src: field, maxLen: 0 },
  {
    type: "nxMultipath",
    fields: 0,
    basis: 0,
    algorithm: 0,
    maxLink: 1,
    arg: 0,
    range,
    dst: field,
  },
  {
    type: "nxCt",
    flags: 0,
    zone: { type: "field", field, range },
    recircTable: 255,
    alg: 0,
    actions: [],
  },
  {
    type: "nxLearn",
    idleTimeout: 0,
    hardTimeout: 0,
    priority: 1,
    cookie: 0n,
    flags: 0,
    tableId: 1,
    finIdleTimeout: 0,
    finHardTimeout: 0,
    specs: [{ nBits: 8, src: { type: "field", field, ofs: 0 }, dst: { type: "output" } }],
  },
];

test.each(SHORT)("$type has no room for the field of an experimenter", (action) => {
  expect(() => packetOut(action)).toThrow(EncodeError);
  expect(() => packetOut(action)).toThrow("expected a field with a 32-bit header");
});

test("bytes that name an experimenter's field in 32 bits are not a message", () => {
  const bytes = packetOut({
    type: "nxRegLoad",
    range,
    dst: { field: "unknown", oxmClass: 0x7fff, code: 10, hasMask: false, length: 5 },
    value: 1n,
  });
  const at = Buffer.from(bytes).indexOf(Buffer.from([0x7f, 0xff]));
  bytes[at] = 0xff;
  expect(() => decodeMessage(bytes)).toThrow(DecodeError);
  expect(() => decodeMessage(bytes)).toThrow(
    "no room for the 64-bit header of an experimenter's field",
  );
});

test("actions with room for 64 bits accept both", () => {
  const action: Action = { type: "nxOutputReg2", range, maxLen: 0, src: field };
  const message = decodeMessage(packetOut(action));
  expect(message).toMatchObject({ actions: [action] });
});
