// SPDX-License-Identifier: Apache-2.0
import {
  type CryptoKey,
  createRemoteJWKSet,
  customFetch,
  errors,
  type FlattenedJWSInput,
  type JWSHeaderParameters,
} from "jose";
import { addressIn, issuerMetadata } from "./issuer-metadata.ts";
import { requestService, ServiceError } from "./service-request.ts";

/** How long keys are used before they are fetched again: so long a withdrawn key may still work. */
const KEYS_MS = 10 * 60_000;

/** After a fetch, a token with an unknown key does not cause another one for so long. */
const UNKNOWN_KEY_PAUSE_MS = 5000;

type KeySet = ReturnType<typeof createRemoteJWKSet>;

/**
 * The public keys of an OpenID Connect issuer: found by discovery at the first use, fetched again when they are old
 * and when a token names one that is unknown.
 *
 * @see OpenID Connect Discovery 1.0 §4, RFC 7517
 */
export class IssuerKeys {
  readonly #issuer: string;
  readonly #timeoutMs: number;
  #keys: Promise<KeySet> | undefined;

  constructor(issuer: string, timeoutMs: number) {
    this.#issuer = issuer;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * The key with which a token is to be verified.
   *
   * @throws ServiceError when the issuer does not answer as it should, and errors of jose for a token that names none
   * of its keys.
   */
  async keyOf(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    this.#keys ??= this.#discover();
    const discovering = this.#keys;
    let keys: KeySet | undefined;
    try {
      keys = await discovering;
      return await keys(header, token);
    } catch (error) {
      if (isOfToken(error)) throw error;
      // The issuer may have moved its keys. Keys that are still fresh serve the other tokens.
      if (!keys?.fresh && this.#keys === discovering) this.#keys = undefined;
      if (error instanceof ServiceError) throw error;
      throw new ServiceError(`its keys cannot be used: ${String(error)}`, { cause: error });
    }
  }

  async #discover(): Promise<KeySet> {
    const metadata = await issuerMetadata(this.#issuer, this.#timeoutMs);
    const keysUrl = addressIn(metadata, "jwks_uri", "keys");
    return createRemoteJWKSet(new URL(keysUrl), {
      cacheMaxAge: KEYS_MS,
      cooldownDuration: UNKNOWN_KEY_PAUSE_MS,
      [customFetch]: (url, init) => requestService(url, init, this.#timeoutMs),
    });
  }
}

/** Errors of a token, not of the issuer. */
function isOfToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}
