// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { Authenticator } from "../../src/access/authenticator.ts";
import type { Credentials } from "../../src/access/credentials.ts";
import type { Validation } from "../../src/access/identity-source.ts";
import { momentAt, recordOf, tokenNamed } from "./tokens.ts";

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
    found.authenticate({ authorization, address }, momentAt(nowMs));
  const bearer = (name: string, nowMs?: number, address?: string) =>
    present(`Bearer ${tokenNamed(name)}`, nowMs, address);
  return { found, present, bearer, tokens };
}

test("a token identifies its user, until it expires", async () => {
  const { bearer } = authenticator();
  expect(await bearer("ci")).toMatchObject({
    type: "identified",
    identity: { id: "ci", user: "user of ci", role: "member" },
  });
  expect(await bearer("guest", NOW + 9999)).toMatchObject({ type: "identified" });
  expect(await bearer("guest", NOW + 10_000)).toMatchObject({
    type: "rejected",
    reason: "expired",
  });
});

test("a token may be limited to a project", async () => {
  const { bearer } = authenticator();
  expect(await bearer("blue")).toMatchObject({ identity: { role: "member", project: "blue" } });
  const everything = await bearer("ci");
  expect(everything.type === "identified" && everything.identity).not.toHaveProperty("project");
});

test("the metrics token is of no role but its own", async () => {
  const { bearer } = authenticator();
  expect(await bearer("metrics")).toMatchObject({
    type: "identified",
    identity: { role: "scraper" },
  });
});

test.each([
  ["Basic dXNlcjpwYXNz"],
  ["Bearer"],
  ["Bearer a b"],
  [`Token ${METRICS}`],
  [METRICS],
  ["Bearer ü"],
  [""],
])("%j is no bearer token", async (authorization) => {
  expect(await authenticator().present(authorization)).toMatchObject({ reason: "malformed" });
});

test("the scheme is not case-sensitive, the token is", async () => {
  const { present } = authenticator();
  const token = tokenNamed("ci");
  expect(await present(`bearer  ${token}`)).toMatchObject({ type: "identified" });
  for (const wrong of [token.toUpperCase(), token.slice(0, -1), `${token}A`, "x"]) {
    expect(await present(`Bearer ${wrong}`)).toMatchObject({ reason: "unknown" });
  }
});

test("nothing is missing from a request without credentials but the credentials", async () => {
  const { present, found } = authenticator();
  for (let n = 0; n < 50; n++) expect(await present(undefined)).toEqual({ type: "missing" });
  expect(found.failures).toEqual({ malformed: 0, unknown: 0, expired: 0, locked: 0 });
});

test("a revoked token is unknown at once, and an unchanged one keeps its identity", async () => {
  const { found, bearer, tokens } = authenticator();
  const before = await bearer("ci");
  const guest = await bearer("guest");
  if (before.type !== "identified" || guest.type !== "identified") throw new Error("not valid");
  found.replace({ tokens: tokens.slice(0, 1) });
  expect(await bearer("guest")).toMatchObject({ reason: "unknown" });
  expect(await bearer("metrics")).toMatchObject({ reason: "unknown" });
  const after = await bearer("ci");
  expect(after.type === "identified" && after.identity).toBe(before.identity);
  expect([before, guest].map(({ identity }) => found.isValid(identity, momentAt(NOW)))).toEqual([
    true,
    false,
  ]);
});

test("an identity whose role was changed is no longer valid", async () => {
  const { found, bearer } = authenticator();
  const before = await bearer("ci");
  if (before.type !== "identified") throw new Error("not valid");
  found.replace({ tokens: [recordOf("ci", "viewer")] });
  expect(found.isValid(before.identity, momentAt(NOW))).toBe(false);
  expect(await bearer("ci")).toMatchObject({ identity: { role: "viewer" } });
});

test("an expired identity is no longer valid", async () => {
  const { found, bearer } = authenticator();
  const guest = await bearer("guest");
  if (guest.type !== "identified") throw new Error("not valid");
  expect([0, 10_000].map((ms) => found.isValid(guest.identity, momentAt(NOW + ms)))).toEqual([
    true,
    false,
  ]);
});

test("from a locked address only tokens are accepted that it has used before", async () => {
  const { found, bearer, present } = authenticator();
  expect(await bearer("ci")).toMatchObject({ type: "identified" });
  for (let n = 0; n < 9; n++) expect(await bearer("wrong")).toMatchObject({ locksForMs: 0 });
  expect(await present("Basic x")).toMatchObject({ reason: "malformed", locksForMs: 60_000 });
  expect(await bearer("wrong")).toEqual({ type: "locked", forMs: 60_000 });
  expect(await bearer("guest")).toEqual({ type: "locked", forMs: 60_000 });
  expect(await bearer("ci")).toMatchObject({ type: "identified" });
  expect(await bearer("guest", NOW, "192.0.2.2")).toMatchObject({ type: "identified" });
  expect(await bearer("guest", NOW + 60_000)).toMatchObject({ reason: "expired" });
  expect(found.failures).toEqual({ malformed: 1, unknown: 9, expired: 1, locked: 2 });
});

test("a lock lasts as long as it says although the wall clock is set", async () => {
  const { found } = authenticator();
  const present = (name: string, wallMs: number, steadyMs: number) => {
    const authorization = `Bearer ${tokenNamed(name)}`;
    return found.authenticate({ authorization, address: ADDRESS }, { wallMs, steadyMs });
  };
  for (let n = 0; n < 10; n++) await present("wrong", NOW, 0);
  expect(await present("ci", NOW + 86_400_000, 59_999)).toEqual({ type: "locked", forMs: 1 });
  expect(await present("ci", NOW - 86_400_000, 60_000)).toMatchObject({ type: "identified" });
});

test("a revoked token that a locked address has used before is not accepted", async () => {
  const { found, bearer } = authenticator();
  await bearer("ci");
  for (let n = 0; n < 10; n++) await bearer("wrong");
  found.replace({ tokens: [] });
  expect(await bearer("ci")).toMatchObject({ type: "locked" });
});

/** Tokens in the form of JWTs, with a service that answers what the test says. */
function withIssuer(answers: Record<string, Validation>, more: { isSigned?: boolean } = {}) {
  const asked: string[] = [];
  const validate = async (token: string) => {
    asked.push(token);
    return answers[token] ?? { type: "invalid", reason: "unknown" };
  };
  const oidc = { issuer: "https://id.example.org", audience: "openvtap", roleClaim: "roles" };
  const tokens = [recordOf("ci", "member")];
  const source = () => ({ name: "the issuer", validate, ...more });
  const factories = { oidc: source, keystone: source };
  const found = new Authenticator({ tokens, oidc }, { factories });
  const bearer = (token: string, nowMs = NOW, address = ADDRESS) =>
    found.authenticate({ authorization: `Bearer ${token}`, address }, momentAt(nowMs));
  return { found, tokens, oidc, asked, bearer };
}

const alice: Validation = {
  type: "valid",
  identity: { user: "alice", role: "admin", expiresAtMs: NOW + 3_600_000 },
};

test("a JWT is validated by the issuer, and other tokens are not shown to it", async () => {
  const { bearer, asked, found } = withIssuer({ "a.b.c": alice, "d.e.f": { type: "unavailable" } });
  expect(await bearer("a.b.c")).toMatchObject({ identity: { user: "alice", role: "admin" } });
  expect(await bearer("d.e.f")).toEqual({ type: "unavailable", service: "the issuer" });
  expect(await bearer("g.h.i")).toMatchObject({ reason: "unknown" });
  expect(await bearer(tokenNamed("ci"))).toMatchObject({ identity: { id: "ci" } });
  for (const token of [tokenNamed("no"), "a.b", "a.b.c.d", "a.b.c=", "a.~.c"])
    expect(await bearer(token)).toMatchObject({ reason: "unknown" });
  expect(asked).toEqual(["a.b.c", "d.e.f", "g.h.i"]);
  expect(found.failures).toMatchObject({ unknown: 6, malformed: 0 });
});

test("failures with JWTs lock an address, and the issuer is not asked from a locked one", async () => {
  const answers: Record<string, Validation> = { "a.b.c": alice, "d.e.f": alice };
  const { bearer, asked } = withIssuer(answers);
  await bearer("a.b.c");
  for (let n = 0; n < 10; n++) await bearer(`x.x.${n}`);
  asked.length = 0;
  expect(await bearer("d.e.f")).toMatchObject({ type: "locked" });
  expect(asked).toEqual([]);
  expect(await bearer("a.b.c")).toMatchObject({ type: "identified" });
  expect(await bearer("d.e.f", NOW, "192.0.2.2")).toMatchObject({ type: "identified" });
  // Used before, and revoked since: the issuer is asked once.
  answers["a.b.c"] = { type: "invalid", reason: "unknown" };
  for (let n = 0; n < 10; n++) await bearer(`x.x.${n}`, NOW + 299_000);
  asked.length = 0;
  expect(await bearer("a.b.c", NOW + 300_000)).toMatchObject({ type: "rejected" });
  expect(await bearer("a.b.c", NOW + 300_000)).toMatchObject({ type: "locked" });
  expect(asked).toEqual(["a.b.c"]);
});

test("a renewed JWT is accepted from a locked address, and no other one", async () => {
  const answers: Record<string, Validation> = { "a.b.c": alice, "d.e.f": { type: "unavailable" } };
  const { bearer, found } = withIssuer(answers, { isSigned: true });
  for (let n = 0; n < 10; n++) await bearer(`x.x.${n}`);
  expect(await bearer("a.b.c")).toMatchObject({ identity: { user: "alice" } });
  for (const wrong of ["x.x.x", "d.e.f", tokenNamed("ci"), tokenNamed("unknown")])
    expect([wrong, (await bearer(wrong)).type]).toEqual([wrong, "locked"]);
  expect(found.failures).toMatchObject({ unknown: 10, locked: 4 });
});

test("an issuer that does not answer is no failure of the client", async () => {
  const { bearer } = withIssuer({ "a.b.c": { type: "unavailable" } });
  for (let n = 0; n < 30; n++)
    expect(await bearer("a.b.c")).toEqual({ type: "unavailable", service: "the issuer" });
});

test("an unchanged issuer keeps its answers, a changed or removed one does not", async () => {
  const { found, bearer, tokens, oidc, asked } = withIssuer({ "a.b.c": alice });
  const first = await bearer("a.b.c");
  if (first.type !== "identified") throw new Error("not valid");
  found.replace({ tokens, oidc: { ...oidc } });
  await bearer("a.b.c");
  expect([asked.length, found.isValid(first.identity, momentAt(NOW))]).toEqual([1, true]);
  found.replace({ tokens, oidc: { ...oidc, audience: "other" } });
  expect(found.isValid(first.identity, momentAt(NOW))).toBe(false);
  await bearer("a.b.c");
  expect(asked).toHaveLength(2);
  found.replace({ tokens });
  expect(await bearer("a.b.c")).toMatchObject({ reason: "unknown" });
  expect(asked).toHaveLength(2);
});

test("a token of Keystone is shown to Keystone only, and only without a bearer token", async () => {
  const asked: string[] = [];
  const source = (name: string) => () => ({
    name,
    validate: async (token: string) => {
      asked.push(`${name}: ${token}`);
      return alice;
    },
  });
  const factories = { oidc: source("the issuer"), keystone: source("Keystone") };
  const accepted = {
    tokens: [recordOf("ci", "member")],
    keystone: { url: "https://k.example.org" },
  };
  const found = new Authenticator(accepted, { factories });
  const present = (keystoneToken: string, authorization?: string) =>
    found.authenticate({ authorization, keystoneToken, address: ADDRESS }, momentAt(NOW));
  expect(await present("gAAAA")).toMatchObject({ identity: { user: "alice" } });
  expect(await present("a.b.c")).toMatchObject({ identity: { user: "alice" } });
  expect(await present("gAAAA", `Bearer ${tokenNamed("ci")}`)).toMatchObject({
    identity: { id: "ci" },
  });
  expect(await present("gAAAA", "Bearer x")).toMatchObject({ reason: "unknown" });
  expect(await present("gAAAA", "Bearer a.b.c")).toMatchObject({ reason: "unknown" });
  for (const wrong of ["", "a b", "a, b", "ü"])
    expect(await present(wrong)).toMatchObject({ reason: "unknown" });
  expect(asked).toEqual(["Keystone: gAAAA", "Keystone: a.b.c"]);
  found.replace({ tokens: accepted.tokens });
  expect(await present("gAAAA")).toEqual({ type: "missing" });
});

describe("client certificates", () => {
  const probe = {
    subject: "URI:spiffe://example.org/probe",
    user: "probe",
    role: "viewer",
  } as const;
  const accepted = { tokens: [recordOf("ci", "member")], certificates: [probe] };
  const certificate = {
    subjects: ["DNS:other.example.org", probe.subject, "CN:probe"],
    validUntilMs: NOW + 1000,
  };
  const present = (found: Authenticator, more: Partial<Credentials> = {}, nowMs = NOW) =>
    found.authenticate(
      { authorization: undefined, address: ADDRESS, certificate, ...more },
      momentAt(nowMs),
    );

  test("a listed one identifies its machine while it is valid, and others identify nothing", async () => {
    const found = new Authenticator(accepted);
    expect(await present(found)).toEqual({
      type: "identified",
      identity: { id: `certificate:${probe.subject}`, user: "probe", role: "viewer" },
    });
    expect(await present(found, {}, NOW + 1000)).toEqual({ type: "missing" });
    for (const subjects of [[], ["CN:probe"], ["DNS:spiffe://example.org/probe"]]) {
      const other = { subjects, validUntilMs: NOW + 1000 };
      expect(await present(found, { certificate: other })).toEqual({ type: "missing" });
    }
  });

  test("a token goes before it, whether the token is valid or not", async () => {
    const found = new Authenticator(accepted);
    const authorization = `Bearer ${tokenNamed("ci")}`;
    expect(await present(found, { authorization })).toMatchObject({ identity: { id: "ci" } });
    expect(await present(found, { authorization: "Bearer x" })).toMatchObject({
      reason: "unknown",
    });
  });

  test("it is accepted from a locked address", async () => {
    const found = new Authenticator(accepted);
    for (let n = 0; n < 11; n++) await present(found, { authorization: "Bearer x" });
    expect(await present(found, { authorization: "Bearer x" })).toMatchObject({ type: "locked" });
    expect(await present(found)).toMatchObject({ type: "identified" });
  });

  test("one that is no longer listed, or has another role, is no longer valid", async () => {
    const found = new Authenticator(accepted);
    const first = await present(found);
    if (first.type !== "identified") throw new Error("not valid");
    found.replace({ ...accepted, certificates: [{ ...probe }] });
    expect(found.isValid(first.identity, momentAt(NOW))).toBe(true);
    found.replace({ ...accepted, certificates: [{ ...probe, role: "admin" }] });
    expect(found.isValid(first.identity, momentAt(NOW))).toBe(false);
    expect(await present(found)).toMatchObject({ identity: { role: "admin" } });
    found.replace({ tokens: [] });
    expect(await present(found)).toEqual({ type: "missing" });
  });
});

describe("a connection that shows the same token again", () => {
  const connection = {};
  const shown = (found: Authenticator, name: string, nowMs = NOW) =>
    found.authenticate(
      { authorization: `Bearer ${tokenNamed(name)}`, address: ADDRESS, connection },
      momentAt(nowMs),
    );

  test("is the same identity, until the token expires", async () => {
    const { found } = authenticator();
    const first = await shown(found, "guest");
    expect(first).toMatchObject({ type: "identified", identity: { id: "guest" } });
    expect(await shown(found, "guest", NOW + 9999)).toEqual(first);
    expect(await shown(found, "guest", NOW + 10_000)).toMatchObject({ reason: "expired" });
  });

  test("is unknown when the token is revoked", async () => {
    const { found, tokens } = authenticator();
    expect(await shown(found, "ci")).toMatchObject({ type: "identified" });
    found.replace({ tokens: tokens.slice(1) });
    expect(await shown(found, "ci")).toMatchObject({ type: "rejected", reason: "unknown" });
  });

  test("with another token is another identity, and with a wrong one of the same length none", async () => {
    const { found } = authenticator();
    expect(await shown(found, "ci")).toMatchObject({ identity: { id: "ci" } });
    expect(await shown(found, "blue")).toMatchObject({ identity: { id: "blue" } });
    expect(await shown(found, "none")).toMatchObject({ type: "rejected", reason: "unknown" });
  });

  test("is not identified without a token afterwards", async () => {
    const { found } = authenticator();
    await shown(found, "ci");
    const without = { authorization: undefined, address: ADDRESS, connection };
    expect(await found.authenticate(without, momentAt(NOW))).toEqual({ type: "missing" });
  });
});
