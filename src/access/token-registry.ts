// SPDX-License-Identifier: Apache-2.0
import { timingSafeEqual } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { defined } from "../lang/defined.ts";
import type { TokenRecord } from "./auth-file.ts";
import type { Identity } from "./identity.ts";
import { digestOf } from "./token.ts";

interface Entry {
  readonly digest: Buffer;
  readonly identity: Identity;
}

/** Compared with the digest of an unknown token, so that one costs as much as a known one. */
const NO_DIGEST = Buffer.alloc(32);

/**
 * The tokens that are valid, by their digests. The digest selects one entry, and the whole digests are compared
 * in constant time. A client cannot choose the digest of a token that it guesses, so the time of the selection
 * reveals nothing of another token.
 */
export class TokenRegistry {
  #entries: ReadonlyMap<string, Entry> = new Map();
  #identities: ReadonlySet<Identity> = new Set();

  /** Replaces all tokens. One that is unchanged keeps its identity. `metricsToken` reads metrics only. */
  replace(records: readonly TokenRecord[], metricsToken?: string): void {
    const scraper = metricsToken === undefined ? [] : [scraperOf(metricsToken)];
    const before = this.#entries;
    this.#entries = new Map(
      [...scraper, ...records.map(entryOf)].map((entry) => {
        const key = keyOf(entry.digest);
        const old = before.get(key);
        return [key, old && isDeepStrictEqual(old.identity, entry.identity) ? old : entry];
      }),
    );
    this.#identities = new Set([...this.#entries.values()].map(({ identity }) => identity));
  }

  /** The identity of a token, expired or not. */
  find(token: string): Identity | undefined {
    const digest = digestOf(token);
    const entry = this.#entries.get(keyOf(digest));
    const isSame = timingSafeEqual(digest, entry?.digest ?? NO_DIGEST);
    return isSame ? entry?.identity : undefined;
  }

  /** Whether the token of an identity is still there, unchanged. */
  has(identity: Identity): boolean {
    return this.#identities.has(identity);
  }
}

function keyOf(digest: Buffer): string {
  return digest.toString("latin1", 0, 8);
}

function entryOf({ id, user, role, project, sha256, expiresAt }: TokenRecord): Entry {
  const expiresAtMs = expiresAt === undefined ? undefined : Date.parse(expiresAt);
  return {
    digest: Buffer.from(sha256, "hex"),
    identity: { id, user, role, ...defined({ project, expiresAtMs }) },
  };
}

function scraperOf(token: string): Entry {
  return { digest: digestOf(token), identity: { id: "metrics", user: "metrics", role: "scraper" } };
}
