// SPDX-License-Identifier: Apache-2.0
import { checkObject } from "../schema/checks.ts";
import { type Codec, derived } from "../schema/codec.ts";
import { DecodeError, EncodeError } from "../wire/errors.ts";
import { Reader } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";
import { bindAnyMessage } from "./embedded.ts";
import { MESSAGES, type Message } from "./index.ts";
import { OFP_VERSION } from "./message.ts";

const HEADER_BYTES = 8;

/** Highest type number that has the same meaning in every version of OpenFlow: echo reply. */
const LAST_COMMON_TYPE = 3;

type AnyMessage = Codec<Message>;

/** Refuses versions other than 1.4, except for the messages of version negotiation. */
function checkVersion(reader: Reader, version: number, code: number): void {
  if (version === OFP_VERSION || (code <= LAST_COMMON_TYPE && version > 0)) return;
  const detail = `version ${version} is not OpenFlow 1.4 (5)`;
  throw reader.error("bad-version", detail).within("version");
}

/** Any message, by its type byte. */
const messageCodec: AnyMessage = derived((form) => {
  const byCode: (AnyMessage | undefined)[] = [];
  const byType = new Map<string, { readonly codec: AnyMessage; readonly code: number }>();
  for (const [type, [code, body]] of Object.entries(MESSAGES)) {
    const codec = form(body as AnyMessage);
    byCode[code] = codec;
    byType.set(type, { codec, code });
  }
  return {
    read(reader: Reader): Message {
      if (reader.left < HEADER_BYTES)
        throw reader.error("truncated", "no room for a header", reader.end);
      const version = reader.view.getUint8(reader.pos);
      const code = reader.view.getUint8(reader.pos + 1);
      checkVersion(reader, version, code);
      const codec = byCode[code];
      if (codec !== undefined) return codec.read(reader);
      throw reader
        .error("bad-type", `there is no message type ${code}`, reader.pos + 1)
        .within("type");
    },
    write(writer: Writer, message: Message): void {
      checkObject(message);
      const row = byType.get(message.type);
      if (row === undefined) throw unknownType(message);
      if (message.version !== OFP_VERSION && row.code > LAST_COMMON_TYPE) throw badVersion(message);
      row.codec.write(writer, message);
    },
  };
});
bindAnyMessage(messageCodec);

function unknownType(message: { readonly type: unknown }): EncodeError {
  const detail = `there is no message type ${JSON.stringify(message.type)}`;
  return new EncodeError("unknown-type", "type", detail);
}

function badVersion(message: { readonly version: unknown }): EncodeError {
  return new EncodeError("out-of-range", "version", `expected 5, got ${String(message.version)}`);
}

function checkFrame(bytes: Uint8Array): void {
  if (bytes.length < HEADER_BYTES) {
    throw new DecodeError(
      "truncated",
      bytes.length,
      "",
      `${bytes.length} bytes are too few for a header`,
    );
  }
  const length = ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
  if (length === bytes.length) return;
  const detail = `length is ${length}, but there are ${bytes.length} bytes`;
  throw new DecodeError(length > bytes.length ? "truncated" : "bad-length", 2, "length", detail);
}

function decodeWith(codec: AnyMessage, bytes: Uint8Array): Message {
  checkFrame(bytes);
  const reader = new Reader(bytes);
  const message = codec.read(reader);
  if (reader.pos !== reader.end) throw reader.error("trailing-bytes", "bytes left over");
  return message;
}

const writer = new Writer();

function encodeWith(codec: AnyMessage, message: Message): Uint8Array {
  writer.begin();
  try {
    codec.write(writer, message);
  } catch (error) {
    writer.abandon();
    throw error;
  }
  return writer.finish();
}

/**
 * Decodes exactly one framed message (see `Framer`).
 *
 * Byte strings in the result alias `bytes`: copy what you keep. Hello, error and echo are
 * decoded in any version, all other messages must be 1.4.
 * @throws DecodeError with `code`, `offset` in bytes and `path` of the field; nothing else
 * @spec OpenFlow 1.4.1 §7.1
 */
export function decodeMessage(bytes: Uint8Array): Message {
  return decodeWith(messageCodec, bytes);
}

/**
 * Encodes a message; a message from {@link decodeMessage} yields the same bytes.
 *
 * The result is a view of a larger buffer (as Node's small Buffers are): copy it to transfer it.
 * @throws EncodeError with `code` and `path` of the field that is out of range or too long
 */
export function encodeMessage(message: Message): Uint8Array {
  return encodeWith(messageCodec, message);
}

/** {@link decodeMessage} without generated code: slower, the oracle of the tests. */
export function decodeMessageInterpreted(bytes: Uint8Array): Message {
  return decodeWith(messageCodec.interpreted, bytes);
}

/** {@link encodeMessage} without generated code: slower, the oracle of the tests. */
export function encodeMessageInterpreted(message: Message): Uint8Array {
  return encodeWith(messageCodec.interpreted, message);
}
