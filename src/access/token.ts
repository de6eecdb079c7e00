// SPDX-License-Identifier: Apache-2.0
import { hash } from "node:crypto";

/** Random bytes of a token. */
export const TOKEN_BYTES = 32;

/** Begins every token, so that programs that search for leaked secrets recognize it. */
const PREFIX = "vtap_";

/** A token made of random bytes. */
export function tokenOf(random: Uint8Array): string {
  return `${PREFIX}${Buffer.from(random).toString("base64url")}`;
}

/** SHA-256 of a token: the only form in which it is stored. */
export function digestOf(token: string): Buffer {
  return hash("sha256", token, "buffer");
}

/** The characters of a bearer token. @see RFC 6750 §2.1 */
export const TOKEN_PATTERN = /^[A-Za-z0-9._~+/-]+=*$/;
