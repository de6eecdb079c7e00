// SPDX-License-Identifier: Apache-2.0
import { TOKEN_PATTERN } from "./token.ts";

/** Credentials as a request has them. */
export interface Credentials {
  /** The header Authorization. */
  readonly authorization: string | undefined;
  /** The header X-Auth-Token. */
  readonly keystoneToken?: string | undefined;
  /** The secret of a session, from the cookie. */
  readonly session?: string | undefined;
  /** That of the connection, verified. */
  readonly certificate?: ClientCertificate | undefined;
  /** The address of the client. */
  readonly address: string;
  /** The connection of the request: what it has shown before is recognized. Absent: each request is looked at anew. */
  readonly connection?: object | undefined;
}

/** The verified certificate of a client. */
export interface ClientCertificate {
  /** Its names as `DNS:…`, `URI:…` and `CN:…`. */
  readonly subjects: readonly string[];
  /** Milliseconds since the epoch. */
  readonly validUntilMs: number;
}

/** The token of a header `Authorization: Bearer TOKEN`. @see RFC 6750 §2.1 */
export function bearerOf(authorization: string): string | undefined {
  const [, token = ""] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
  return TOKEN_PATTERN.test(token) ? token : undefined;
}

/** Whether a token has the form of a signed JWT: three parts in base64url. @see RFC 7515 §3.1 */
export function isJwt(token: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(token);
}
