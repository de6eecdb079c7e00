// SPDX-License-Identifier: Apache-2.0
import type { TokenRecord } from "../../src/access/auth-file.ts";
import type { Moment } from "../../src/access/moment.ts";
import type { Role } from "../../src/access/roles.ts";
import { digestOf, tokenOf } from "../../src/access/token.ts";

/** The token of a name: always the same. */
export function tokenNamed(name: string): string {
  return tokenOf(digestOf(name));
}

/** The record of `tokenNamed(id)`. */
export function recordOf(id: string, role: Role, more: Partial<TokenRecord> = {}): TokenRecord {
  const sha256 = digestOf(tokenNamed(id)).toString("hex");
  return { id, user: `user of ${id}`, role, sha256, ...more };
}

/** A moment at which both clocks show the same. */
export function momentAt(ms: number): Moment {
  return { wallMs: ms, steadyMs: ms };
}
