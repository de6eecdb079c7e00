// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  DecodeError,
  decodeMessage,
  decodeMessageInterpreted,
  encodeMessage,
  encodeMessageInterpreted,
  Framer,
} from "../../src/openflow/index.ts";
import { MESSAGES, type MessageType } from "../../src/openflow/messages/index.ts";
import { anyMessage, messageOfType } from "./arbitrary.ts";
import { toHex } from "./vectors/vector.ts";

const TYPES = Object.keys(MESSAGES) as MessageType[];

describe("every message", () => {
  test.each(TYPES)("%s comes back as it was", (type) => {
    fc.assert(
      fc.property(messageOfType(type), (message) => {
        const bytes = encodeMessage(message);
        const decoded = decodeMessage(bytes);
        expect(decoded).toEqual(message);
        expect(toHex(encodeMessage(decoded))).toBe(toHex(bytes));
      }),
      { numRuns: 60 },
    );
  });

  test("the compiled and the interpreted codec agree", () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const bytes = encodeMessage(message);
        expect(toHex(encodeMessageInterpreted(message))).toBe(toHex(bytes));
        expect(decodeMessageInterpreted(bytes)).toEqual(decodeMessage(bytes));
      }),
      { numRuns: 500 },
    );
  });
});

/** The result of decoding: a value, or an error with its place. */
function outcome(decode: () => unknown): unknown {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { code: error.code, offset: error.offset, path: error.path };
  }
}

test("malformed bytes cause the same DecodeError in both forms", () => {
  const mutated = fc
    .tuple(
      anyMessage.map(encodeMessage),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
    )
    .map(([bytes, edits]) => {
      const copy = bytes.slice();
      for (const [at, value] of edits)
        if (copy.length > 4) copy[4 + (at % (copy.length - 4))] = value;
      return copy;
    });
  fc.assert(
    fc.property(mutated, (bytes) => {
      const compiled = outcome(() => decodeMessage(bytes));
      expect(outcome(() => decodeMessageInterpreted(bytes))).toEqual(compiled);
    }),
    { numRuns: 1500 },
  );
});

test("so do arbitrary bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(34), (body, type) => {
      const bytes = new Uint8Array([5, type, 0, 8 + body.length, 0, 0, 0, 0, ...body]);
      outcome(() => decodeMessage(bytes));
      outcome(() => decodeMessage(body));
    }),
    { numRuns: 3000 },
  );
});

test("any chunking of the stream gives the same messages", () => {
  fc.assert(
    fc.property(fc.array(anyMessage, { maxLength: 8 }), fc.array(fc.nat(300)), (messages, cuts) => {
      const frames = messages.map((message) => encodeMessage(message));
      const stream = new Uint8Array(Buffer.concat(frames));
      const framer = new Framer();
      const got: Uint8Array[] = [];
      let at = 0;
      for (const cut of [...cuts, stream.length]) {
        got.push(...framer.push(stream.slice(at, at + cut)));
        at += cut;
      }
      expect(got.map(toHex)).toEqual(frames.map(toHex));
      expect(framer.heldBytes).toBe(0);
    }),
    { numRuns: 200 },
  );
});
