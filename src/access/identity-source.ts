// SPDX-License-Identifier: Apache-2.0
import type { RemoteIdentity } from "./identity.ts";
import type { KeystoneService, OidcService } from "./identity-services.ts";
import type { Moment } from "./moment.ts";
import type { LoginService } from "./sessions/login-service.ts";

/** The answer to the question who has a token. */
export type Validation =
  | { readonly type: "valid"; readonly identity: RemoteIdentity }
  | { readonly type: "invalid"; readonly reason: "unknown" | "expired" }
  /** The service does not answer, or not as it should: the token may be valid. */
  | { readonly type: "unavailable" };

/** A service that issues tokens and identifies their holders. */
export interface IdentitySource {
  /** Its name in texts for clients. */
  readonly name: string;
  /** Whether a token is validated by its signature: the service is asked for its keys only, whatever tokens there are. */
  readonly isSigned?: boolean;
  /** Where users of browsers log in; absent: the service offers no login. */
  readonly login?: LoginService | undefined;
  /** Validates a token. Never rejects, and ends in bounded time. */
  validate(token: string, now: Moment): Promise<Validation>;
}

/** Makes the sources of the services that the auth file names. */
export interface SourceFactories {
  oidc(service: OidcService): IdentitySource;
  keystone(service: KeystoneService): IdentitySource;
}
