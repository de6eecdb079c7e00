// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { parseAuthFile } from "../../src/access/auth-file.ts";
import { recordOf, tokenNamed } from "./tokens.ts";

const read = (document: unknown) => parseAuthFile(JSON.stringify(document), "auth.json");

function problems(document: unknown) {
  const parsed = read(document);
  return parsed.ok ? [] : parsed.errors.map(({ path, what }) => `${path}: ${what}`);
}

test("a file of tokens", () => {
  const tokens = [
    recordOf("ci", "member", { expiresAt: "2026-12-31T23:59:59+01:00" }),
    recordOf("ops", "operator", { project: "blue" }),
  ];
  expect(read({ tokens })).toEqual({ ok: true, value: { tokens } });
  expect(read({})).toEqual({ ok: true, value: { tokens: [] } });
});

test.each([
  [{ role: "root" }, /^\/tokens\/0\/role: /],
  [{ role: undefined }, /^\/tokens\/0\/role: "role" is missing/],
  [{ id: "a b" }, /^\/tokens\/0\/id: "a b" is not an id/],
  [{ project: "" }, /^\/tokens\/0\/project: "" is not the name of a project/],
  [{ user: "" }, /^\/tokens\/0\/user: /],
  [{ sha256: "ab" }, /^\/tokens\/0\/sha256: this is not the SHA-256 of a token$/],
  [{ expiresAt: "tomorrow" }, /^\/tokens\/0\/expiresAt: "tomorrow" is not a time/],
  [{ expiresAt: "2026-12-31" }, /^\/tokens\/0\/expiresAt: "2026-12-31" is not a time/],
  [{ tokne: 1 }, /^\/tokens\/0\/tokne: unknown key/],
] as const)("%j is an error at its place", (change, expected) => {
  const found = problems({ tokens: [{ ...recordOf("ci", "viewer"), ...change }] });
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(expected);
});

test.each(["id", "sha256"] as const)("two tokens with one %s are an error", (key) => {
  const first = recordOf("a", "viewer");
  const second = { ...recordOf("b", "viewer"), [key]: first[key] };
  expect(problems({ tokens: [first, second] })).toEqual([
    `/tokens/1/${key}: tokens 0 and 1 have the same ${key}`,
  ]);
});

const OIDC = { issuer: "https://id.example.org/realm", audience: "openvtap", roleClaim: "roles" };

test.each([
  OIDC,
  { ...OIDC, audience: ["a", "b"], projectClaim: "team", userClaim: "email" },
  { ...OIDC, issuer: "http://127.0.0.1:9000" },
  { ...OIDC, issuer: "http://[::1]:9000" },
  { ...OIDC, issuer: "http://localhost:9000" },
])("an OIDC issuer: %j", (oidc) => {
  expect(read({ oidc })).toEqual({ ok: true, value: { tokens: [], oidc } });
});

test.each([
  [{ issuer: "http://id.example.org" }, /^\/oidc\/issuer: "http:\S+" is no URL of a protected/],
  [{ issuer: "http://127.0.0.1.example.org" }, /^\/oidc\/issuer: /],
  [{ issuer: "id.example.org" }, /^\/oidc\/issuer: /],
  [{ issuer: "file:///etc/passwd" }, /^\/oidc\/issuer: /],
  [{ issuer: "https://a:secret@id.example.org" }, /^\/oidc\/issuer: the URL holds a user or pa/],
  [{ audience: [] }, /^\/oidc\/audience: /],
  [{ audience: undefined }, /^\/oidc\/audience: /],
  [{ roleClaim: "" }, /^\/oidc\/roleClaim: /],
  [{ clientSecretFile: "x" }, /^\/oidc\/clientSecretFile: clientSecretFile has no effect without/],
  [{ redirectUrl: "https://a.example.org" }, /^\/oidc\/redirectUrl: redirectUrl has no effect/],
  [{ clientId: "a", redirectUrl: "http://a.example.org" }, /^\/oidc\/redirectUrl: .* is no URL/],
  [{ clientId: "a", scope: "profile openids" }, /^\/oidc\/scope: .* does not contain "openid"/],
  [{ rolesClaim: "x" }, /^\/oidc\/rolesClaim: unknown key/],
] as const)("%j of an issuer is an error at its place", (change, expected) => {
  const found = problems({ oidc: { ...OIDC, ...change } });
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(expected);
  expect(found[0]).not.toContain("secret");
});

const PROBE = { subject: "DNS:probe.example.org", user: "probe", role: "viewer" };

test("client certificates", () => {
  const certificates = [PROBE, { ...PROBE, subject: "CN:probe", project: "blue" }];
  expect(read({ certificates })).toEqual({ ok: true, value: { tokens: [], certificates } });
  expect(problems({ certificates: [PROBE, PROBE] })).toEqual([
    "/certificates/1/subject: certificates 0 and 1 have the same subject",
  ]);
});

test.each([
  [{ subject: "probe" }, /^\/certificates\/0\/subject: "probe" is no name in a certificate/],
  [{ subject: "IP:192.0.2.1" }, /^\/certificates\/0\/subject: /],
  [{ subject: "DNS:Probe.example.org" }, /^\/certificates\/0\/subject: /],
  [{ subject: "CN:" }, /^\/certificates\/0\/subject: /],
  [{ role: "root" }, /^\/certificates\/0\/role: /],
  [{ sha256: "x" }, /^\/certificates\/0\/sha256: unknown key/],
] as const)("%j of a certificate is an error at its place", (change, expected) => {
  const found = problems({ certificates: [{ ...PROBE, ...change }] });
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(expected);
});

const KEYSTONE = { url: "https://keystone.example.org:5000/v3" };

test("Keystone, with and without an account", () => {
  const defaults = { project: "service", domain: "default" };
  const account = { user: "vtap", passwordFile: "password" };
  expect(read({ keystone: KEYSTONE })).toMatchObject({
    value: { keystone: { ...KEYSTONE, ...defaults } },
  });
  expect(read({ keystone: { ...KEYSTONE, ...account, project: "admin" } })).toMatchObject({
    value: { keystone: { ...KEYSTONE, ...account, project: "admin", domain: "default" } },
  });
});

test.each([
  [{ url: "http://keystone.example.org/v3" }, /^\/keystone\/url: .* is no URL of a protected/],
  [{ user: "vtap" }, /^\/keystone\/user: user has no effect without passwordFile$/],
  [{ passwordFile: "x" }, /^\/keystone\/passwordFile: passwordFile has no effect without user$/],
  [{ password: "x" }, /^\/keystone\/password: unknown key/],
] as const)("%j of Keystone is an error at its place", (change, expected) => {
  const found = problems({ keystone: { ...KEYSTONE, ...change } });
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(expected);
});

test("no error quotes a token that is in the place of its hash", () => {
  const token = tokenNamed("secret");
  const parsed = read({ tokens: [{ ...recordOf("a", "viewer"), sha256: token }] });
  expect(parsed.ok).toBe(false);
  expect(JSON.stringify(parsed)).not.toContain(token);
});
