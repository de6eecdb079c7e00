// SPDX-License-Identifier: Apache-2.0
import type { RemoteIdentity } from "../identity.ts";
import type { Moment } from "../moment.ts";

/** A login that the browser takes to the service and back. @see RFC 6749 §10.12, RFC 7636, OpenID Connect Core §3.1 */
export interface LoginAttempt {
  /** Comes back with the answer: this browser has begun the login. */
  readonly state: string;
  /** Comes back in the ID token: it was issued for this login. */
  readonly nonce: string;
  /** Shown with the code: only who has begun the login can end it. */
  readonly verifier: string;
  /** Where the service sends the browser back to. */
  readonly redirectUrl: string;
}

/** What the browser brings back. */
export interface LoginAnswer {
  readonly code: string;
  /** The issuer, if the answer names it. @see RFC 9207 */
  readonly issuer?: string | undefined;
}

export type LoginOutcome =
  | {
      readonly type: "valid";
      readonly identity: RemoteIdentity;
      readonly idToken: string;
    }
  | { readonly type: "invalid"; readonly reason: "unknown" | "expired" }
  | { readonly type: "unavailable" };

/** A service at which users of browsers log in. */
export interface LoginService {
  /** As the auth file names it; absent: as the browser names this server. */
  readonly redirectUrl: string | undefined;
  /** The page of the service where the user logs in; undefined: the service cannot be used now. */
  begin(attempt: LoginAttempt, now: Moment): Promise<string | undefined>;
  /** Exchanges the code for an ID token, and verifies that. Never rejects, and ends in bounded time. */
  finish(attempt: LoginAttempt, answer: LoginAnswer, now: Moment): Promise<LoginOutcome>;
}
