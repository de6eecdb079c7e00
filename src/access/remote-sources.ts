// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from "node:util";
import type { AuthFile } from "./auth-file.ts";
import type { Identity } from "./identity.ts";
import type { OidcConfig } from "./identity-services.ts";
import type { SourceFactories } from "./identity-source.ts";
import { RemoteTokens } from "./remote-tokens.ts";

interface Connected<C> {
  readonly config: C;
  readonly tokens: RemoteTokens;
}

/** The services of the auth file in effect. One whose entry is unchanged keeps its answers. */
export class RemoteSources {
  readonly #factories: SourceFactories | undefined;
  #oidc: Connected<OidcConfig> | undefined;

  constructor(factories: SourceFactories | undefined) {
    this.#factories = factories;
  }

  /** The tokens of the OIDC issuer; undefined without one. */
  get oidc(): RemoteTokens | undefined {
    return this.#oidc?.tokens;
  }

  replace({ oidc }: Pick<AuthFile, "oidc">): void {
    const factories = this.#factories;
    if (!factories) return;
    this.#oidc = connected(
      this.#oidc,
      oidc,
      (config) => new RemoteTokens("oidc", factories.oidc(config)),
    );
  }

  has(identity: Identity, nowMs: number): boolean {
    return this.#oidc?.tokens.has(identity, nowMs) ?? false;
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
