// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import {
  applyActions,
  BundleFailedCode,
  bundleAddMessage,
  DecodeError,
  decodeMessage,
  describeError,
  EncodeError,
  ErrorType,
  echoRequest,
  encodeMessage,
  flowMod,
  GroupModFailedCode,
  groupMod,
  type Message,
  output,
  packetOut,
} from "../../../src/openflow/index.ts";
import { fromHex, toHex } from "../vectors/vector.ts";

function failure(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("malformed bytes name code, offset and path", () => {
  const good = encodeMessage(
    flowMod({ match: { inPort: 1, ethType: 0x0800 }, instructions: [applyActions(output(1))] }),
  );
  const edited = (edit: (bytes: Uint8Array) => void): Uint8Array => {
    const bytes = good.slice();
    edit(bytes);
    return bytes;
  };

  test.each<[string, Uint8Array, Partial<DecodeError>]>([
    ["no header", fromHex("0500"), { code: "truncated", offset: 2, path: "" }],
    ["shorter than it says", good.slice(0, -1), { code: "truncated", offset: 2, path: "length" }],
    ["version 1.3", edited((b) => (b[0] = 4)), { code: "bad-version", offset: 0, path: "version" }],
    ["type 200", edited((b) => (b[1] = 200)), { code: "bad-type", offset: 1, path: "type" }],
    [
      "match longer than the message",
      edited((b) => (b[50] = 9)),
      { code: "bad-length", offset: 52, path: "match" },
    ],
    [
      "field of the wrong length",
      edited((b) => (b[55] = 2)),
      { code: "bad-length", offset: 55, path: "match[0].inPort" },
    ],
    [
      "action of length 0",
      edited((b) => (b[83] = 0)),
      { code: "bad-length", offset: 80, path: "instructions[0].actions[0]" },
    ],
    [
      "fixed part cut off",
      fromHex("0506000c 00000000 00000000"),
      { code: "truncated", offset: 12, path: "datapathId" },
    ],
    [
      "a barrier with a body",
      fromHex("05140009 00000000 00"),
      { code: "trailing-bytes", offset: 8 },
    ],
  ])("%s", (_, bytes, expected) => {
    const error = failure(() => decodeMessage(bytes));
    expect(error).toBeInstanceOf(DecodeError);
    expect(error).toMatchObject(expected);
  });

  test("non-zero padding is accepted and dropped", () => {
    const bytes = edited((b) => (b[70] = 0xff));
    expect(toHex(encodeMessage(decodeMessage(bytes)))).toBe(toHex(good));
  });
});

describe("errors of values that cannot be encoded name the field", () => {
  const flow = flowMod({});
  const any = (value: unknown) => value as Message;

  test.each<[string, Message, Partial<EncodeError>]>([
    ["priority", any({ ...flow, priority: 70_000 }), { code: "out-of-range", path: "priority" }],
    ["negative", any({ ...flow, tableId: -1 }), { code: "out-of-range", path: "tableId" }],
    ["fraction", any({ ...flow, bufferId: 1.5 }), { code: "out-of-range", path: "bufferId" }],
    ["missing", any({ ...flow, outPort: undefined }), { code: "wrong-type", path: "outPort" }],
    ["number for bigint", any({ ...flow, cookie: 1 }), { code: "wrong-type", path: "cookie" }],
    ["bigint", any({ ...flow, cookie: 1n << 64n }), { code: "out-of-range", path: "cookie" }],
    [
      "match field",
      any({ ...flow, match: [{ field: "vlanPcp", value: 8 }] }),
      { code: "out-of-range", path: "match[0].value" },
    ],
    [
      "no such field",
      any({ ...flow, match: [{ field: "nope", value: 8 }] }),
      { code: "unknown-type", path: "match[0].field" },
    ],
    [
      "no such action",
      any({ ...flow, instructions: [{ type: "applyActions", actions: [{ type: "nope" }] }] }),
      { code: "unknown-type", path: "instructions[0].actions[0].type" },
    ],
    ["no such message", any({ ...flow, type: "nope" }), { code: "unknown-type", path: "type" }],
    ["other version", any({ ...flow, version: 4 }), { code: "out-of-range", path: "version" }],
    ["no object", any(null), { code: "wrong-type", path: "" }],
    ["no array", any({ ...flow, instructions: "x" }), { code: "wrong-type", path: "instructions" }],
    [
      "too much data",
      packetOut({ data: new Uint8Array(65_600) }),
      { code: "too-long", path: "data" },
    ],
    [
      "too many actions",
      packetOut({ actions: new Array(5000).fill(output(1)) }),
      { code: "too-long", path: "actions[4094].port" },
    ],
    [
      "inside a bundle",
      bundleAddMessage(groupMod({ groupId: 2 ** 32 })),
      { code: "out-of-range", path: "message.groupId" },
    ],
  ])("%s", (_, message, expected) => {
    const error = failure(() => encodeMessage(message));
    expect(error).toBeInstanceOf(EncodeError);
    expect(error).toMatchObject(expected);
    // The failed message leaves no bytes behind.
    expect(toHex(encodeMessage(echoRequest({ xid: 9 })))).toBe("0502000800000009");
  });

  test("a message of maximum length is encoded", () => {
    expect(encodeMessage(echoRequest({ data: new Uint8Array(65_527) }))).toHaveLength(65_535);
    expect(
      failure(() => encodeMessage(echoRequest({ data: new Uint8Array(65_528) }))),
    ).toMatchObject({
      code: "too-long",
      path: "data",
    });
  });
});

describe("errors of a switch in words", () => {
  test.each([
    [
      ErrorType.GroupModFailed,
      GroupModFailedCode.GROUP_EXISTS,
      "OFPGMFC_GROUP_EXISTS (group mod failed: group exists)",
    ],
    [
      ErrorType.BundleFailed,
      BundleFailedCode.MSG_FAILED,
      "OFPBFC_MSG_FAILED (bundle failed: msg failed)",
    ],
    [ErrorType.GroupModFailed, 999, "unknown code 999 (group mod failed)"],
    [777, 1, "error of unknown type 777, code 1"],
    [ErrorType.Experimenter, 2300, "experimenter error of type 2300"],
  ])("%i/%i", (type, code, words) => expect(describeError(type, code)).toBe(words));
});
