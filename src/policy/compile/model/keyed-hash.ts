// SPDX-License-Identifier: Apache-2.0
import { createHmac } from "node:crypto";

/** Bytes of a keyed hash that are used: a whole number that is exact. */
const HASH_BYTES = 6;

/** A hash of texts to 48 bits that only those who know a secret can compute. */
export function keyedHash(secret: Uint8Array): (text: string) => number {
  return (text) => createHmac("sha256", secret).update(text).digest().readUIntBE(0, HASH_BYTES);
}
