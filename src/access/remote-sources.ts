// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from "node:util";
import type { Identity } from "./identity.ts";
import type { KeystoneService, OidcService } from "./identity-services.ts";
import type { SourceFactories } from "./identity-source.ts";
import type { Moment } from "./moment.ts";
import { RemoteTokens } from "./remote-tokens.ts";

interface Connected<C> {
  readonly config: C;
  readonly tokens: RemoteTokens;
}

/** The services of an auth file. */
interface Services {
  readonly oidc?: OidcService | undefined;
  readonly keystone?: KeystoneService | undefined;
}

/** The services of the auth file in effect. One whose entry is unchanged keeps its answers. */
export class RemoteSources {
  readonly #factories: SourceFactories | undefined;
  #oidc: Connected<OidcService> | undefined;
  #keystone: Connected<KeystoneService> | undefined;

  constructor(factories: SourceFactories | undefined) {
    this.#factories = factories;
  }

  /** The tokens of the OIDC issuer; undefined without one. */
  get oidc(): RemoteTokens | undefined {
    return this.#oidc?.tokens;
  }

  /** The tokens of Keystone; undefined without one. */
  get keystone(): RemoteTokens | undefined {
    return this.#keystone?.tokens;
  }

  replace({ oidc, keystone }: Services): void {
    const factories = this.#factories;
    if (!factories) return;
    this.#oidc = connected(
      this.#oidc,
      oidc,
      (config) => new RemoteTokens("oidc", factories.oidc(config)),
    );
    this.#keystone = connected(
      this.#keystone,
      keystone,
      (service) => new RemoteTokens("keystone", factories.keystone(service)),
    );
  }

  /** The tokens of the service that issued that of an identity. */
  of(identity: Identity): RemoteTokens | undefined {
    return [this.oidc, this.keystone].find((tokens) => tokens?.isOwn(identity));
  }

  has(identity: Identity, now: Moment): boolean {
    return [this.oidc, this.keystone].some((tokens) => tokens?.has(identity, now));
  }
}

function connected<C>(
  before: Connected<C> | undefined,
  config: C | undefined,
  connect: (config: C) => RemoteTokens,
): Connected<C> | undefined {
  if (config === undefined) return undefined;
  if (before && isDeepStrictEqual(before.config, config)) return before;
  return { config, tokens: connect(config) };
}
