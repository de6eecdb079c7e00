// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { identityOfKeystone, type KeystoneToken } from "../../src/access/keystone-identity.ts";

const user = { name: "alice", domain: { id: "default", name: "Default" } };
const project = { id: "b1" };
const identify = (roles: readonly string[], more: Partial<KeystoneToken> = { project }) =>
  identityOfKeystone({ user, roles: roles.map((name) => ({ name })), ...more });

test.each([
  [["reader"], { role: "viewer", project: "b1" }],
  [["member", "reader"], { role: "member", project: "b1" }],
  [["auditor", "reader"], { role: "auditor", project: "b1" }],
  [["reader", "member", "manager", "admin"], { role: "admin" }],
  [["manager"], { role: "none", project: "b1" }],
  [[], { role: "none", project: "b1" }],
])("roles %j in a project are %j", (roles, expected) => {
  expect(identify(roles)).toEqual({ user: "alice", ...expected });
});

test.each([
  ["no project", {}],
  ["a project that stands for a domain", { project, is_domain: true }],
])("with %s there is no role", (_, more) => {
  for (const role of ["member", "admin"])
    expect(identify([role], more)).toEqual({ user: "alice", role: "none" });
});

test("a user of another domain is named with it", () => {
  const other = { name: "alice", domain: { id: "d2", name: "Lab" } };
  expect(identify(["admin"], { project, user: other })).toMatchObject({ user: "alice@Lab" });
});
