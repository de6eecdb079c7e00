// SPDX-License-Identifier: Apache-2.0
import type { Credentials } from "../credentials.ts";
import type { Identity } from "../identity.ts";

interface Shown {
  readonly authorization: string | undefined;
  readonly keystoneToken: string | undefined;
  readonly identity: Identity;
}

/**
 * The tokens that connections have shown last, with their identities: a client sends the same with each request, and
 * their digests need not be computed again. They are in memory while the connection is open, as its requests are.
 */
export class ShownTokens {
  readonly #last = new WeakMap<object, Shown>();

  /** The identity of the tokens of a request, if the connection has shown the same before. It may have ended since. */
  identityOf({ connection, authorization, keystoneToken }: Credentials): Identity | undefined {
    const last = connection && this.#last.get(connection);
    if (!last) return undefined;
    const isSame =
      isSameSecret(last.authorization, authorization) &&
      isSameSecret(last.keystoneToken, keystoneToken);
    return isSame ? last.identity : undefined;
  }

  /** Remembers what a connection has shown for an identity. */
  remember({ connection, authorization, keystoneToken }: Credentials, identity: Identity): void {
    if (connection) this.#last.set(connection, { authorization, keystoneToken, identity });
  }
}

/** Whether two texts are equal. A proxy may send requests of several clients: the time reveals the length alone. */
function isSameSecret(x: string | undefined, y: string | undefined): boolean {
  if (x === undefined || y === undefined) return x === y;
  if (x.length !== y.length) return false;
  let difference = 0;
  for (let at = 0; at < x.length; at++) difference |= x.charCodeAt(at) ^ y.charCodeAt(at);
  return difference === 0;
}
