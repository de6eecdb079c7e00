// SPDX-License-Identifier: Apache-2.0
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { DecodeError } from "../../src/openflow/index.ts";
import { decodeMessage } from "../../src/openflow/messages/codec.ts";
import { attempt } from "./attempt.ts";
import { bombs, mutate, Random } from "./mutations.ts";
import { BY_HAND } from "./vectors/by-hand.ts";
import { foreignVectors, fromHex } from "./vectors/vector.ts";

const corpus = [
  ...BY_HAND.map(({ hex }) => fromHex(hex)),
  ...foreignVectors("os-ken.json").map(({ hex }) => fromHex(hex)),
  ...foreignVectors("ovs.json").map(({ hex }) => fromHex(hex)),
].filter((bytes) => bytes.length < 4096);

test("damaged bytes yield a message or a DecodeError (seed 1)", () => {
  const random = new Random(1);
  let messages = 0;
  for (let n = 0; n < 40_000; n++) if (attempt(mutate(corpus, random))) messages++;
  // Both outcomes occur: some damaged messages still decode, some do not.
  expect(messages).toBeGreaterThan(2000);
  expect(messages).toBeLessThan(38_000);
});

describe("hostile messages of 64 KiB", () => {
  test.each(bombs().map((bytes, index) => [index, bytes] as const))("bomb %i", (_, bytes) => {
    // About 16,000 parts at worst. One attempt takes some milliseconds; quadratic work would take
    // seconds for each, and the time limit of the test would end it.
    for (let n = 0; n < 100; n++) attempt(bytes);
  });
});

test("nesting is bounded", () => {
  const deep = bombs()[0] ?? new Uint8Array();
  try {
    decodeMessage(deep);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError);
    expect(error).toMatchObject({ code: "too-deep" });
  }
});

test("the decoded form of 64 KiB takes a small multiple of that", () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  for (const bytes of bombs().filter(({ length }) => length > 60_000)) {
    collect();
    const before = process.memoryUsage().heapUsed;
    const kept = decoded(bytes);
    collect();
    // An unknown action of 8 bytes becomes an object with a byte string: about 160 bytes.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(32 * 65_536);
    expect(kept).toBeDefined();
  }
});

function decoded(bytes: Uint8Array): unknown {
  try {
    return decodeMessage(bytes);
  } catch (error) {
    return error;
  }
}
