// SPDX-License-Identifier: Apache-2.0
import type { AuthFile } from "./auth-file.ts";
import { CertificateRegistry } from "./certificate-registry.ts";
import { FailureLimits } from "./clients/failure-limits.ts";
import { KnownClients } from "./clients/known-clients.ts";
import { ShownTokens } from "./clients/shown-tokens.ts";
import { bearerOf, type Credentials, isJwt } from "./credentials.ts";
import { type Identity, isCurrent } from "./identity.ts";
import type { KeystoneService, OidcService } from "./identity-services.ts";
import type { SourceFactories } from "./identity-source.ts";
import type { Moment } from "./moment.ts";
import { RemoteSources } from "./remote-sources.ts";
import type { RemoteTokens } from "./remote-tokens.ts";
import type { LoginAnswer, LoginAttempt, LoginService } from "./sessions/login-service.ts";
import {
  SESSION_LIMITS,
  type Session,
  type SessionLimits,
  type SessionSecrets,
  Sessions,
} from "./sessions/sessions.ts";
import { TOKEN_PATTERN } from "./token.ts";
import { TokenRegistry } from "./token-registry.ts";

/** Why credentials are rejected. A revoked token is an unknown one. */
export type RejectionReason = "malformed" | "unknown" | "expired" | "locked";

/** Who sends a request, or why that is not known. */
export type Authentication =
  | { readonly type: "identified"; readonly identity: Identity }
  /** No credentials. */
  | { readonly type: "missing" }
  /** The cookie is of a session that has ended, or of none. */
  | { readonly type: "ended" }
  | {
      readonly type: "rejected";
      readonly reason: Exclude<RejectionReason, "locked">;
      /** How long this failure locks the address; 0: it does not. */
      readonly locksForMs: number;
    }
  /** The address has failed too often: the credentials are not looked at. */
  | { readonly type: "locked"; readonly forMs: number }
  /** The service that issued the token cannot validate it now. */
  | { readonly type: "unavailable"; readonly service: string };

/** What an authenticator accepts. */
export interface AcceptedTokens extends Omit<AuthFile, "keystone" | "oidc"> {
  readonly oidc?: OidcService;
  readonly keystone?: KeystoneService;
  /** A token that may read metrics and nothing else. */
  readonly metricsToken?: string;
}

type Limits = Pick<FailureLimits, "lockedForMs" | "failed">;

/** What an authenticator works with. */
export interface AuthenticatorDeps {
  readonly limits?: Limits;
  /** Absent: no services are asked. */
  readonly factories?: SourceFactories;
  readonly sessionLimits?: SessionLimits;
}

/** A token of a request: one of the registry, or one that its service validates. */
type Presented =
  | { readonly type: "registered"; readonly identity: Identity }
  | {
      readonly type: "remote";
      readonly tokens: RemoteTokens;
      readonly id: string;
      readonly token: string;
    }
  | { readonly type: "malformed" | "unknown" };

/**
 * Identifies clients by their tokens: those of the auth file, and those that services have issued. An address that
 * fails too often is locked; from a locked address only tokens are accepted that this address has used before or that prove
 * themselves: so a client with an old token does not lock out the others behind the same proxy, a guess is no use, and
 * no service is asked about it.
 */
export class Authenticator {
  readonly sessions: Sessions;
  readonly #registry = new TokenRegistry();
  readonly #certificates = new CertificateRegistry();
  readonly #remote: RemoteSources;
  readonly #shown = new ShownTokens();
  readonly #limits: Limits;
  readonly #known = new KnownClients();
  readonly #failures: Record<RejectionReason, number> = {
    malformed: 0,
    unknown: 0,
    expired: 0,
    locked: 0,
  };

  constructor(
    accepted: AcceptedTokens,
    {
      limits = new FailureLimits(),
      factories,
      sessionLimits = SESSION_LIMITS,
    }: AuthenticatorDeps = {},
  ) {
    this.#limits = limits;
    this.#remote = new RemoteSources(factories);
    this.sessions = new Sessions(
      (holder, service) =>
        service ? this.#remote.of(holder) === service : this.#registry.has(holder),
      sessionLimits,
    );
    this.replace(accepted);
  }

  /** Rejected credentials by reason, since the start. */
  get failures(): Readonly<Record<RejectionReason, number>> {
    return this.#failures;
  }

  /** Replaces the tokens and services; those that are no longer there are invalid at once. */
  replace(accepted: AcceptedTokens): void {
    this.#registry.replace(accepted.tokens, accepted.metricsToken);
    this.#certificates.replace(accepted.certificates ?? []);
    this.#remote.replace(accepted);
  }

  /** Identifies a request. Only tokens of services take time. */
  async authenticate(credentials: Credentials, now: Moment): Promise<Authentication> {
    const shown = this.#shown.identityOf(credentials);
    if (shown && this.isValid(shown, now)) return { type: "identified", identity: shown };
    return this.#identify(credentials, now);
  }

  async #identify(credentials: Credentials, now: Moment): Promise<Authentication> {
    const { address } = credentials;
    const presented = this.#presented(credentials);
    if (presented.type === "missing") return this.#withoutToken(credentials, now);
    const forMs = this.#limits.lockedForMs(address, now.steadyMs);
    if (forMs > 0 && !this.#isKnown(address, presented, now)) {
      return (await this.#proven(presented, credentials, now)) ?? this.#locked(forMs);
    }
    switch (presented.type) {
      case "registered":
        if (!isCurrent(presented.identity, now)) return this.#reject("expired", address, now);
        return this.#accept(presented.identity, credentials);
      case "remote":
        return this.#validate(presented, credentials, now);
      case "malformed":
      case "unknown":
        return this.#reject(presented.type, address, now);
      default:
        return presented satisfies never;
    }
  }

  /** Begins the session of a browser that has shown a token, or logged in. */
  openSession(
    holder: Identity,
    secrets: SessionSecrets,
    now: Moment,
  ): { readonly session: Session; readonly secret: string } {
    return this.sessions.open(holder, this.#remote.of(holder), secrets, now);
  }

  /** The service where users of browsers log in; undefined without one. */
  get login(): LoginService | undefined {
    return this.#remote.oidc?.login;
  }

  /** Identifies a user who comes back from that service. */
  async logIn(
    attempt: LoginAttempt,
    answer: LoginAnswer & { readonly address: string },
    now: Moment,
  ): Promise<Authentication> {
    const { address } = answer;
    const forMs = this.#limits.lockedForMs(address, now.steadyMs);
    if (forMs > 0) return this.#locked(forMs);
    const { oidc } = this.#remote;
    const found = await oidc?.login?.finish(attempt, answer, now);
    if (!oidc || !found) return this.#reject("unknown", address, now);
    if (found.type === "unavailable") return { type: "unavailable", service: oidc.name };
    if (found.type === "invalid") return this.#reject(found.reason, address, now);
    const identity = { id: oidc.idOf(found.idToken), ...found.identity };
    // A session of a service that was replaced meanwhile would be one of the new service.
    return this.#remote.oidc === oidc ? { type: "identified", identity } : { type: "ended" };
  }

  /** Whether an identity is still valid: its token is there, unchanged and not expired, and so is its session. */
  isValid(identity: Identity, now: Moment): boolean {
    if (identity.session !== undefined) return this.sessions.of(identity, now) !== undefined;
    const isThere =
      this.#registry.has(identity) ||
      this.#certificates.has(identity) ||
      this.#remote.has(identity, now);
    return isThere && isCurrent(identity, now);
  }

  /**
   * The identity of a session or of a certificate. Neither can be guessed, so a locked address keeps it, and a cookie of a
   * session that has ended is no failure: after a restart all browsers send one.
   */
  #withoutToken({ session, certificate }: Credentials, now: Moment): Authentication {
    const found = session === undefined ? undefined : this.sessions.use(session, now);
    const identity = found?.identity ?? (certificate && this.#certificates.find(certificate, now));
    if (identity) return { type: "identified", identity };
    return { type: session === undefined ? "missing" : "ended" };
  }

  /** A bearer token goes before a token of Keystone. */
  #presented({ authorization, keystoneToken }: Credentials): Presented | { type: "missing" } {
    if (authorization !== undefined) return this.#bearer(bearerOf(authorization));
    const { keystone } = this.#remote;
    if (!keystone || keystoneToken === undefined) return { type: "missing" };
    if (!TOKEN_PATTERN.test(keystoneToken)) return { type: "unknown" };
    return remote(keystone, keystoneToken);
  }

  #bearer(token: string | undefined): Presented {
    if (token === undefined) return { type: "malformed" };
    const identity = this.#registry.find(token);
    if (identity) return { type: "registered", identity };
    const { oidc } = this.#remote;
    return oidc && isJwt(token) ? remote(oidc, token) : { type: "unknown" };
  }

  /** Whether the address has used a token before, which has not expired since. */
  #isKnown(address: string, presented: Presented, now: Moment): boolean {
    if (presented.type === "remote") return this.#known.has(address, presented);
    if (presented.type !== "registered") return false;
    const { identity } = presented;
    return isCurrent(identity, now) && this.#known.has(address, identity);
  }

  /**
   * The identity of a token that proves itself: a renewed one is accepted from a locked address, too. It cannot be
   * guessed, and one that is not valid costs no question to its service.
   */
  async #proven(
    presented: Presented,
    credentials: Credentials,
    now: Moment,
  ): Promise<Authentication | undefined> {
    if (presented.type !== "remote" || !presented.tokens.proveThemselves) return undefined;
    const found = await presented.tokens.identify(presented.id, presented.token, now);
    return found.type === "valid" ? this.#accept(found.identity, credentials) : undefined;
  }

  async #validate(
    { tokens, id, token }: Extract<Presented, { type: "remote" }>,
    credentials: Credentials,
    now: Moment,
  ): Promise<Authentication> {
    const { address } = credentials;
    const found = await tokens.identify(id, token, now);
    switch (found.type) {
      case "valid":
        return this.#accept(found.identity, credentials);
      case "unavailable":
        return { type: "unavailable", service: tokens.name };
      case "invalid":
        // Revoked or expired: a locked address cannot go on asking the service.
        this.#known.delete(address, { id });
        return this.#reject(found.reason, address, now);
      default:
        return found satisfies never;
    }
  }

  #reject(
    reason: Exclude<RejectionReason, "locked">,
    address: string,
    { steadyMs }: Moment,
  ): Authentication {
    this.#failures[reason]++;
    return { type: "rejected", reason, locksForMs: this.#limits.failed(address, steadyMs) };
  }

  #locked(forMs: number): Authentication {
    this.#failures.locked++;
    return { type: "locked", forMs };
  }

  #accept(identity: Identity, credentials: Credentials): Authentication {
    this.#known.add(credentials.address, identity);
    this.#shown.remember(credentials, identity);
    return { type: "identified", identity };
  }
}

function remote(tokens: RemoteTokens, token: string): Presented {
  return { type: "remote", tokens, id: tokens.idOf(token), token };
}
