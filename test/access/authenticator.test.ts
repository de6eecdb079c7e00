// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { Authenticator } from "../../src/access/authenticator.ts";
import { recordOf, tokenNamed } from "./tokens.ts";

const ADDRESS = "192.0.2.1";
const NOW = Date.parse("2026-06-01T00:00:00Z");
const METRICS = tokenNamed("metrics");

function authenticator() {
  const tokens = [
    recordOf("ci", "member"),
    recordOf("blue", "member", { project: "blue" }),
    recordOf("guest", "viewer", { expiresAt: "2026-06-01T00:00:10Z" }),
  ];
  const found = new Authenticator({ tokens, metricsToken: METRICS });
  const present = (authorization: string | undefined, nowMs = NOW, address = ADDRESS) =>
    found.authenticate({ authorization, address }, nowMs);
  const bearer = (name: string, nowMs?: number, address?: string) =>
    present(`Bearer ${tokenNamed(name)}`, nowMs, address);
  return { found, present, bearer, tokens };
}

test("a token identifies its user, until it expires", () => {
  const { bearer } = authenticator();
  expect(bearer("ci")).toMatchObject({
    type: "identified",
    identity: { id: "ci", user: "user of ci", role: "member" },
  });
  expect(bearer("guest", NOW + 9999)).toMatchObject({ type: "identified" });
  expect(bearer("guest", NOW + 10_000)).toMatchObject({ type: "rejected", reason: "expired" });
});

test("a token may be limited to a project", () => {
  const { bearer } = authenticator();
  expect(bearer("blue")).toMatchObject({ identity: { role: "member", project: "blue" } });
  const everything = bearer("ci");
  expect(everything.type === "identified" && everything.identity).not.toHaveProperty("project");
});

test("the metrics token is of no role but its own", () => {
  const { bearer } = authenticator();
  expect(bearer("metrics")).toMatchObject({ type: "identified", identity: { role: "scraper" } });
});

test.each([
  ["Basic dXNlcjpwYXNz"],
  ["Bearer"],
  ["Bearer a b"],
  [`Token ${METRICS}`],
  [METRICS],
  ["Bearer ü"],
  [""],
])("%j is no bearer token", (authorization) => {
  expect(authenticator().present(authorization)).toMatchObject({ reason: "malformed" });
});

test("the scheme is not case-sensitive, the token is", () => {
  const { present } = authenticator();
  const token = tokenNamed("ci");
  expect(present(`bearer  ${token}`)).toMatchObject({ type: "identified" });
  for (const wrong of [token.toUpperCase(), token.slice(0, -1), `${token}A`, "x"]) {
    expect(present(`Bearer ${wrong}`)).toMatchObject({ reason: "unknown" });
  }
});

test("nothing is missing from a request without credentials but the credentials", () => {
  const { present, found } = authenticator();
  for (let n = 0; n < 50; n++) expect(present(undefined)).toEqual({ type: "missing" });
  expect(found.failures).toEqual({ malformed: 0, unknown: 0, expired: 0, locked: 0 });
});

test("a revoked token is unknown at once, and an unchanged one keeps its identity", () => {
  const { found, bearer, tokens } = authenticator();
  const before = bearer("ci");
  const guest = bearer("guest");
  if (before.type !== "identified" || guest.type !== "identified") throw new Error("not valid");
  found.replace({ tokens: tokens.slice(0, 1) });
  expect(bearer("guest")).toMatchObject({ reason: "unknown" });
  expect(bearer("metrics")).toMatchObject({ reason: "unknown" });
  const after = bearer("ci");
  expect(after.type === "identified" && after.identity).toBe(before.identity);
  expect([before, guest].map(({ identity }) => found.isValid(identity, NOW))).toEqual([
    true,
    false,
  ]);
});

test("an identity whose role was changed is no longer valid", () => {
  const { found, bearer } = authenticator();
  const before = bearer("ci");
  if (before.type !== "identified") throw new Error("not valid");
  found.replace({ tokens: [recordOf("ci", "viewer")] });
  expect(found.isValid(before.identity, NOW)).toBe(false);
  expect(bearer("ci")).toMatchObject({ identity: { role: "viewer" } });
});

test("an expired identity is no longer valid", () => {
  const { found, bearer } = authenticator();
  const guest = bearer("guest");
  if (guest.type !== "identified") throw new Error("not valid");
  expect([0, 10_000].map((ms) => found.isValid(guest.identity, NOW + ms))).toEqual([true, false]);
});

test("from a locked address only tokens are accepted that it has used before", () => {
  const { found, bearer, present } = authenticator();
  expect(bearer("ci")).toMatchObject({ type: "identified" });
  for (let n = 0; n < 9; n++) expect(bearer("wrong")).toMatchObject({ locksForMs: 0 });
  expect(present("Basic x")).toMatchObject({ reason: "malformed", locksForMs: 60_000 });
  expect(bearer("wrong")).toEqual({ type: "locked", forMs: 60_000 });
  expect(bearer("guest")).toEqual({ type: "locked", forMs: 60_000 });
  expect(bearer("ci")).toMatchObject({ type: "identified" });
  expect(bearer("guest", NOW, "192.0.2.2")).toMatchObject({ type: "identified" });
  expect(bearer("guest", NOW + 60_000)).toMatchObject({ reason: "expired" });
  expect(found.failures).toEqual({ malformed: 1, unknown: 9, expired: 1, locked: 2 });
});

test("a revoked token that a locked address has used before is not accepted", () => {
  const { found, bearer } = authenticator();
  bearer("ci");
  for (let n = 0; n < 10; n++) bearer("wrong");
  found.replace({ tokens: [] });
  expect(bearer("ci")).toMatchObject({ type: "locked" });
});
