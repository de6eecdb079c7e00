// SPDX-License-Identifier: Apache-2.0
import type { TokenRecord } from "./auth-file.ts";
import { clientOf, FailureLimits } from "./failure-limits.ts";
import { type Identity, isCurrent } from "./identity.ts";
import { TOKEN_PATTERN } from "./token.ts";
import { TokenRegistry } from "./token-registry.ts";

/** Why credentials are rejected. A revoked token is an unknown one. */
export type RejectionReason = "malformed" | "unknown" | "expired" | "locked";

/** Who sends a request, or why that is not known. */
export type Authentication =
  | { readonly type: "identified"; readonly identity: Identity }
  /** No credentials. */
  | { readonly type: "missing" }
  | {
      readonly type: "rejected";
      readonly reason: Exclude<RejectionReason, "locked">;
      /** How long this failure locks the address; 0: it does not. */
      readonly locksForMs: number;
    }
  /** The address has failed too often: the credentials are not looked at. */
  | { readonly type: "locked"; readonly forMs: number };

/** Credentials as a request has them. */
export interface Credentials {
  /** The header Authorization. */
  readonly authorization: string | undefined;
  /** The address of the client. */
  readonly address: string;
}

/** The tokens that an authenticator accepts. */
export interface AcceptedTokens {
  readonly tokens: readonly TokenRecord[];
  /** A token that may read metrics and nothing else. */
  readonly metricsToken?: string;
}

type Limits = Pick<FailureLimits, "lockedForMs" | "failed">;

/** Pairs of address and token that are remembered. */
const MOST_KNOWN = 10_000;

/**
 * Identifies clients by their bearer tokens. An address that fails too often is locked; from a locked address
 * only tokens are accepted that this address has used before: so a client with an old token does not lock out
 * the others behind the same proxy, and a guess is no use.
 */
export class Authenticator {
  readonly #registry = new TokenRegistry();
  readonly #limits: Limits;
  /** `CLIENT ID` of successes, the oldest first. */
  readonly #known = new Set<string>();
  readonly #failures: Record<RejectionReason, number> = {
    malformed: 0,
    unknown: 0,
    expired: 0,
    locked: 0,
  };

  constructor(accepted: AcceptedTokens, limits: Limits = new FailureLimits()) {
    this.#limits = limits;
    this.replace(accepted);
  }

  /** Rejected credentials by reason, since the start. */
  get failures(): Readonly<Record<RejectionReason, number>> {
    return this.#failures;
  }

  /** Replaces the tokens; those that are no longer there are invalid at once. */
  replace({ tokens, metricsToken }: AcceptedTokens): void {
    this.#registry.replace(tokens, metricsToken);
  }

  /** Identifies a request; `nowMs`: milliseconds since the epoch. */
  authenticate({ authorization, address }: Credentials, nowMs: number): Authentication {
    if (authorization === undefined) return { type: "missing" };
    const token = bearerOf(authorization);
    const identity = token === undefined ? undefined : this.#registry.find(token);
    const isValid = identity !== undefined && isCurrent(identity, nowMs);
    const forMs = this.#limits.lockedForMs(address, nowMs);
    if (forMs > 0 && !(isValid && this.#known.has(knownKey(address, identity)))) {
      this.#failures.locked++;
      return { type: "locked", forMs };
    }
    if (isValid) {
      this.#remember(address, identity);
      return { type: "identified", identity };
    }
    const reason = token === undefined ? "malformed" : identity ? "expired" : "unknown";
    this.#failures[reason]++;
    return { type: "rejected", reason, locksForMs: this.#limits.failed(address, nowMs) };
  }

  /** Whether an identity is still valid: its token is there, unchanged and not expired. */
  isValid(identity: Identity, nowMs: number): boolean {
    return this.#registry.has(identity) && isCurrent(identity, nowMs);
  }

  #remember(address: string, identity: Identity): void {
    const key = knownKey(address, identity);
    if (this.#known.has(key)) return;
    this.#known.add(key);
    if (this.#known.size <= MOST_KNOWN) return;
    const [oldest] = this.#known;
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}

function knownKey(address: string, { id }: Identity): string {
  return `${clientOf(address)} ${id}`;
}

/** The token of a header `Authorization: Bearer TOKEN`. @see RFC 6750 §2.1 */
function bearerOf(authorization: string): string | undefined {
  const [, token = ""] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
  return TOKEN_PATTERN.test(token) ? token : undefined;
}
