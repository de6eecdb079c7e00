// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from "node:util";
import { type Identity, isCurrent, type RemoteIdentity } from "./identity.ts";
import type { IdentitySource, Validation } from "./identity-source.ts";
import type { Moment } from "./moment.ts";
import type { LoginService } from "./sessions/login-service.ts";
import { digestOf } from "./token.ts";

/** How long the answer of a service holds: so long a revoked token or a withdrawn key may still work. */
const CACHED_MS = 5 * 60_000;

/** Tokens that are remembered; beyond them the one validated first is forgotten. */
const MOST_CACHED = 10_000;

/** Tokens that are being validated at one time: a service that answers slowly holds no more requests. */
const MOST_PENDING = 64;

interface Entry {
  readonly identity: Identity;
  /** On the steady clock; the token may expire before. */
  readonly untilMs: number;
}

type Identified =
  | { readonly type: "valid"; readonly identity: Identity }
  | Exclude<Validation, { readonly type: "valid" }>;

/** The tokens of one service, with its answers. Invalid tokens are not remembered. */
export class RemoteTokens {
  readonly #kind: string;
  readonly #source: IdentitySource;
  /** By the id of the token, the one validated first at the beginning. */
  readonly #entries = new Map<string, Entry>();
  readonly #pending = new Map<string, Promise<Identified>>();

  /** `kind` begins the ids of its tokens. */
  constructor(kind: string, source: IdentitySource) {
    this.#kind = kind;
    this.#source = source;
  }

  get name(): string {
    return this.#source.name;
  }

  /** Whether they are validated without a question about each. */
  get proveThemselves(): boolean {
    return this.#source.isSigned ?? false;
  }

  get login(): LoginService | undefined {
    return this.#source.login;
  }

  /** Whether the token of an identity is one of these, valid or not. */
  isOwn({ id }: Identity): boolean {
    return id.startsWith(`${this.#kind}:`);
  }

  /**
   * The id of a token: 128 bits of its SHA-256. No client can choose the digest of a token that it guesses, so the
   * time of a look-up reveals nothing of other tokens.
   */
  idOf(token: string): string {
    return `${this.#kind}:${digestOf(token).toString("hex", 0, 16)}`;
  }

  /** Identifies the holder of the token with an id. Requests with the same token share one validation. */
  async identify(id: string, token: string, now: Moment): Promise<Identified> {
    const entry = this.#entries.get(id);
    if (entry && holds(entry, now)) return { type: "valid", identity: entry.identity };
    const pending = this.#pending.get(id);
    if (pending) return pending;
    if (this.#pending.size >= MOST_PENDING) return { type: "unavailable" };
    const validated = this.#validate(id, token, now).finally(() => this.#pending.delete(id));
    this.#pending.set(id, validated);
    return validated;
  }

  /** Whether an identity is that of a token whose validation still holds. */
  has(identity: Identity, now: Moment): boolean {
    const entry = this.#entries.get(identity.id);
    return entry?.identity === identity && holds(entry, now);
  }

  async #validate(id: string, token: string, now: Moment): Promise<Identified> {
    const found = await this.#source.validate(token, now);
    if (found.type === "valid" && isCurrent(found.identity, now)) {
      return { type: "valid", identity: this.#remember(id, found.identity, now) };
    }
    if (found.type === "valid") return { type: "invalid", reason: "expired" };
    if (found.type === "invalid") this.#entries.delete(id);
    return found;
  }

  #remember(id: string, found: RemoteIdentity, { steadyMs }: Moment): Identity {
    const before = this.#entries.get(id)?.identity;
    const identity: Identity = { id, ...found };
    const kept = isDeepStrictEqual(before, identity) && before ? before : identity;
    this.#entries.delete(id);
    this.#entries.set(id, { identity: kept, untilMs: steadyMs + CACHED_MS });
    if (this.#entries.size > MOST_CACHED) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    return kept;
  }
}

/** Whether an answer still holds: it is fresh, and the token has not expired. */
function holds({ identity, untilMs }: Entry, now: Moment): boolean {
  return now.steadyMs < untilMs && isCurrent(identity, now);
}
