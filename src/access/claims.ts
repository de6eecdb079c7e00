// SPDX-License-Identifier: Apache-2.0
import { isObject } from "../lang/is-object.ts";
import { projectText } from "../topology/index.ts";
import type { Identity } from "./identity.ts";
import type { OidcService } from "./identity-services.ts";
import { strongestRole } from "./roles.ts";

/** The verified claims of a JWT. */
export type Claims = Readonly<Record<string, unknown>>;

const LONGEST_USER = 128;

/**
 * Whom the claims of a JWT identify; undefined if they name no user. The role is `none` without one of OpenVTAP, and
 * where `projectClaim` is set and the claim names no project: that must not widen what the token sees. `admin`
 * needs no project.
 */
export function identityOfClaims(
  claims: Claims,
  { roleClaim, projectClaim, userClaim = "sub" }: OidcService,
): Pick<Identity, "user" | "role" | "project"> | undefined {
  const user = claimAt(claims, userClaim);
  if (typeof user !== "string" || user === "" || user.length > LONGEST_USER) return undefined;
  const role = strongestRole(namesOf(claimAt(claims, roleClaim)));
  if (projectClaim === undefined) return { user, role };
  const claim = claimAt(claims, projectClaim);
  const project = projectText.safeParse(claim);
  if (project.success) return { user, role, project: project.data };
  const isUnlimited = role === "admin" && claim === undefined;
  return { user, role: isUnlimited ? role : "none" };
}

/** The claim of a name, or at a path such as `realm_access.roles`. A name may itself have dots. */
function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let found: unknown = claims;
  for (const key of path.split(".")) {
    if (!isObject(found) || !Object.hasOwn(found, key)) return undefined;
    found = found[key];
  }
  return found;
}

/** The names of a claim that is a text or a list of texts. */
function namesOf(claim: unknown): string[] {
  return [claim].flat().filter((name) => typeof name === "string");
}
