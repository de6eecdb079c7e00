// SPDX-License-Identifier: Apache-2.0
import type { RequestListener } from "node:http";
import { pino } from "pino";
import { expect, onTestFinished, test, vi } from "vitest";
import { OidcSource } from "../../../src/server/identity/oidc-source.ts";
import { momentAt } from "../../access/tokens.ts";
import { OidcIssuer } from "./oidc-issuer.ts";

const CLIENTS = {
  ops: { roles: ["admin", "other"] },
  blue: { roles: ["member"], team: "blue" },
  guest: { roles: ["other"], team: "blue" },
};

async function oidc(clients: Readonly<Record<string, object>> = CLIENTS) {
  const issuer = await OidcIssuer.forTest(clients);
  const log: string[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => log.push(line) });
  const source = new OidcSource(issuer.config, logger);
  const validate = (token: string, nowMs = Date.now()) => source.validate(token, momentAt(nowMs));
  const warnings = () => log.map((line) => JSON.parse(line)).filter(({ level }) => level === 40);
  return { issuer, logger, validate, log, warnings };
}

const UNKNOWN = { type: "invalid", reason: "unknown" };
const UNAVAILABLE = { type: "unavailable" };

test("tokens of a provider identify its clients, and the provider is asked for its keys only once", async () => {
  const { issuer, validate } = await oidc();
  const [ops, blue, guest] = await Promise.all(
    ["ops", "blue", "guest"].map((each) => issuer.tokenOf(each)),
  );
  issuer.requests.length = 0;
  const expiresAtMs = expect.toSatisfy((ms: number) => ms > Date.now() + 600_000);
  expect(await Promise.all([ops, blue, guest].map((token = "") => validate(token)))).toEqual([
    { type: "valid", identity: { user: "ops", role: "admin", expiresAtMs } },
    { type: "valid", identity: { user: "blue", role: "member", project: "blue", expiresAtMs } },
    { type: "valid", identity: { user: "guest", role: "none", project: "blue", expiresAtMs } },
  ]);
  expect(issuer.requests).toEqual(["GET /.well-known/openid-configuration", "GET /jwks"]);
});

test("a forged token is rejected, and the valid one beside it is not", async () => {
  const { issuer, validate, log } = await oidc();
  expect(await validate(await issuer.forged())).toMatchObject({ identity: { user: "mallory" } });
  const now = Math.floor(Date.now() / 1000);
  const { issuer: own } = issuer.config;
  const tokens = [
    issuer.unsigned(),
    await issuer.signedWithPublicKey(),
    await issuer.signedByOther(),
    await issuer.forged({ header: { kid: "absent" } }),
    await issuer.forged({ claims: { aud: "another" } }),
    await issuer.forged({ claims: { aud: undefined } }),
    await issuer.forged({ claims: { iss: "https://id.example.org" } }),
    await issuer.forged({ claims: { iss: `${own}/` } }),
    await issuer.forged({ claims: { exp: undefined } }),
    await issuer.forged({ claims: { nbf: now + 120 } }),
    await issuer.forged({ claims: { sub: undefined } }),
    await issuer.forged({ header: { crit: ["b64"], b64: false } }).catch(() => "a.b.c"),
    "a.b.c",
    "eyJhbGciOiJSUzI1NiJ9.e30.",
  ];
  for (const [index, token] of tokens.entries())
    expect([index, await validate(token)]).toEqual([index, UNKNOWN]);
  const expired = await issuer.forged({ claims: { exp: now - 120 } });
  expect(await validate(expired)).toEqual({ type: "invalid", reason: "expired" });
  for (const token of [...tokens, expired]) expect(log.join("")).not.toContain(token.slice(0, 40));
});

test("clocks may differ by a minute", async () => {
  const { issuer, validate } = await oidc();
  const now = Math.floor(Date.now() / 1000);
  const exp = now - 50;
  expect(await validate(await issuer.forged({ claims: { exp } }))).toMatchObject({
    identity: { expiresAtMs: (exp + 60) * 1000 },
  });
  const early = await issuer.forged({ claims: { nbf: now + 50 } });
  expect(await validate(early)).toMatchObject({ type: "valid" });
});

test("a key that has replaced another is found, and unknown keys do not cause more requests", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  const { issuer, validate } = await oidc();
  const old = await issuer.tokenOf("ops");
  expect(await validate(old)).toMatchObject({ type: "valid" });
  await issuer.rotate();
  const token = await issuer.tokenOf("ops");
  const fetched = () => issuer.requests.filter((each) => each === "GET /jwks").length;
  // Within five seconds of the last fetch there is no other one.
  for (let n = 0; n < 5; n++) expect(await validate(token)).toEqual(UNKNOWN);
  expect(fetched()).toBe(1);
  vi.setSystemTime(Date.now() + 5001);
  expect(await validate(token)).toMatchObject({ identity: { user: "ops" } });
  expect(await validate(old)).toEqual(UNKNOWN);
  expect(fetched()).toBe(2);
  // Keys are fetched again when they are old: one that was withdrawn is not used for ever.
  await issuer.rotate();
  vi.setSystemTime(Date.now() + 600_001);
  const later = await issuer.forged({ claims: { exp: Math.floor(Date.now() / 1000) + 60 } });
  expect(await validate(later)).toMatchObject({ type: "valid" });
  expect(fetched()).toBe(3);
});

test("while the issuer does not answer no token is invalid, and it is logged once", async () => {
  const { issuer, validate, warnings } = await oidc();
  const token = await issuer.tokenOf("ops");
  await issuer.stop();
  for (let n = 0; n < 3; n++) expect(await validate(token)).toEqual(UNAVAILABLE);
  expect(warnings()).toEqual([
    expect.objectContaining({
      issuer: issuer.config.issuer,
      why: expect.stringContaining("ECONNREFUSED"),
    }),
  ]);
  // What no issuer could make valid is invalid all the same.
  expect(await validate(issuer.unsigned())).toEqual(UNKNOWN);
  expect(await validate(await issuer.signedWithPublicKey())).toEqual(UNKNOWN);
  await issuer.start();
  expect(await validate(token)).toMatchObject({ type: "valid" });
  // Known keys need no issuer.
  await issuer.stop();
  expect(await validate(token)).toMatchObject({ type: "valid" });
  expect(await validate(await issuer.forged())).toMatchObject({ type: "valid" });
  await issuer.start();
});

const json =
  (body: unknown): RequestListener =>
  (_, response) =>
    response.setHeader("content-type", "application/json").end(JSON.stringify(body));

test.each<[string, (issuer: string) => RequestListener, RegExp]>([
  ["an error", () => (_, response) => response.writeHead(500).end(), /answers 500/],
  ["a redirection", () => (_, r) => r.writeHead(302, { location: "/x" }).end("{}"), /answers 302/],
  ["no JSON", () => (_, response) => response.end("<html>"), /answers 200, not JSON/],
  ["a list", () => json([]), /not JSON/],
  ["metadata of another issuer", () => json({ issuer: "https://x" }), /is of issuer "https:..x"/],
  ["no keys", (issuer) => json({ issuer }), /names no https URL of keys/],
  ["keys in a file", (issuer) => json({ issuer, jwks_uri: "file:///k" }), /names no https URL/],
  [
    "keys that are none",
    (issuer) => json({ issuer, jwks_uri: `${issuer}/k` }),
    /keys cannot be us/,
  ],
  ["an endless answer", () => (_, response) => endless(response), /longer than 1048576 bytes/],
])("an issuer whose discovery is %s is of no use", async (_, answer, expected) => {
  const { issuer, validate, warnings } = await oidc();
  const token = await issuer.tokenOf("ops");
  issuer.answerWith(answer(issuer.config.issuer));
  expect(await validate(token)).toEqual(UNAVAILABLE);
  expect(warnings()).toMatchObject([{ why: expect.stringMatching(expected) }]);
});

function endless(response: Parameters<RequestListener>[1]): void {
  const more = () => {
    while (response.write("x".repeat(65_536)));
  };
  response.on("drain", more);
  more();
}

test("a request does not wait for an issuer that is silent", async () => {
  const { issuer, logger, warnings } = await oidc();
  const source = new OidcSource(issuer.config, logger, 200);
  const token = await issuer.forged();
  issuer.answerWith(() => {});
  const both = [
    source.validate(token, momentAt(Date.now())),
    source.validate(token, momentAt(Date.now())),
  ];
  expect(await Promise.all(both)).toEqual([UNAVAILABLE, UNAVAILABLE]);
  expect(warnings()).toMatchObject([{ why: "it does not answer within 200 ms" }]);
  issuer.answerWith((request, response) => {
    if (request.url !== "/k")
      json({ issuer: issuer.config.issuer, jwks_uri: `${issuer.config.issuer}/k` })(
        request,
        response,
      );
  });
  expect(await source.validate(token, momentAt(Date.now() + 60_000))).toEqual(UNAVAILABLE);
  expect(warnings()).toHaveLength(2);
});
