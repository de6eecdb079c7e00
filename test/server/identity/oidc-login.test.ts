// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage } from "node:http";
import { pino } from "pino";
import { expect, test } from "vitest";
import { OidcSource } from "../../../src/server/identity/oidc-source.ts";
import { momentAt } from "../../access/tokens.ts";
import { OidcIssuer } from "./oidc-issuer.ts";

const ATTEMPT = {
  state: "state",
  nonce: "nonce",
  verifier: "verifier",
  redirectUrl: "http://127.0.0.1/api/v1/session/oidc/callback",
};

/** The body of the answer to a code, with its status. */
type TokenAnswer = readonly [number, unknown];

/** A login at an issuer whose answers to codes the test gives. */
async function login(more: { secret?: string | undefined; metadata?: object } = {}) {
  const issuer = await OidcIssuer.forTest({});
  const { issuer: url } = issuer.config;
  const read = async (path: string) => (await (await fetch(`${url}${path}`)).json()) as object;
  const known = await read("/.well-known/openid-configuration");
  const metadata = { ...known, ...more.metadata };
  const keys = await read("/jwks");
  const state = { answer: [200, {}] as TokenAnswer };
  const shown: { authorization: string | undefined; body: Record<string, string> }[] = [];
  issuer.answerWith(async (request, response) => {
    const json = (body: unknown, status = 200) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (request.url === "/jwks") return json(keys);
    if (request.url !== "/token") return json(metadata);
    const body = Object.fromEntries(new URLSearchParams(await bodyOf(request)));
    shown.push({ authorization: request.headers.authorization, body });
    return json(state.answer[1], state.answer[0]);
  });
  const log: string[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => log.push(line) });
  const { clientSecret: _, ...service } = issuer.loginConfig;
  const { secret = "s€cret: 1" } = more;
  const named = "secret" in more && more.secret === undefined ? {} : { clientSecret: secret };
  const source = new OidcSource({ ...service, ...named }, logger);
  const finish = (code = "code", of: string | undefined = url) =>
    source.login?.finish(ATTEMPT, { code, issuer: of }, momentAt(Date.now()));
  /** What becomes of a login with an ID token of these claims. */
  const withClaims = async (claims: Record<string, unknown>) => {
    const aud = service.clientId;
    const token = await issuer.forged({ claims: { aud, nonce: "nonce", ...claims } });
    state.answer = [200, { id_token: token }];
    return finish();
  };
  return { issuer, source, state, shown, log, finish, withClaims, clientId: service.clientId };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}

const REFUSED = { type: "invalid", reason: "unknown" };
const UNAVAILABLE = { type: "unavailable" };

test("an ID token of this login identifies the user", async () => {
  const { withClaims, shown, clientId } = await login();
  expect(await withClaims({ roles: ["viewer"] })).toMatchObject({
    type: "valid",
    identity: { user: "mallory", role: "viewer" },
  });
  expect(await withClaims({ aud: [clientId, "other"], azp: clientId })).toMatchObject({
    type: "valid",
  });
  expect(shown[0]?.body).toEqual({
    grant_type: "authorization_code",
    code: "code",
    redirect_uri: ATTEMPT.redirectUrl,
    code_verifier: "verifier",
  });
  expect(atob(shown[0]?.authorization?.slice("Basic ".length) ?? "")).toBe(
    `${clientId}:s%E2%82%ACcret%3A+1`,
  );
});

test("an ID token of another login, client or issuer identifies no user", async () => {
  const { withClaims, issuer, state, finish, clientId } = await login();
  const now = Math.floor(Date.now() / 1000);
  for (const claims of [
    { nonce: "other" },
    { nonce: undefined },
    { aud: "openvtap" },
    { aud: undefined },
    { aud: [clientId, "other"] },
    { azp: "other" },
    { iss: "https://id.example.org" },
    { exp: undefined },
    { sub: undefined },
  ])
    expect([claims, await withClaims(claims)]).toEqual([claims, REFUSED]);
  expect(await withClaims({ exp: now - 61 })).toEqual({ type: "invalid", reason: "expired" });
  for (const token of [issuer.unsigned(), await issuer.signedByOther(), "garbage"]) {
    state.answer = [200, { id_token: token }];
    expect(await finish()).toEqual(REFUSED);
  }
});

test("a public client sends its id, and one without Basic its secret, in the body", async () => {
  const open = await login({ secret: undefined });
  await open.withClaims({});
  expect(open.shown).toMatchObject([
    { authorization: undefined, body: { client_id: open.clientId } },
  ]);
  expect(open.shown[0]?.body).not.toHaveProperty("client_secret");
  const metadata = { token_endpoint_auth_methods_supported: ["client_secret_post"] };
  const post = await login({ metadata });
  await post.withClaims({});
  expect(post.shown).toMatchObject([
    { authorization: undefined, body: { client_id: post.clientId, client_secret: "s€cret: 1" } },
  ]);
});

test.each<[string, TokenAnswer, object, RegExp]>([
  ["refuses the code", [400, { error: "invalid_grant" }], REFUSED, /^$/],
  ["refuses the client", [401, { error: "invalid_client" }], UNAVAILABLE, /401 \(invalid_client\)/],
  ["refuses the request", [400, { error: "invalid_request" }], UNAVAILABLE, /400 \(invalid_req/],
  ["fails", [500, "a stack trace"], UNAVAILABLE, /answers 500 to a code/],
  ["answers without an ID token", [200, { access_token: "x" }], UNAVAILABLE, /no ID token/],
  ["answers with no text", [200, { id_token: 3 }], UNAVAILABLE, /no ID token/],
])("an issuer that %s", async (_, answer, expected, logged) => {
  const { state, finish, log } = await login();
  state.answer = answer;
  expect(await finish()).toEqual(expected);
  expect(log.map((line) => JSON.parse(line).why).join("\n")).toMatch(logged);
});

test("an issuer that always names itself must name itself, others need not", async () => {
  const named = { authorization_response_iss_parameter_supported: true };
  const silent = { authorization_response_iss_parameter_supported: undefined };
  const outcomeOf = async (metadata: object, of: string | undefined) => {
    const { withClaims, source, issuer } = await login({ metadata });
    await withClaims({});
    const answer = { code: "code", issuer: of === "own" ? issuer.config.issuer : of };
    return (await source.login?.finish(ATTEMPT, answer, momentAt(Date.now())))?.type;
  };
  expect(await outcomeOf(named, "own")).toBe("valid");
  expect(await outcomeOf(named, undefined)).toBe("invalid");
  expect(await outcomeOf(silent, undefined)).toBe("valid");
  expect(await outcomeOf(silent, "https://id.example.org")).toBe("invalid");
});

test.each([
  ["no login", { authorization_endpoint: undefined }, /no https URL of logins/],
  ["a script", { authorization_endpoint: "javascript:alert(1)" }, /no https URL of logins/],
  ["no tokens", { token_endpoint: undefined }, /no https URL of tokens/],
])("an issuer whose metadata has %s begins no login", async (_, metadata, expected) => {
  const { source, log } = await login({ metadata });
  expect(await source.login?.begin(ATTEMPT, momentAt(Date.now()))).toBeUndefined();
  expect(JSON.parse(log[0] ?? "{}").why).toMatch(expected);
});

test("an issuer without a client offers no login", async () => {
  const issuer = await OidcIssuer.forTest({});
  const source = new OidcSource(issuer.config, pino({ level: "silent" }));
  expect(source.login).toBeUndefined();
});
