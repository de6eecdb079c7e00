// SPDX-License-Identifier: Apache-2.0
import { decodeMessage, encodeMessage } from "../../src/openflow/messages/codec.ts";
import { DecodeError } from "../../src/openflow/wire/errors.ts";

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/**
 * Decodes bytes that may be no message. Whether they are one; what decodes must encode, and the
 * encoding must be stable. Anything but a DecodeError with code, offset and path is thrown on.
 */
export function attempt(bytes: Uint8Array): boolean {
  let message: ReturnType<typeof decodeMessage>;
  try {
    message = decodeMessage(bytes);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const { offset, path, code } = error;
    if (typeof path !== "string" || code === undefined) throw error;
    if (offset < 0 || offset > bytes.length) throw new Error(`offset ${offset} is outside`);
    return false;
  }
  const canonical = encodeMessage(message).slice();
  const again = encodeMessage(decodeMessage(canonical));
  if (!same(again, canonical)) throw new Error("encoding is not stable");
  return true;
}
