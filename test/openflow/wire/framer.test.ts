// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { DecodeError, Framer } from "../../../src/openflow/index.ts";
import { fromHex, toHex } from "../vectors/vector.ts";

describe("the framer", () => {
  test("accepts one byte at a time", () => {
    const framer = new Framer();
    const bytes = fromHex("0500000800000001 0502000c00000002aabbccdd");
    const got = [...bytes].flatMap((byte) => framer.push(new Uint8Array([byte])));
    expect(got.map(toHex)).toEqual(["0500000800000001", "0502000c00000002aabbccdd"]);
  });

  test("accepts hellos of any version", () => {
    expect(new Framer().push(fromHex("0100000800000001 0600000800000002"))).toHaveLength(2);
  });

  test.each([
    ["a length under 8", "0500000700000000", "bad-length", 2],
    ["version 0, as in a line of text that is no OpenFlow", "00474554202f", undefined, 0],
    ["version 0", "0000000800000000", "bad-version", 0],
  ])("%s", (_, hex, code, offset) => {
    const push = () => new Framer().push(fromHex(hex));
    // Six bytes are not yet a header.
    if (code === undefined) expect(push()).toEqual([]);
    else expect(push).toThrow(expect.objectContaining({ code, offset }));
  });

  test("reports the offset of malformed data in the stream", () => {
    const framer = new Framer();
    framer.push(fromHex("0500000800000001 0500"));
    expect(() => framer.push(fromHex("0004 00000001"))).toThrow(
      expect.objectContaining({ code: "bad-length", offset: 10 }),
    );
  });

  test("refuses messages longer than its limit", () => {
    const framer = new Framer({ maxMessageBytes: 100 });
    expect(() => framer.push(fromHex("0502006500000000"))).toThrow(DecodeError);
    expect(new Framer({ maxMessageBytes: 101 }).push(fromHex("0502006500000000"))).toEqual([]);
  });

  test("holds at most one message", () => {
    const framer = new Framer();
    framer.push(fromHex("0502ffff00000000"));
    for (let n = 0; n < 30; n++) framer.push(new Uint8Array(2000));
    expect(framer.heldBytes).toBe(60_008);
    expect(framer.push(new Uint8Array(10_000).fill(5).subarray(0, 5527))).toHaveLength(1);
    expect(framer.heldBytes).toBe(0);
  });
});
