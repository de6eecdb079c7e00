// SPDX-License-Identifier: Apache-2.0
import { expect, test, vi } from "vitest";
import { Authenticator } from "../../../src/access/authenticator.ts";
import { OPERATION_ROWS, OPERATIONS } from "../../../src/access/operations.ts";
import type { SessionLimits } from "../../../src/access/sessions/sessions.ts";
import { recordOf, tokenNamed } from "../../access/tokens.ts";
import { waitFor } from "../../lab/wait-for.ts";
import { type ApiServer, policy, startApi } from "../api-server.ts";

const bearer = (name: string) => ({ authorization: `Bearer ${tokenNamed(name)}` });

const TOKENS = [
  recordOf("m", "member"),
  recordOf("v", "viewer"),
  recordOf("blue", "member", { project: "blue" }),
  recordOf("later", "viewer", { expiresAt: "2099-01-01T00:00:00Z" }),
];

async function protectedApi(sessionLimits?: SessionLimits) {
  const accepted = { tokens: TOKENS, metricsToken: tokenNamed("metrics") };
  const deps = sessionLimits ? { sessionLimits } : {};
  const authenticator = new Authenticator(accepted, deps);
  return { authenticator, ...(await startApi({ authenticator })) };
}

/** Logs in; returns the headers of a browser with the session. */
async function logIn({ call }: Pick<ApiServer, "call">, name: string) {
  const { status, headers, body } = await call("POST /session", {
    body: { token: tokenNamed(name) },
  });
  expect(status).toBe(200);
  const [cookie = ""] = headers.getSetCookie()[0]?.split(";") ?? [];
  return { read: { cookie }, write: { cookie, "x-csrf-token": body.csrf as string }, body };
}

test("without authentication there is nothing to log in to", async () => {
  const { call } = await startApi();
  expect((await call("GET /session")).body).toEqual({ authentication: false });
  const { status, headers } = await call("POST /session", { body: { token: "x" } });
  expect([status, headers.get("set-cookie")]).toEqual([404, null]);
  expect((await call("DELETE /session")).status).toBe(204);
  expect((await call("GET /session/oidc/login")).status).toBe(404);
});

test("a session begins with a token, identifies its user, and ends", async () => {
  const api = await protectedApi();
  const { call } = api;
  expect((await call("GET /session")).body).toEqual({ authentication: true, methods: ["token"] });
  const { read, write, body } = await logIn(api, "blue");
  expect(body).toMatchObject({ user: "user of blue", role: "member", project: "blue" });
  expect(body.csrf).toMatch(/^[\w-]{43}$/);
  const inMs = (time: string) => Date.parse(time) - Date.now();
  expect(Math.round(inMs(body.expiresAt) / 60_000)).toBe(12 * 60);
  expect(Math.round(inMs(body.idleUntil) / 60_000)).toBe(30);
  const again = await call("GET /session", { headers: read });
  expect(again.body).toMatchObject({ user: "user of blue", csrf: body.csrf });
  expect((await call("GET /policies", { headers: read })).status).toBe(200);
  expect((await call("GET /paths?from=s1&to=s2", { headers: read })).status).toBe(403);
  const ended = await call("DELETE /session", { headers: write });
  expect([ended.status, ended.headers.getSetCookie()]).toEqual([
    204,
    ["vtap=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"],
  ]);
  const refused = await call("GET /policies", { headers: read });
  expect([refused.status, refused.body.detail]).toEqual([
    401,
    "the session has ended; log in again, at /api/v1/session",
  ]);
  expect((await call("GET /session", { headers: read })).body).toEqual({
    authentication: true,
    methods: ["token"],
  });
});

test.each([
  ["plain HTTP", false, /^vtap=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/],
  ["https", true, /^__Host-vtap=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/],
] as const)("the cookie over %s", async (_, isBehindTls, expected) => {
  const authenticator = new Authenticator({ tokens: TOKENS });
  const { call } = await startApi({ authenticator, isBehindTls });
  const begun = await call("POST /session", { body: { token: tokenNamed("v") } });
  const [cookie = ""] = begun.headers.getSetCookie();
  expect(cookie).toMatch(expected);
  const [pair = ""] = cookie.split(";");
  const status = async (sent: string) =>
    (await call("GET /policies", { headers: { cookie: sent } })).status;
  expect(await status(`other=1; ${pair}; ${pair.slice(2)}`)).toBe(200);
  // Set twice, by this server and by another one: neither counts.
  expect(await status(`${pair}; ${pair.split("=")[0]}=x`)).toBe(401);
  expect(await status(pair.toUpperCase())).toBe(401);
});

test("the operations of a session are exactly those that its role may do", async () => {
  const api = await protectedApi();
  for (const name of ["m", "v", "blue"]) {
    const { read, body } = await logIn(api, name);
    const listed: string[] = body.operations;
    expect(Object.keys(OPERATIONS)).toEqual(expect.arrayContaining(listed));
    for (const [operation] of OPERATION_ROWS.filter(([each]) => each.startsWith("GET /api/v1/"))) {
      const path = operation.slice("GET /api/v1".length).replace(/\{\w+\}/, "absent");
      const gone = new AbortController();
      const url = `${api.url}/api/v1${path}`;
      const { status } = await fetch(url, { headers: read, signal: gone.signal });
      gone.abort();
      expect([name, operation, status !== 403]).toEqual([
        name,
        operation,
        listed.includes(operation),
      ]);
    }
  }
  const shown = await api.call("GET /session", { headers: bearer("later") });
  expect(shown.body).toMatchObject({
    user: "user of later",
    expiresAt: "2099-01-01T00:00:00.000Z",
  });
  expect(shown.body).not.toHaveProperty("csrf");
});

test("with the cookie alone nothing is changed", async () => {
  const api = await protectedApi();
  const { call, controller } = api;
  const { read, write } = await logIn(api, "m");
  const other = await logIn(api, "m");
  const writes = Object.keys(OPERATIONS).filter((each) => !/^GET/.test(each));
  for (const operation of writes.filter((each) => each !== "POST /api/v1/session")) {
    const [method = "", path = ""] = operation.split(" ");
    for (const token of [
      undefined,
      "",
      other.write["x-csrf-token"],
      write["x-csrf-token"].slice(1),
    ]) {
      const headers = { ...read, ...(token === undefined ? {} : { "x-csrf-token": token }) };
      const { status, body } = await call(`${method} /${path.replace(/\{\w+\}/, "absent")}`, {
        headers,
      });
      expect([operation, status, body.type]).toEqual([operation, 403, "urn:openvtap:problem:csrf"]);
    }
  }
  expect(controller.causes).toEqual([]);
  expect((await call("POST /policies", { headers: write, body: policy("p") })).status).toBe(201);
  expect((await call("GET /policies", { headers: read })).status).toBe(200);
  const foreign = { ...write, origin: "http://evil.example" };
  const refused = await call("POST /policies", { headers: foreign, body: policy("q") });
  expect(refused.body.type).toBe("urn:openvtap:problem:foreign-page");
});

test("a request with a token is identified by the token, whatever its cookie is", async () => {
  const api = await protectedApi();
  const { call } = api;
  const { read } = await logIn(api, "v");
  const sent = await call("POST /policies", {
    headers: { ...read, ...bearer("m") },
    body: policy("p"),
  });
  expect(sent.status).toBe(201);
  const wrong = await call("GET /policies", { headers: { ...read, ...bearer("unknown") } });
  expect(wrong.status).toBe(401);
});

test("a session, which holds a secret, is not compressed, while lists are", async () => {
  const api = await protectedApi();
  const { read } = await logIn(api, "m");
  const encodingOf = async (path: string) => {
    const headers = { ...read, "accept-encoding": "gzip" };
    const answer = await api.call(`GET ${path}`, { headers });
    expect(JSON.stringify(answer.body).length).toBeGreaterThan(1024);
    return answer.headers.get("content-encoding");
  };
  expect(await encodingOf("/session")).toBeNull();
  expect(await encodingOf("//openapi.json")).toBe("gzip");
});

test("a login ends the session that the browser had", async () => {
  const api = await protectedApi();
  const { read } = await logIn(api, "v");
  await api.call("POST /session", { headers: read, body: { token: tokenNamed("m") } });
  expect((await api.call("GET /policies", { headers: read })).status).toBe(401);
});

test("a session ends when its token is revoked or changed, and unchanged tokens keep theirs", async () => {
  const api = await protectedApi();
  const [viewer, member, blue] = await Promise.all(
    ["v", "m", "blue"].map((each) => logIn(api, each)),
  );
  const tokens = [recordOf("v", "viewer"), recordOf("m", "viewer")];
  api.authenticator.replace({ tokens });
  const statusOf = async (login = viewer) =>
    (await api.call("GET /policies", { headers: { ...login?.read } })).status;
  expect(await Promise.all([viewer, member, blue].map(statusOf))).toEqual([200, 401, 401]);
  api.authenticator.replace({ tokens: TOKENS });
  expect(await Promise.all([viewer, member, blue].map(statusOf))).toEqual([200, 401, 401]);
});

test("an event stream of a session ends with it, and is no use of it", async () => {
  const api = await protectedApi({ idleMs: 60_000, maxMs: 3_600_000 });
  const [stays, goes] = [await logIn(api, "v"), await logIn(api, "m")];
  const open = async (headers: Record<string, string>) => {
    const response = await fetch(`${api.url}/api/v1/events`, { headers });
    const received = { text: "", hasEnded: false };
    const read = async () => {
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? []) received.text += decoder.decode(chunk);
    };
    const end = () => (received.hasEnded = true);
    read().then(end, end);
    await waitFor(() => received.text.includes("retry"));
    return received;
  };
  const [first, second] = [await open(stays.read), await open(goes.read)];
  expect((await api.call("DELETE /session", { headers: goes.write })).status).toBe(204);
  const since = "2026-01-01T00:00:00.000Z";
  api.controller.emit({ type: "tapsSuspended", since, reason: "after the logout" });
  await waitFor(() => first.text.includes("after the logout") && second.hasEnded);
  expect([first.hasEnded, second.text.includes("after the logout")]).toEqual([false, false]);
  // Idle since: time is what ends it, not the stream.
  vi.spyOn(performance, "now").mockReturnValue(performance.now() + 60_000);
  api.controller.emit({ type: "tapsSuspended", since, reason: "after the pause" });
  await waitFor(() => first.hasEnded).finally(() => vi.restoreAllMocks());
  expect(first.text).not.toContain("after the pause");
});

test("logins with invalid tokens lock the address, and cookies that are invalid do not", async () => {
  const api = await protectedApi();
  const { call, authenticator } = api;
  const { read } = await logIn(api, "v");
  for (let n = 0; n < 50; n++) {
    const cookie = `vtap=${"x".repeat(n)}`;
    expect((await call("GET /policies", { headers: { cookie } })).status).toBe(401);
  }
  for (let n = 0; n < 10; n++) {
    const token = n % 2 === 0 ? tokenNamed("unknown") : "no token";
    const { status, headers } = await call("POST /session", { body: { token } });
    expect([status, headers.get("set-cookie")]).toEqual([401, null]);
  }
  const locked = await call("POST /session", { body: { token: tokenNamed("m") } });
  expect([locked.status, locked.headers.get("retry-after")]).toEqual([429, "60"]);
  expect((await call("GET /session", { headers: bearer("unknown") })).status).toBe(429);
  // Sessions go on, and so do tokens that the address has used.
  expect((await call("GET /policies", { headers: read })).status).toBe(200);
  expect((await call("POST /session", { body: { token: tokenNamed("v") } })).status).toBe(200);
  expect(authenticator.failures).toMatchObject({ unknown: 5, malformed: 5, locked: 2 });
});

test("an invalid token is no session, and counts as a failure, where it is only shown", async () => {
  const { call, authenticator } = await protectedApi();
  const { status, body } = await call("GET /session", { headers: bearer("unknown") });
  expect([status, body]).toEqual([200, { authentication: true, methods: ["token"] }]);
  expect(authenticator.failures.unknown).toBe(1);
});

test("the metrics token begins no session", async () => {
  const { call } = await protectedApi();
  const { status, headers } = await call("POST /session", {
    body: { token: tokenNamed("metrics") },
  });
  expect([status, headers.get("set-cookie")]).toEqual([403, null]);
});

test.each([
  ["no body", undefined, 400],
  ["no token", {}, 422],
  ["a number", { token: 3 }, 422],
  ["an empty one", { token: "" }, 422],
  ["a further member", { token: "x", user: "root" }, 422],
  ["a long one", { token: "x".repeat(20_000) }, 413],
])("a login with %s is refused", async (_, body, expected) => {
  const { call } = await protectedApi();
  const sent = body === undefined ? {} : { body };
  expect((await call("POST /session", sent)).status).toBe(expected);
});

test("the audit names the session beside the token, and has a record of each login", async () => {
  const api = await protectedApi();
  const { call, controller } = api;
  const { write } = await logIn(api, "m");
  await call("POST /policies", { headers: write, body: policy("p") });
  const actor = { user: "user of m", token: "m", role: "member", address: "127.0.0.1" };
  expect(controller.causes).toEqual([
    {
      actor: { ...actor, session: expect.stringMatching(/^[0-9a-f]{16}$/) },
      operation: "POST /api/v1/policies",
    },
  ]);
  await call("DELETE /policies/absent", { headers: write });
  await call("DELETE /session", { headers: write });
  await call("POST /session", { body: { token: tokenNamed("unknown") } });
  const { session } = controller.causes[0]?.actor ?? {};
  expect(controller.audit).toMatchObject([
    { type: "change", operation: "POST /api/v1/session", actor: { ...actor, session } },
    { type: "refusal", actor: { ...actor, session }, outcome: { status: 404 } },
    { type: "change", operation: "DELETE /api/v1/session", actor: { ...actor, session } },
    { type: "refusal", operation: "POST /api/v1/session", outcome: { status: 401 } },
  ]);
  expect(controller.audit[3]?.actor).toEqual({ address: "127.0.0.1" });
  for (let n = 0; n < 60; n++) await logIn(api, "v");
  expect(controller.audit.length).toBe(24);
});

test("no secret of a session is logged, recorded or in a problem", async () => {
  const api = await protectedApi();
  const { read, write } = await logIn(api, "m");
  const problems = [
    await api.call("POST /policies", { headers: read, body: policy("p") }),
    await api.call("POST /session", { body: { token: `${tokenNamed("m")} ` } }),
    await api.call("POST /session", { body: { token: [tokenNamed("m")] } }),
    await api.call("POST /session", { text: `{ "token": "${tokenNamed("m")}" ` }),
  ];
  await api.call("DELETE /session", { headers: write });
  await api.call("GET /policies", { headers: read });
  const written = JSON.stringify([api.log, api.controller.audit, problems.map(({ body }) => body)]);
  expect(written).toContain("a session begins");
  const [, cookie = ""] = read.cookie.split("=");
  for (const secret of [tokenNamed("m"), cookie, write["x-csrf-token"]])
    expect(written).not.toContain(secret);
});
