// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Json, type JsonLimits, JsonStream, OvsdbFormatError } from "../../src/ovsdb/index.ts";
import { propertyRuns } from "../properties.ts";

const LIMITS: JsonLimits = {
  maxBytes: 1_000_000,
  maxDepth: 64,
  maxValues: 10_000,
  maxMembers: 1000,
};

/** What a stream makes of bytes that arrive in chunks of these lengths, repeated. */
function read(bytes: Uint8Array, lengths: readonly number[] = [bytes.length], limits = LIMITS) {
  const stream = new JsonStream(limits);
  const found: Json[] = [];
  let turn = 0;
  for (let at = 0; at < bytes.length; ) {
    const length = lengths[turn++ % lengths.length] ?? 1;
    found.push(...stream.push(bytes.subarray(at, at + length)));
    at += length;
  }
  return found;
}

const utf8 = (text: string) => new TextEncoder().encode(text);

/** Why the stream rejects a text. */
function rejection(text: string | Uint8Array, limits = LIMITS): string {
  try {
    read(typeof text === "string" ? utf8(text) : text, undefined, limits);
    return "nothing";
  } catch (cause) {
    if (cause instanceof OvsdbFormatError) return cause.message;
    throw cause;
  }
}

const jsonObject = fc
  .jsonValue({ maxDepth: 4, depthSize: "medium" })
  .map((value) => JSON.parse(JSON.stringify({ value })) as Json);

describe("a stream of JSON objects", () => {
  test("is read as JSON.parse reads it, wherever the chunks are cut", () => {
    const chunks = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
    const indent = fc.constantFrom(0, 1, "\t");
    fc.assert(
      fc.property(fc.array(jsonObject), chunks, indent, (values, lengths, space) => {
        const text = values.map((value) => JSON.stringify(value, undefined, space)).join(" \n");
        expect(read(utf8(text), lengths)).toEqual(values);
      }),
      { numRuns: propertyRuns(500) },
    );
  });

  test("is read the same one byte at a time", () => {
    const text = '{"a":["\\u00e9\\"é","x😀",-0.5e+3,true,false,null,{}],"":[[]]}{"b":1}';
    expect(read(utf8(text), [1])).toEqual([JSON.parse(text.slice(0, -7)), { b: 1 }]);
  });

  test("keeps a member __proto__ as a member of its own", () => {
    const [found] = read(utf8('{"__proto__":{"x":1}}')) as [object];
    expect(Object.keys(found)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(found)).toBe(Object.prototype);
  });

  test("has the last of several members with one name, as ovsdb-server has", () => {
    expect(read(utf8('{"a":1,"a":2}'))).toEqual([{ a: 2 }]);
  });

  test.each([
    ["GET / HTTP/1.1", "byte 0x47 where a message begins"],
    [Uint8Array.of(0x16, 3, 1), "byte 0x16 where a message begins"],
    ["[1]", "byte 0x5b where a message begins"],
    ['{"a" 1}', "byte 0x31 where a colon is expected"],
    ['{"a":1 2}', "byte 0x32 where a comma or an end is expected"],
    ['{"a":[1}', "byte 0x7d where a comma or an end is expected"],
    ['{"a":[1,]}', "byte 0x5d where a value is expected"],
    ['{"a":1,}', "byte 0x7d where a key is expected"],
    ["{1:1}", "byte 0x31 where a key is expected"],
    ['{"a":01}', '"01" is neither a number nor a literal'],
    ['{"a":nul}', '"nul" is neither a number nor a literal'],
    ['{"a":1e999}', '"1e999" is neither a number nor a literal'],
    [`{"a":${"1".repeat(65)}}`, "a number or literal is too long"],
    ['{"a":"\n"}', "a string has a control character"],
    ['{"a":"\\x"}', "a string has an invalid escape"],
    [Uint8Array.of(...utf8('{"a":"'), 0xff, ...utf8('"}')), "a string is not UTF-8"],
  ])("rejects %s", (text, why) => {
    expect(rejection(text)).toBe(why);
  });

  test("mutated messages give messages or a format error, nothing else", () => {
    const text = '{"id":1,"method":"update","params":["é",{"a":{"b":["set",[-1.5,true,null]]}}]}';
    const edits = fc.array(fc.tuple(fc.nat(text.length), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(edits, (changes) => {
        const bytes = utf8(text);
        for (const [at, value] of changes) bytes[at] = value;
        const why = rejection(bytes);
        let parsed: unknown;
        try {
          parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
        } catch {
          parsed = undefined;
        }
        // What JSON.parse takes is taken, if it is one object.
        if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) {
          expect(why).toBe("nothing");
        }
      }),
      { numRuns: propertyRuns(2000) },
    );
  });
});

describe("limits of a message", () => {
  test("bytes: exactly as many are taken, and counted anew for the next message", () => {
    const message = '{"a":"bcd"}';
    const limits = { ...LIMITS, maxBytes: message.length - 1 };
    // The first byte opens the message.
    expect(rejection(message.repeat(3), limits)).toBe("nothing");
    expect(rejection('{"a":"bcde"}', limits)).toBe("a message exceeds 10 bytes");
  });

  test("bytes of a string that does not end", () => {
    const stream = new JsonStream({ ...LIMITS, maxBytes: 1000 });
    stream.push(utf8('{"a":"'));
    const send = () => {
      for (let sent = 0; sent < 10_000; sent += 100) stream.push(utf8("x".repeat(100)));
    };
    expect(send).toThrow("a message exceeds 1000 bytes");
    expect(stream.pendingBytes).toBeLessThan(1200);
  });

  test("depth", () => {
    const nested = (depth: number) => `{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
    expect(rejection(nested(64))).toBe("nothing");
    expect(rejection(nested(65))).toBe("a message nests deeper than 64");
  });

  test("values, and members of one object", () => {
    const list = (length: number) => `[${"0,".repeat(length - 1)}0]`;
    expect(rejection(`{"a":${list(1000)}}`)).toBe("nothing");
    expect(rejection(`{"a":${list(1001)}}`)).toBe("an object or list has more than 1000 members");
    const lists = Array.from({ length: 11 }, () => list(999)).join();
    expect(rejection(`{"a":[${lists}]}`)).toBe("a message has more than 10000 values");
  });

  test("can be raised while a message arrives", () => {
    const stream = new JsonStream({ ...LIMITS, maxBytes: 10 });
    stream.push(utf8('{"a":"12'));
    stream.limits = LIMITS;
    expect(stream.push(utf8('34567890"}'))).toEqual([{ a: "1234567890" }]);
  });
});
