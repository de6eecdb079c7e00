// SPDX-License-Identifier: Apache-2.0
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { Authenticator } from "../../../src/access/authenticator.ts";
import { sourceFactories } from "../../../src/server/identity/index.ts";
import { OidcIssuer } from "../../server/identity/oidc-issuer.ts";
import { type OpenOptions, startApi } from "../api-server.ts";
import { Browser } from "./browser.ts";

let issuer: OidcIssuer;
beforeAll(async () => {
  issuer = await OidcIssuer.open({});
  Object.assign(issuer.users, {
    blue: { roles: ["member"], team: "blue" },
    guest: { roles: ["other"] },
  });
});
afterAll(() => issuer.stop());
beforeEach(() => {
  issuer.user = "alice";
});

async function loginApi(more: object = {}, options: OpenOptions = {}) {
  const log: string[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => log.push(line) });
  const oidc = { ...issuer.loginConfig, ...more };
  const authenticator = new Authenticator(
    { tokens: [], oidc },
    { factories: sourceFactories(logger) },
  );
  const api = await startApi({ authenticator, ...options });
  const browser = new Browser();
  const login = `${api.url}/api/v1/session/oidc/login`;
  const callback = `${api.url}/api/v1/session/oidc/callback`;
  const isPage = (url: string) => url.startsWith(`${api.url}/`) && new URL(url).pathname === "/";
  const isCallback = (url: string) => url.startsWith(callback);
  /** The address with which the issuer sends the browser back. */
  const answered = async () => {
    const response = await browser.open(login, isCallback);
    return new URL(response.headers.get("location") ?? "");
  };
  const shown = async () =>
    (await (await browser.request(`${api.url}/api/v1/session`)).json()) as Record<string, string>;
  const problem = async (response: Response) => {
    const { type, detail } = (await response.json()) as { type: string; detail: string };
    return [response.status, type.split(":").at(-1), detail];
  };
  return {
    ...{ ...api, serviceLog: log, apiLog: api.log, authenticator, oidc },
    ...{ browser, login, callback, isPage, isCallback, answered, shown, problem },
  };
}

test("a user logs in at the issuer and returns to where the page was", async () => {
  const { browser, login, isPage, shown, url, call, controller } = await loginApi();
  expect((await call("GET /session")).body.methods).toEqual(["token", "oidc"]);
  const sent = `${login}?return=${encodeURIComponent("#/policies?q=a%20b")}`;
  const response = await browser.open(sent, isPage);
  expect([response.status, response.headers.get("location")]).toEqual([302, "/#/policies?q=a%20b"]);
  const [begun] = response.headers.getSetCookie().filter((each) => each.startsWith("vtap="));
  expect(begun).toMatch(/^vtap=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
  const asked = new URL(browser.visited[1] ?? "").searchParams;
  expect(Object.fromEntries(asked)).toMatchObject({
    response_type: "code",
    code_challenge_method: "S256",
    scope: "openid profile",
    redirect_uri: `${url}/api/v1/session/oidc/callback`,
  });
  const session = await shown();
  expect(session).toMatchObject({ user: "alice", role: "operator" });
  const inMinutes = (Date.parse(session.expiresAt ?? "") - Date.now()) / 60_000;
  // The ID token lives for an hour, and clocks may differ by a minute.
  expect(Math.round(inMinutes)).toBe(61);
  const suspended = await browser.request(`${url}/api/v1/taps:suspend`, {
    method: "POST",
    headers: { "x-csrf-token": session.csrf ?? "" },
  });
  expect(suspended.status).toBe(200);
  expect(controller.taps()).toMatchObject({ state: "suspended" });
  expect(controller.audit).toMatchObject([
    {
      operation: "GET /api/v1/session/oidc/callback",
      actor: { user: "alice", token: expect.stringMatching(/^oidc:[0-9a-f]{32}$/) },
      outcome: { status: 302 },
    },
  ]);
});

test("a project of the claims limits the session", async () => {
  issuer.user = "blue";
  const { browser, login, isPage, shown } = await loginApi({ projectClaim: "team" });
  await browser.open(login, isPage);
  expect(await shown()).toMatchObject({ user: "blue", role: "member", project: "blue" });
});

test("a user without a role gets no session", async () => {
  issuer.user = "guest";
  const { browser, login, shown, problem } = await loginApi();
  const refused = await browser.open(login);
  expect(await problem(refused)).toEqual([
    403,
    "forbidden",
    expect.stringContaining("none of the roles"),
  ]);
  expect(await shown()).not.toHaveProperty("user");
});

test.each([
  "https://evil.example/",
  "//evil.example/",
  "/\\evil.example",
  "#/\r\nset-cookie: vtap=x",
  "#//ü",
  "#policies",
  "javascript:alert(1)",
  `#/${"x".repeat(1001)}`,
])("a return to %j is refused, before the issuer is asked", async (target) => {
  const { browser, login, problem } = await loginApi();
  const response = await browser.request(`${login}?return=${encodeURIComponent(target)}`);
  expect((await problem(response)).slice(0, 2)).toEqual([400, "invalid-parameter"]);
  expect(browser.cookies.size).toBe(0);
});

test("a fragment leads to this server, whatever it is", async () => {
  const { browser, login, isPage, url } = await loginApi();
  for (const target of ["#//evil.example", "#/\\evil.example", "#/@evil.example:80/"]) {
    const sent = `${login}?return=${encodeURIComponent(target)}`;
    const location = (await browser.open(sent, isPage)).headers.get("location") ?? "";
    expect([target, new URL(location, url).origin]).toEqual([target, url]);
  }
});

test("an answer counts only in the browser that has begun the login, once, and within ten minutes", async () => {
  const api = await loginApi();
  const { browser, callback, answered, problem, shown } = api;
  const NOT_BEGUN = [400, "login-not-begun", expect.stringContaining("begin at /api/v1/session")];
  const other = new Browser();
  expect(await problem(await other.request(callback))).toEqual(NOT_BEGUN);
  const first = await answered();
  expect(await problem(await other.request(first.href))).toEqual(NOT_BEGUN);
  // Another login of the same browser.
  const state = browser.cookies.get("vtap-login") ?? "";
  const second = await answered();
  expect(await problem(await browser.request(first.href))).toEqual(NOT_BEGUN);
  for (const forged of ["", "x", `${state.slice(0, -4)}AAAA`, "A".repeat(200)]) {
    other.cookies.set("vtap-login", forged);
    expect(await problem(await other.request(first.href))).toEqual(NOT_BEGUN);
  }
  expect(await shown()).not.toHaveProperty("user");
  expect(
    (await browser.request(second.href, { headers: { "sec-fetch-site": "cross-site" } })).status,
  ).toBe(302);
  expect(await shown()).toMatchObject({ user: "alice" });
  expect(await problem(await browser.request(second.href))).toEqual(NOT_BEGUN);
  const late = await answered();
  const now = performance.now();
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now + 600_000);
  onTestFinished(() => clock.mockRestore());
  expect(await problem(await browser.request(late.href))).toEqual(NOT_BEGUN);
});

test("a code that the issuer refuses is no login, and locks the address in the end", async () => {
  const { browser, answered, problem, shown, authenticator } = await loginApi();
  for (let n = 0; n < 10; n++) {
    const back = await answered();
    back.searchParams.set("code", `x${n}`);
    expect((await problem(await browser.request(back.href))).slice(0, 2)).toEqual([
      401,
      "unauthorized",
    ]);
  }
  const back = await answered();
  expect((await problem(await browser.request(back.href))).slice(0, 2)).toEqual([
    429,
    "too-many-failures",
  ]);
  expect(authenticator.failures).toMatchObject({ unknown: 10, locked: 1 });
  expect(await shown().catch(() => ({}))).not.toHaveProperty("user");
});

test("an answer that names another issuer, or none, is refused", async () => {
  const { browser, answered, problem } = await loginApi();
  for (const named of ["https://id.example.org", undefined]) {
    const back = await answered();
    if (named === undefined) back.searchParams.delete("iss");
    else back.searchParams.set("iss", named);
    expect((await problem(await browser.request(back.href))).slice(0, 2)).toEqual([
      401,
      "unauthorized",
    ]);
  }
});

test("a user who refuses gets a problem, not a session", async () => {
  const { browser, answered, problem } = await loginApi();
  const back = await answered();
  back.searchParams.delete("code");
  back.searchParams.set("error", "access_denied");
  back.searchParams.set("error_description", "<script>");
  expect(await problem(await browser.request(back.href))).toEqual([
    403,
    "login-refused",
    "the OIDC issuer has not logged the user in: access_denied; begin again at /api/v1/session/oidc/login",
  ]);
});

test("a wrong secret of the client, and an issuer that is gone, are no fault of the user", async () => {
  const wrong = await loginApi({ clientSecret: "wrong" });
  expect((await wrong.problem(await wrong.browser.open(wrong.login))).slice(0, 2)).toEqual([
    503,
    "identity-unavailable",
  ]);
  expect(wrong.serviceLog.join("")).toMatch(/answers 401 \(invalid_client\) to a code/);
  expect(wrong.authenticator.failures.unknown).toBe(0);
  const gone = await loginApi();
  await issuer.stop();
  onTestFinished(() => issuer.start());
  const response = await gone.browser.request(gone.login);
  expect(response.headers.get("retry-after")).toBe("5");
  expect((await gone.problem(response)).slice(0, 2)).toEqual([503, "identity-unavailable"]);
  expect(gone.serviceLog.join("")).toContain("ECONNREFUSED");
});

test("a session of the issuer ends when the auth file names another one", async () => {
  const { browser, login, isPage, shown, authenticator, oidc } = await loginApi();
  await browser.open(login, isPage);
  authenticator.replace({ tokens: [], oidc: { ...oidc } });
  expect(await shown()).toMatchObject({ user: "alice" });
  authenticator.replace({ tokens: [], oidc: { ...oidc, audience: "other" } });
  expect(await shown()).not.toHaveProperty("user");
});

test("a JWT of the issuer begins a session that ends with the JWT", async () => {
  const { call } = await loginApi();
  const exp = Math.floor(Date.now() / 1000) + 300;
  const token = await issuer.forged({ claims: { exp } });
  const { status, body } = await call("POST /session", { body: { token } });
  expect([status, body.user, Date.parse(body.expiresAt)]).toEqual([
    200,
    "mallory",
    (exp + 60) * 1000,
  ]);
});

test("the redirect address is that of the auth file, or https where browsers use that", async () => {
  const redirectUrl = "https://vtap.example.org/api/v1/session/oidc/callback";
  const askedOf = async (more: object, options: OpenOptions) => {
    const { browser, login } = await loginApi(more, options);
    const location = (await browser.request(login)).headers.get("location") ?? "";
    return new URL(location).searchParams.get("redirect_uri");
  };
  expect(await askedOf({ redirectUrl }, {})).toBe(redirectUrl);
  expect(await askedOf({}, { isBehindTls: true })).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/api/);
});

test("no secret of a login is logged, recorded or in the address of the page", async () => {
  const { browser, answered, serviceLog, apiLog, controller } = await loginApi();
  const back = await answered();
  const login = browser.cookies.get("vtap-login") ?? "";
  const response = await browser.request(back.href);
  const code = back.searchParams.get("code") ?? "";
  const written = JSON.stringify([serviceLog, apiLog, controller.audit]);
  expect(written).toContain("a session begins");
  expect(written).not.toContain("already sent");
  const secrets = [code, login, browser.cookies.get("vtap"), issuer.loginConfig.clientSecret];
  for (const secret of secrets) {
    expect(secret).toBeTruthy();
    expect(written).not.toContain(secret);
    expect(response.headers.get("location")).not.toContain(secret);
  }
});
