// SPDX-License-Identifier: Apache-2.0
import { errors, type JWTPayload, jwtVerify } from "jose";
import type { Logger } from "pino";
import { identityOfClaims } from "../../access/claims.ts";
import type { OidcConfig } from "../../access/identity-services.ts";
import type { IdentitySource, Validation } from "../../access/identity-source.ts";
import type { Moment } from "../../access/moment.ts";
import { IssuerKeys } from "./issuer-keys.ts";
import { ServiceLog } from "./service-log.ts";
import { SERVICE_TIMEOUT_MS, ServiceError } from "./service-request.ts";

/** Signatures by public keys only: with a shared key everyone who verifies could also sign. */
const ALGORITHMS = [
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
  ...["PS256", "PS384", "PS512", "RS256", "RS384", "RS512"],
];

/** By how much the clocks of issuer and server may differ. */
const CLOCK_SKEW_SECONDS = 60;

/** Identifies clients by JWTs of an OpenID Connect issuer. @see RFC 7519, RFC 8725, RFC 9068 */
export class OidcSource implements IdentitySource {
  readonly name = "the OIDC issuer";
  readonly #config: OidcConfig;
  readonly #keys: IssuerKeys;
  readonly #logger: Pick<Logger, "debug">;
  readonly #failures: ServiceLog;

  constructor(
    config: OidcConfig,
    logger: Pick<Logger, "debug" | "warn">,
    timeoutMs = SERVICE_TIMEOUT_MS,
  ) {
    this.#config = config;
    this.#keys = new IssuerKeys(config.issuer, timeoutMs);
    this.#logger = logger;
    this.#failures = new ServiceLog(logger, { issuer: config.issuer });
  }

  async validate(token: string, now: Moment): Promise<Validation> {
    try {
      return this.#identify(await this.#verify(token, now));
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

  async #verify(token: string, { wallMs }: Moment): Promise<JWTPayload & { readonly exp: number }> {
    const { issuer, audience } = this.#config;
    const { payload } = await jwtVerify(token, (...of) => this.#keys.keyOf(...of), {
      ...{ issuer, audience, algorithms: ALGORITHMS, clockTolerance: CLOCK_SKEW_SECONDS },
      requiredClaims: ["exp"],
      currentDate: new Date(wallMs),
    });
    // It is there, and a number: it is verified.
    return payload as JWTPayload & { readonly exp: number };
  }

  #identify(claims: JWTPayload & { readonly exp: number }): Validation {
    const identity = identityOfClaims(claims, this.#config);
    if (!identity) return { type: "invalid", reason: "unknown" };
    const expiresAtMs = (claims.exp + CLOCK_SKEW_SECONDS) * 1000;
    return { type: "valid", identity: { ...identity, expiresAtMs } };
  }
}
