// SPDX-License-Identifier: Apache-2.0
import { type JWTPayload, jwtVerify } from "jose";
import type { Moment } from "../../access/moment.ts";
import type { IssuerKeys } from "./issuer-keys.ts";

/** Signatures by public keys only: with a shared key everyone who verifies could also sign. */
const ALGORITHMS = [
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
  ...["PS256", "PS384", "PS512", "RS256", "RS384", "RS512"],
];

/** By how much the clocks of issuer and server may differ. */
const CLOCK_SKEW_SECONDS = 60;

export interface VerifiedClaims {
  readonly claims: JWTPayload;
  /** Milliseconds since the epoch; with the tolerance for clocks. */
  readonly expiresAtMs: number;
}

/** Whose token it must be, and for whom. */
interface Expected {
  readonly issuer: string;
  readonly audience: string | string[];
}

/**
 * The claims of a JWT that an issuer has signed for an audience.
 *
 * @throws errors of jose for a token that is not valid, and ServiceError when the keys cannot be read.
 * @see RFC 7519, RFC 8725
 */
export async function verifiedClaims(
  token: string,
  { issuer, audience }: Expected,
  keys: IssuerKeys,
  { wallMs }: Moment,
): Promise<VerifiedClaims> {
  const { payload } = await jwtVerify(token, (...of) => keys.keyOf(...of), {
    ...{ issuer, audience, algorithms: ALGORITHMS, clockTolerance: CLOCK_SKEW_SECONDS },
    requiredClaims: ["exp"],
    currentDate: new Date(wallMs),
  });
  // It is there, and a number: it is verified.
  const { exp = 0 } = payload;
  return { claims: payload, expiresAtMs: (exp + CLOCK_SKEW_SECONDS) * 1000 };
}
