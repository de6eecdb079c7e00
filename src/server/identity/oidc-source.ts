// SPDX-License-Identifier: Apache-2.0
import { errors } from "jose";
import type { Logger } from "pino";
import { identityOfClaims } from "../../access/claims.ts";
import type { OidcService } from "../../access/identity-services.ts";
import type { IdentitySource, Validation } from "../../access/identity-source.ts";
import type { Moment } from "../../access/moment.ts";
import { IssuerKeys } from "./issuer-keys.ts";
import { OidcLogin } from "./oidc-login.ts";
import { ServiceLog } from "./service-log.ts";
import { SERVICE_TIMEOUT_MS, ServiceError } from "./service-request.ts";
import { type VerifiedClaims, verifiedClaims } from "./verified-claims.ts";

/** Identifies clients by JWTs of an OpenID Connect issuer. @see RFC 7519, RFC 8725, RFC 9068 */
export class OidcSource implements IdentitySource {
  readonly name = "the OIDC issuer";
  readonly isSigned = true;
  readonly #service: OidcService;
  readonly login: OidcLogin | undefined;
  readonly #keys: IssuerKeys;
  readonly #logger: Pick<Logger, "debug">;
  readonly #failures: ServiceLog;

  constructor(
    service: OidcService,
    logger: Pick<Logger, "debug" | "warn">,
    timeoutMs = SERVICE_TIMEOUT_MS,
  ) {
    this.#service = service;
    this.#keys = new IssuerKeys(service.issuer, timeoutMs);
    this.#logger = logger;
    this.#failures = new ServiceLog(logger, { issuer: service.issuer });
    const { clientId } = service;
    const deps = { keys: this.#keys, logger, failures: this.#failures, timeoutMs };
    this.login = clientId === undefined ? undefined : new OidcLogin({ ...service, clientId }, deps);
  }

  async validate(token: string, now: Moment): Promise<Validation> {
    try {
      return this.#identify(await verifiedClaims(token, this.#service, this.#keys, now));
    } catch (error) {
      if (error instanceof errors.JWTExpired) return { type: "invalid", reason: "expired" };
      if (error instanceof errors.JOSEError) {
        // The message names the claim or the algorithm, and quotes no token.
        this.#logger.debug({ code: error.code, why: error.message }, "a JWT is rejected");
        return { type: "invalid", reason: "unknown" };
      }
      const why = error instanceof ServiceError ? error.message : `it cannot be verified: ${error}`;
      this.#failures.failed(why, now);
      return { type: "unavailable" };
    }
  }

  #identify({ claims, expiresAtMs }: VerifiedClaims): Validation {
    const identity = identityOfClaims(claims, this.#service);
    if (!identity) return { type: "invalid", reason: "unknown" };
    return { type: "valid", identity: { ...identity, expiresAtMs } };
  }
}
