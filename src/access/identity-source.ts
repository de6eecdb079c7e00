// SPDX-License-Identifier: Apache-2.0
import type { Identity } from "./identity.ts";
import type { KeystoneService, OidcConfig } from "./identity-services.ts";
import type { Moment } from "./moment.ts";

/** What a service says of one of its tokens. */
export type RemoteIdentity = Pick<Identity, "user" | "role" | "project"> & {
  readonly expiresAtMs: number;
};

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
  /** Validates a token. Never rejects, and ends in bounded time. */
  validate(token: string, now: Moment): Promise<Validation>;
}

/** Makes the sources of the services that the auth file names. */
export interface SourceFactories {
  oidc(config: OidcConfig): IdentitySource;
  keystone(service: KeystoneService): IdentitySource;
}
