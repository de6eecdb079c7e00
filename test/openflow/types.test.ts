// SPDX-License-Identifier: Apache-2.0
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  type Action,
  type Band,
  type Bucket,
  barrierRequest,
  DecodeError,
  type DecodeErrorCode,
  decodeMessage,
  EncodeError,
  type EncodeErrorCode,
  encodeMessage,
  type FlowEntry,
  Framer,
  type Instruction,
  joinMultipart,
  type Match,
  type Message,
  type MessageOf,
  type MessageType,
  type MultipartAssembler,
  type MultipartReplyBody,
  type MultipartRequestBody,
  match,
  type NarrowOxmField,
  setField,
  type WideOxmField,
} from "../../src/openflow/index.ts";

/*
 * The types of `openvtap/openflow` are part of its interface. These assertions hold at compile time:
 * `npm run check:types` fails when one of the types changes.
 */

type Reply<T extends MultipartReplyBody["type"]> = Extract<MultipartReplyBody, { type: T }>;

describe("functions of the codec", () => {
  test("take and return messages and bytes", () => {
    expectTypeOf(decodeMessage).toEqualTypeOf<(bytes: Uint8Array) => Message>();
    expectTypeOf(encodeMessage).toEqualTypeOf<(message: Message) => Uint8Array>();
    expectTypeOf<Framer["push"]>().toEqualTypeOf<(chunk: Uint8Array) => Uint8Array[]>();
    expectTypeOf(Framer).toBeConstructibleWith({ maxMessageBytes: 1024 });
    expect(decodeMessage(encodeMessage(barrierRequest({ xid: 1 }))).type).toBe("barrierRequest");
  });

  test("refuse what is no message", () => {
    // @ts-expect-error there is no such message type
    expect(() => encodeMessage({ version: 5, type: "flowmod", xid: 1 })).toThrow(EncodeError);
    // @ts-expect-error an echo has data
    expect(() => encodeMessage({ version: 5, type: "echoRequest", xid: 1 })).toThrow(EncodeError);
  });

  test("join multipart replies without losing their type", () => {
    expectTypeOf(joinMultipart<MessageOf<"multipartReply">>).returns.toEqualTypeOf<
      MessageOf<"multipartReply">
    >();
    expectTypeOf<MultipartAssembler["push"]>().returns.toEqualTypeOf<
      MessageOf<"multipartReply"> | undefined
    >();
  });
});

describe("Message", () => {
  test("is discriminated by `type`, which every message has", () => {
    expectTypeOf<Message["type"]>().toEqualTypeOf<MessageType>();
    expectTypeOf<Extract<Message, { type: "packetIn" }>>().toEqualTypeOf<MessageOf<"packetIn">>();
    expectTypeOf<MessageType>().toEqualTypeOf<
      | "hello"
      | "error"
      | "echoRequest"
      | "echoReply"
      | "experimenter"
      | "featuresRequest"
      | "featuresReply"
      | "getConfigRequest"
      | "getConfigReply"
      | "setConfig"
      | "packetIn"
      | "flowRemoved"
      | "portStatus"
      | "packetOut"
      | "flowMod"
      | "groupMod"
      | "portMod"
      | "tableMod"
      | "multipartRequest"
      | "multipartReply"
      | "barrierRequest"
      | "barrierReply"
      | "roleRequest"
      | "roleReply"
      | "getAsyncRequest"
      | "getAsyncReply"
      | "setAsync"
      | "meterMod"
      | "roleStatus"
      | "tableStatus"
      | "requestForward"
      | "bundleControl"
      | "bundleAddMessage"
    >();
  });

  test("narrows to the members of its type, read-only", () => {
    expectTypeOf<MessageOf<"packetIn">>().toEqualTypeOf<{
      readonly version: number;
      readonly type: "packetIn";
      readonly xid: number;
      readonly bufferId: number;
      readonly totalLen: number;
      readonly reason: number;
      readonly tableId: number;
      readonly cookie: bigint;
      readonly match: Match;
      readonly data: Uint8Array;
    }>();
    expectTypeOf<MessageOf<"flowMod">["instructions"]>().toEqualTypeOf<readonly Instruction[]>();
    expectTypeOf<MessageOf<"packetOut">["actions"]>().toEqualTypeOf<readonly Action[]>();
    expectTypeOf<MessageOf<"groupMod">["buckets"]>().toEqualTypeOf<readonly Bucket[]>();
    expectTypeOf<MessageOf<"meterMod">["bands"]>().toEqualTypeOf<readonly Band[]>();
    expectTypeOf<MessageOf<"bundleAddMessage">["message"]>().toEqualTypeOf<Message>();
  });

  test("has bigints for 64-bit numbers and numbers for the others", () => {
    expectTypeOf<MessageOf<"flowMod">["cookie"]>().toEqualTypeOf<bigint>();
    expectTypeOf<MessageOf<"flowMod">["cookieMask"]>().toEqualTypeOf<bigint>();
    expectTypeOf<MessageOf<"flowMod">["priority"]>().toEqualTypeOf<number>();
    expectTypeOf<MessageOf<"featuresReply">["datapathId"]>().toEqualTypeOf<bigint>();
    expectTypeOf<MessageOf<"roleRequest">["generationId"]>().toEqualTypeOf<bigint>();
    expectTypeOf<FlowEntry["packetCount"]>().toEqualTypeOf<bigint>();
    expectTypeOf<FlowEntry["byteCount"]>().toEqualTypeOf<bigint>();
    expectTypeOf<FlowEntry["durationSec"]>().toEqualTypeOf<number>();
  });

  test("is exhausted by a switch over its types", () => {
    const direction = (message: MessageOf<"barrierRequest"> | MessageOf<"barrierReply">) => {
      switch (message.type) {
        case "barrierRequest":
          return "down";
        case "barrierReply":
          return "up";
        default:
          return message satisfies never;
      }
    };
    expectTypeOf(direction).returns.toEqualTypeOf<"down" | "up">();
    expect(direction({ version: 5, type: "barrierReply", xid: 1 })).toBe("up");
  });

  test("is not exhausted while a type is left", () => {
    const rest = (message: Exclude<Message, { type: "hello" }>) => {
      // @ts-expect-error the barrier messages and all others are left
      return message satisfies MessageOf<"flowMod">;
    };
    expectTypeOf(rest).returns.toEqualTypeOf<Exclude<Message, MessageOf<"hello">>>();
  });
});

describe("multipart bodies", () => {
  test("are discriminated by `multipart.type`", () => {
    expectTypeOf<MessageOf<"multipartReply">["multipart"]>().toEqualTypeOf<MultipartReplyBody>();
    expectTypeOf<
      MessageOf<"multipartRequest">["multipart"]
    >().toEqualTypeOf<MultipartRequestBody>();
    expectTypeOf<MultipartReplyBody["type"]>().toEqualTypeOf<MultipartRequestBody["type"]>();
    expectTypeOf<MultipartReplyBody["type"]>().toEqualTypeOf<
      | "desc"
      | "flow"
      | "aggregate"
      | "table"
      | "portStats"
      | "queueStats"
      | "group"
      | "groupDesc"
      | "groupFeatures"
      | "meter"
      | "meterConfig"
      | "meterFeatures"
      | "tableFeatures"
      | "portDesc"
      | "tableDesc"
      | "queueDesc"
      | "flowMonitor"
      | "experimenter"
      | "unknown"
    >();
    const body = ({ multipart }: MessageOf<"multipartReply">) => {
      if (multipart.type !== "flow") return undefined;
      expectTypeOf(multipart.entries).toEqualTypeOf<readonly FlowEntry[]>();
      return multipart.entries;
    };
    expectTypeOf(body).returns.toEqualTypeOf<readonly FlowEntry[] | undefined>();
  });

  test("keep 64-bit counters as bigints", () => {
    expectTypeOf<Reply<"aggregate">["byteCount"]>().toEqualTypeOf<bigint>();
    expectTypeOf<Reply<"aggregate">["flowCount"]>().toEqualTypeOf<number>();
    expectTypeOf<Reply<"unknown">["data"]>().toEqualTypeOf<Uint8Array>();
  });
});

describe("matches and actions", () => {
  test("take numbers up to 48 bits, bigints beyond", () => {
    expectTypeOf(match).returns.toEqualTypeOf<Match>();
    expectTypeOf<NarrowOxmField["value"]>().toEqualTypeOf<number>();
    expectTypeOf<WideOxmField["value"]>().toEqualTypeOf<bigint>();
    expectTypeOf<"metadata">().toExtend<WideOxmField["field"]>();
    expectTypeOf<"ethDst">().toExtend<NarrowOxmField["field"]>();
    expect(match({ inPort: 1, ethDst: "fa:00:00:00:00:01", metadata: 1n })).toHaveLength(3);
    // @ts-expect-error there is no such field
    expect(() => match({ ethDest: 1 })).toThrow();
    // @ts-expect-error a port number is no bigint
    expect(setField("inPort", 1n).type).toBe("setField");
  });

  test("narrow by the type of the action", () => {
    expectTypeOf<Extract<Action, { type: "output" }>>().toEqualTypeOf<{
      readonly type: "output";
      readonly port: number;
      readonly maxLen: number;
    }>();
    expectTypeOf<Extract<Instruction, { type: "gotoTable" }>["tableId"]>().toEqualTypeOf<number>();
  });
});

describe("errors", () => {
  test("carry a code, the field's path and, for bytes, the offset", () => {
    expectTypeOf<DecodeError>().toExtend<Error>();
    expectTypeOf<DecodeError["code"]>().toEqualTypeOf<DecodeErrorCode>();
    expectTypeOf<DecodeError["offset"]>().toEqualTypeOf<number>();
    expectTypeOf<DecodeError["path"]>().toEqualTypeOf<string>();
    expectTypeOf<DecodeError["detail"]>().toEqualTypeOf<string>();
    expectTypeOf<EncodeError["code"]>().toEqualTypeOf<EncodeErrorCode>();
    expectTypeOf<EncodeError["path"]>().toEqualTypeOf<string>();
    expectTypeOf<EncodeError>().not.toHaveProperty("offset");
    expect(() => decodeMessage(new Uint8Array(4))).toThrow(DecodeError);
  });

  test("have these codes", () => {
    expectTypeOf<DecodeErrorCode>().toEqualTypeOf<
      | "truncated"
      | "bad-length"
      | "trailing-bytes"
      | "bad-version"
      | "bad-type"
      | "bad-value"
      | "too-deep"
    >();
    expectTypeOf<EncodeErrorCode>().toEqualTypeOf<
      "out-of-range" | "wrong-type" | "unknown-type" | "too-long" | "bad-text" | "too-deep"
    >();
  });
});
