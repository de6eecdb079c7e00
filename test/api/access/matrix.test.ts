// SPDX-License-Identifier: Apache-2.0
import { pino } from "pino";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { Authenticator } from "../../../src/access/authenticator.ts";
import { allows, isOpen, OPERATION_ROWS, OPERATIONS } from "../../../src/access/operations.ts";
import { ROLES } from "../../../src/access/roles.ts";
import { sourceFactories } from "../../../src/server/identity/index.ts";
import { recordOf, tokenNamed } from "../../access/tokens.ts";
import { OidcIssuer } from "../../server/identity/oidc-issuer.ts";
import { type ApiServer, openApi, startApi } from "../api-server.ts";
import { BUILT_PAGE } from "../page/built-page.ts";

/** Operations that no OpenAPI document lists. */
const HIDDEN = ["GET /openapi.json", "GET /docs", "GET /", "GET /assets/{file}"];

/** No address is locked: every request is answered as the first one. */
const NO_LIMITS = { lockedForMs: () => 0, failed: () => 0 };

let api: ApiServer;
let issuer: OidcIssuer;

beforeAll(async () => {
  issuer = await OidcIssuer.open({ ops: { roles: ["operator"] }, guest: { roles: ["other"] } });
  const tokens = [
    ...ROLES.map((role) => recordOf(role, role)),
    ...ROLES.map((role) => recordOf(`${role}-a`, role, { project: "a" })),
    recordOf("expired", "admin", { expiresAt: "2020-01-01T00:00:00Z" }),
  ];
  const metricsToken = tokenNamed("metrics");
  const revoked = recordOf("revoked", "admin");
  const { projectClaim: _, ...oidc } = issuer.config;
  const authenticator = new Authenticator(
    { tokens: [...tokens, revoked], metricsToken, oidc },
    { limits: NO_LIMITS, factories: sourceFactories(pino({ level: "silent" })) },
  );
  authenticator.replace({ tokens, metricsToken, oidc });
  api = await openApi({ authenticator, page: BUILT_PAGE });
});
afterAll(() => Promise.all([api.close(), issuer.stop()]));

const jwt = (token: string) => ({ authorization: `Bearer ${token}` });
const bearer = (name: string) => jwt(tokenNamed(name));

/** A request for an operation; its object does not exist. */
function requestOf(operation: string): [string, string] {
  const [method = "", path = ""] = operation.split(" ");
  return [method, path.replace("{file}", "page.js").replace(/\{\w+\}/g, "absent")];
}

/** The status of an operation, and its problem's kind. */
async function outcomes(url: string, headers: Record<string, string>) {
  const found: Record<string, string> = {};
  for (const [operation] of OPERATION_ROWS) {
    const [method, path] = requestOf(operation);
    const gone = new AbortController();
    const response = await fetch(`${url}${path}`, { method, headers, signal: gone.signal });
    const isProblem = response.headers.get("content-type") === "application/problem+json";
    const kind = isProblem ? ((await response.json()) as { type: string }).type : "";
    // An event stream does not end by itself.
    gone.abort();
    found[operation] = `${response.status} ${kind.split(":").at(-1)}`.trim();
  }
  return found;
}

const DENIED = { unauthorized: "401 unauthorized", forbidden: "403 forbidden" } as const;

const isDenied = (outcome: string) => (Object.values(DENIED) as string[]).includes(outcome);

test("the table has a row for every route that is described, and no other one", async () => {
  const { call } = await startApi();
  const { body } = await call("GET //openapi.json");
  const routes = Object.entries<object>(body.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(Object.keys(OPERATIONS).sort()).toEqual([...routes, ...HIDDEN].sort());
});

test.each(ROLES)("%s may do exactly what the table says", async (role) => {
  const found = await outcomes(api.url, bearer(role));
  for (const [operation, rule] of OPERATION_ROWS) {
    const identity = { id: role, user: role, role };
    if (allows(rule, identity))
      expect([operation, isDenied(found[operation] ?? "")]).toEqual([operation, false]);
    else expect([operation, found[operation]]).toEqual([operation, DENIED.forbidden]);
  }
});

test.each(ROLES)(
  "%s of a project may do what concerns a project, and nothing else",
  async (role) => {
    const found = await outcomes(api.url, bearer(`${role}-a`));
    for (const [operation, rule] of OPERATION_ROWS) {
      const mayDo = isOpen(rule) || (rule.ofProject === true && rule.roles.includes(role));
      expect([operation, found[operation] === DENIED.forbidden]).toEqual([operation, !mayDo]);
    }
  },
);

test("the metrics token reads metrics, and nothing else", async () => {
  const found = await outcomes(api.url, bearer("metrics"));
  const allowed = Object.keys(found).filter((operation) => !isDenied(found[operation] ?? ""));
  expect(allowed.sort()).toEqual(["GET /metrics", ...Object.keys(OPEN)].sort());
});

/** What open operations answer: logins have what they need in their query or body. */
const OPEN: Readonly<Record<string, string>> = {
  "GET /api/v1/session": "200",
  "POST /api/v1/session": "400 missing-body",
  "GET /api/v1/session/oidc/login": "404 not-found",
  "GET /api/v1/session/oidc/callback": "404 not-found",
  "GET /healthz": "200",
  "GET /readyz": "200",
  "GET /": "200",
  "GET /assets/{file}": "200",
};

/** With these headers only open operations are done. */
async function expectUnauthorized(headers: Record<string, string>) {
  const found = await outcomes(api.url, headers);
  const open = OPERATION_ROWS.filter(([, rule]) => isOpen(rule)).map(([operation]) => operation);
  expect(open).toEqual(Object.keys(OPEN));
  for (const [operation, outcome] of Object.entries(found)) {
    expect([operation, outcome]).toEqual([operation, OPEN[operation] ?? DENIED.unauthorized]);
  }
  const shown = await api.call("GET /session", { headers });
  expect(shown.body).toEqual({ authentication: true, methods: ["token"] });
}

test.each([
  ["no token", {}],
  ["an expired one", bearer("expired")],
  ["a revoked one", bearer("revoked")],
  ["an unknown one", bearer("unknown")],
  ["garbage", { authorization: "Bearer %%%" }],
  ["garbage in the form of a JWT", jwt("a.b.c")],
  ["another scheme", { authorization: "Basic YWRtaW46YWRtaW4=" }],
  ["the cookie of no session", { cookie: `vtap=${"A".repeat(43)}` }],
  ["garbage in the cookie", { cookie: "vtap=%00; ;;=;vtap" }],
  ["a token in the cookie", { cookie: `vtap=${tokenNamed("admin")}` }],
  ["the cookie of a server with TLS", { cookie: `__Host-vtap=${"A".repeat(43)}` }],
] as [string, Record<string, string>][])("with %s only open operations are done", (_, headers) =>
  expectUnauthorized(headers),
);

test.each<[string, () => string | Promise<string>]>([
  ["has expired", () => issuer.forged({ claims: { exp: 1_700_000_000 } })],
  ["never expires", () => issuer.forged({ claims: { exp: undefined } })],
  ["is for another audience", () => issuer.forged({ claims: { aud: "other" } })],
  ["is of another issuer", () => issuer.forged({ claims: { iss: "https://id.example.org" } })],
  ["is signed by another key", () => issuer.signedByOther()],
  ["is not signed", () => issuer.unsigned()],
  ["is signed with the public key as a secret", () => issuer.signedWithPublicKey()],
])("with a JWT that %s only open operations are done", async (_, token) => {
  await expectUnauthorized(jwt(await token()));
});

test("a JWT has the role of its claim, or none", async () => {
  const found = await outcomes(api.url, jwt(await issuer.tokenOf("ops")));
  const identity = { id: "ops", user: "ops", role: "operator" } as const;
  for (const [operation, rule] of OPERATION_ROWS)
    expect([operation, isDenied(found[operation] ?? "")]).toEqual([
      operation,
      !allows(rule, identity),
    ]);
  const headers = jwt(await issuer.tokenOf("guest"));
  const refused = await api.call("GET /policies", { headers });
  expect([refused.status, refused.body.detail]).toEqual([
    403,
    "this needs the role viewer, member, operator, auditor, or admin, and the token has none of the roles",
  ]);
  const all = await outcomes(api.url, headers);
  const allowed = Object.keys(all).filter((operation) => !isDenied(all[operation] ?? ""));
  expect(allowed).toEqual(Object.keys(OPEN));
});

/** The cookie of a new session, and the header that requests with it need. */
async function logIn(name: string): Promise<Record<string, string>> {
  const { headers, body } = await api.call("POST /session", { body: { token: tokenNamed(name) } });
  const [cookie = ""] = headers.getSetCookie()[0]?.split(";") ?? [];
  return { cookie, "x-csrf-token": body.csrf };
}

test.each([...ROLES, ...ROLES.map((role) => `${role}-a`)])(
  "a session of %s may do what its token may do, and only read without the token of the session",
  async (name) => {
    const headers = await logIn(name);
    const { cookie = "" } = headers;
    const alone = await outcomes(api.url, { cookie });
    for (const [operation, outcome] of Object.entries(await outcomes(api.url, bearer(name)))) {
      const isReading = operation.startsWith("GET ") || operation in OPEN;
      expect([operation, alone[operation]]).toEqual([operation, isReading ? outcome : "403 csrf"]);
      // The logout is the last one: it ends the session.
      if (operation === "DELETE /api/v1/session") continue;
      const [method, path] = requestOf(operation);
      const gone = new AbortController();
      const response = await fetch(`${api.url}${path}`, { method, headers, signal: gone.signal });
      gone.abort();
      expect([operation, String(response.status)]).toEqual([operation, outcome.split(" ")[0]]);
    }
    expect((await api.call("DELETE /session", { headers })).status).toBe(204);
    await expectUnauthorized(headers);
  },
);

test("with the cookie of an expired session only open operations are done", async () => {
  const headers = await logIn("admin");
  const now = performance.now();
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now + 30 * 60_000);
  onTestFinished(() => clock.mockRestore());
  await expectUnauthorized(headers);
});

test("what exists is not revealed to a client without a token", async () => {
  const { call } = api;
  const requests = [
    "GET //absent",
    "GET /absent",
    "PUT /taps",
    "HEAD /policies",
    "OPTIONS /policies",
  ];
  for (const request of requests)
    expect([request, (await call(request)).status]).toEqual([request, 401]);
  const headers = bearer("viewer");
  const known = await Promise.all(requests.map((request) => call(request, { headers })));
  expect(known.map(({ status }) => status)).toEqual([404, 404, 405, 200, 405]);
});

test("without authentication every client may do everything", async () => {
  const { url } = await startApi();
  const found = await outcomes(url, {});
  expect(Object.values(found).filter(isDenied)).toEqual([]);
});
