// SPDX-License-Identifier: Apache-2.0
import { hash } from "node:crypto";
import { errors } from "jose";
import type { Logger } from "pino";
import { identityOfClaims } from "../../access/claims.ts";
import type { OidcService } from "../../access/identity-services.ts";
import type { Moment } from "../../access/moment.ts";
import type {
  LoginAnswer,
  LoginAttempt,
  LoginOutcome,
  LoginService,
} from "../../access/sessions/login-service.ts";
import { isObject } from "../../lang/is-object.ts";
import type { IssuerKeys } from "./issuer-keys.ts";
import { addressIn, issuerMetadata } from "./issuer-metadata.ts";
import type { ServiceLog } from "./service-log.ts";
import { requestService, ServiceError } from "./service-request.ts";
import { verifiedClaims } from "./verified-claims.ts";

/** How long the metadata of the issuer is used before it is read again. */
const METADATA_MS = 10 * 60_000;

/** Codes that are being exchanged at one time: an issuer that answers slowly holds no more requests. */
const MOST_PENDING = 64;

const SCOPE = "openid profile";

/** An answer that is not of this login, or a code that the issuer refuses. */
const REFUSED: LoginOutcome = { type: "invalid", reason: "unknown" };

interface Endpoints {
  readonly authorization: string;
  readonly token: string;
  /** Whether the issuer takes the secret in the body only. */
  readonly inBody: boolean;
  /** Whether its answers always name it. */
  readonly namesIssuer: boolean;
}

interface OidcLoginDeps {
  readonly keys: IssuerKeys;
  readonly logger: Pick<Logger, "debug">;
  readonly failures: ServiceLog;
  readonly timeoutMs: number;
}

/**
 * Logs users of browsers in at an OpenID Connect issuer: the code flow with PKCE.
 *
 * @see OpenID Connect Core 1.0 §3.1, RFC 7636, RFC 9207, RFC 9700 §2.1
 */
export class OidcLogin implements LoginService {
  readonly redirectUrl: string | undefined;
  readonly #service: OidcService;
  readonly #clientId: string;
  readonly #deps: OidcLoginDeps;
  #endpoints: { readonly found: Promise<Endpoints>; readonly untilMs: number } | undefined;
  #pending = 0;

  constructor(service: OidcService & { readonly clientId: string }, deps: OidcLoginDeps) {
    this.redirectUrl = service.redirectUrl;
    this.#service = service;
    this.#clientId = service.clientId;
    this.#deps = deps;
  }

  async begin(
    { state, nonce, verifier, redirectUrl }: LoginAttempt,
    now: Moment,
  ): Promise<string | undefined> {
    try {
      const url = new URL((await this.#read(now)).authorization);
      const parameters = {
        response_type: "code",
        client_id: this.#clientId,
        redirect_uri: redirectUrl,
        scope: this.#service.scope ?? SCOPE,
        ...{ state, nonce },
        code_challenge: hash("sha256", verifier, "base64url"),
        code_challenge_method: "S256",
      };
      for (const [key, value] of Object.entries(parameters)) url.searchParams.set(key, value);
      return url.href;
    } catch (error) {
      this.#deps.failures.failed(whyOf(error), now);
      return undefined;
    }
  }

  async finish(attempt: LoginAttempt, answer: LoginAnswer, now: Moment): Promise<LoginOutcome> {
    if (this.#pending >= MOST_PENDING) return { type: "unavailable" };
    this.#pending++;
    try {
      return await this.#finish(attempt, answer, now);
    } catch (error) {
      if (error instanceof errors.JWTExpired) return { type: "invalid", reason: "expired" };
      if (error instanceof errors.JOSEError) {
        // The message names the claim or the algorithm, and quotes no token.
        this.#deps.logger.debug(
          { code: error.code, why: error.message },
          "an ID token is rejected",
        );
        return REFUSED;
      }
      this.#deps.failures.failed(whyOf(error), now);
      return { type: "unavailable" };
    } finally {
      this.#pending--;
    }
  }

  async #finish(
    attempt: LoginAttempt,
    { code, issuer: named }: LoginAnswer,
    now: Moment,
  ): Promise<LoginOutcome> {
    const endpoints = await this.#read(now);
    const { issuer } = this.#service;
    // An answer of another issuer must not have its code shown to this one.
    if (named === undefined ? endpoints.namesIssuer : named !== issuer) return REFUSED;
    const idToken = await this.#exchange(endpoints, code, attempt);
    if (idToken === undefined) return REFUSED;
    const expected = { issuer, audience: this.#clientId };
    const { claims, expiresAtMs } = await verifiedClaims(idToken, expected, this.#deps.keys, now);
    const { nonce, aud, azp } = claims;
    const isOfClient = azp === undefined ? [aud].flat().length === 1 : azp === this.#clientId;
    if (nonce !== attempt.nonce || !isOfClient) return REFUSED;
    const identity = identityOfClaims(claims, this.#service);
    return identity ? { type: "valid", identity: { ...identity, expiresAtMs }, idToken } : REFUSED;
  }

  /** The ID token for a code; undefined if the issuer refuses the code. */
  async #exchange(
    { token, inBody }: Endpoints,
    code: string,
    { verifier, redirectUrl }: LoginAttempt,
  ): Promise<string | undefined> {
    const { clientSecret } = this.#service;
    const isInBody = inBody || clientSecret === undefined;
    const client = {
      client_id: this.#clientId,
      ...(clientSecret ? { client_secret: clientSecret } : {}),
    };
    const body = new URLSearchParams({
      ...{ grant_type: "authorization_code", code },
      ...{ redirect_uri: redirectUrl, code_verifier: verifier },
      ...(isInBody ? client : {}),
    });
    const authorization = `Basic ${btoa(`${encoded(this.#clientId)}:${encoded(clientSecret ?? "")}`)}`;
    const headers: Record<string, string> = isInBody ? {} : { authorization };
    const init = { method: "POST", headers, body };
    const response = await requestService(token, init, this.#deps.timeoutMs);
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.status === 200 && isObject(answer) && typeof answer.id_token === "string") {
      return answer.id_token;
    }
    const error = isObject(answer) ? answer.error : undefined;
    if (response.status === 400 && error === "invalid_grant") return undefined;
    const said = typeof error === "string" && /^\w{1,64}$/.test(error) ? ` (${error})` : "";
    throw new ServiceError(`it answers ${response.status}${said} to a code: no ID token`);
  }

  async #read(now: Moment): Promise<Endpoints> {
    const known = this.#endpoints;
    if (known && now.steadyMs < known.untilMs) return known.found;
    const found = this.#discover();
    const reading = { found, untilMs: now.steadyMs + METADATA_MS };
    this.#endpoints = reading;
    found.catch(() => {
      if (this.#endpoints === reading) this.#endpoints = undefined;
    });
    return found;
  }

  async #discover(): Promise<Endpoints> {
    const metadata = await issuerMetadata(this.#service.issuer, this.#deps.timeoutMs);
    const methods = metadata.token_endpoint_auth_methods_supported;
    return {
      authorization: addressIn(metadata, "authorization_endpoint", "logins"),
      token: addressIn(metadata, "token_endpoint", "tokens"),
      // Absent: `client_secret_basic`.
      inBody: Array.isArray(methods) && !methods.includes("client_secret_basic"),
      namesIssuer: metadata.authorization_response_iss_parameter_supported === true,
    };
  }
}

/** As RFC 6749 §2.3.1 has ids and secrets in the header. */
function encoded(text: string): string {
  return new URLSearchParams({ "": text }).toString().slice(1);
}

function whyOf(error: unknown): string {
  return error instanceof ServiceError ? error.message : `a login cannot be made: ${error}`;
}
