// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { identityOfClaims } from "../../src/access/claims.ts";
import type { OidcConfig } from "../../src/access/identity-services.ts";

const CONFIG: OidcConfig = {
  issuer: "https://id.example.org",
  audience: "openvtap",
  roleClaim: "roles",
};
const identify = (claims: object, more: Partial<OidcConfig> = {}) =>
  identityOfClaims({ sub: "alice", ...claims }, { ...CONFIG, ...more });

test.each([
  ["viewer", "viewer"],
  [["other", "member"], "member"],
  [["viewer", "auditor", "member", "operator", "admin"], "admin"],
  [["auditor", "member", "operator"], "operator"],
  [["auditor", "member"], "member"],
  [["viewer", "auditor"], "auditor"],
  [["Admin", "scraper", "none"], "none"],
  [[["admin"]], "none"],
  [{ admin: true }, "none"],
  [undefined, "none"],
] as const)("the claim %j is the role %s", (roles, role) => {
  expect(identify({ roles })).toEqual({ user: "alice", role });
});

test("a claim is found at a path, and a name with dots is no path", () => {
  const nested = { realm_access: { roles: ["admin"] } };
  expect(identify(nested, { roleClaim: "realm_access.roles" })).toMatchObject({ role: "admin" });
  const roleClaim = "https://vtap.example.org/role";
  expect(identify({ [roleClaim]: "member" }, { roleClaim })).toMatchObject({ role: "member" });
  for (const path of ["constructor.name", "realm_access.roles.0.length", "__proto__"])
    expect(identify(nested, { roleClaim: path })).toMatchObject({ role: "none" });
});

test.each([
  [
    { roles: "member", team: "blue" },
    { role: "member", project: "blue" },
  ],
  [
    { roles: "admin", team: "blue" },
    { role: "admin", project: "blue" },
  ],
  [{ roles: "admin" }, { role: "admin" }],
  [{ roles: "operator" }, { role: "none" }],
  [{ roles: "admin", team: ["blue"] }, { role: "none" }],
  [{ roles: "admin", team: "" }, { role: "none" }],
])("with a claim for projects %j is %j", (claims, expected) => {
  expect(identify(claims, { projectClaim: "team" })).toEqual({ user: "alice", ...expected });
});

test("the user is the subject, or another claim", () => {
  const claims = { roles: "viewer", email: "alice@example.org" };
  expect(identify(claims, { userClaim: "email" })).toMatchObject({ user: "alice@example.org" });
  for (const sub of [undefined, "", 7, "x".repeat(129)])
    expect(identify({ ...claims, sub })).toBeUndefined();
});
