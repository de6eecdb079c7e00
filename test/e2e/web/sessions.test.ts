// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { recordOf, tokenNamed } from "../../access/tokens.ts";
import { openBrowser } from "../../lab/browser.ts";
import { waitFor } from "../../lab/index.ts";
import { OidcIssuer } from "../../server/identity/oidc-issuer.ts";
import { temporaryDirectory } from "../../store/temporary-directory.ts";
import { VtapProcess } from "../vtap-process.ts";
import { hostileSite } from "./hostile-site.ts";

/** vtap with a token and an issuer, and a browser to which the two are different sites. */
async function start() {
  const issuer = await OidcIssuer.forTest({});
  const directory = temporaryDirectory();
  const auth = join(directory, "auth.json");
  const { clientSecret, ...oidc } = issuer.loginConfig;
  writeFileSync(join(directory, "secret"), `${clientSecret}\n`);
  const tokens = [recordOf("m", "member"), recordOf("a", "auditor")];
  const write = (more: object = {}) => {
    const entry = { ...oidc, clientSecretFile: "secret", ...more };
    writeFileSync(auth, JSON.stringify({ tokens, oidc: entry }));
  };
  write();
  const data = join(directory, "data");
  const vtap = await VtapProcess.start({ data, more: ["--auth", auth] });
  onTestFinished(async () => void (await vtap.stop()));
  const page = await openBrowser();
  return { vtap, issuer, page, write, server: `http://localhost:${vtap.httpPort}` };
}

/** Sends a request from the page; resolves to its status and body. */
function send(page: Page, url: string, init: RequestInit = {}): Promise<[number, unknown]> {
  return page.evaluate(
    async ([url, init]) => {
      const response = await fetch(url, init);
      const text = await response.text();
      return [response.status, text === "" ? undefined : JSON.parse(text)] as [number, unknown];
    },
    [url, init] as const,
  );
}

async function sessionOf(page: Page): Promise<Record<string, string>> {
  return (await send(page, "/api/v1/session"))[1] as Record<string, string>;
}

test("a user of a browser logs in at another site, comes back, and uses the server by cookie", async () => {
  const { vtap, issuer, page, write, server } = await start();
  const refused = await page.goto(`${server}/docs`);
  expect(refused?.status()).toBe(401);
  await page.goto(`${server}/api/v1/session/oidc/login?return=${encodeURIComponent("#/policies")}`);
  expect(page.url()).toBe(`${server}/#/policies`);
  expect(issuer.requests.some((each) => each.startsWith("GET /interaction/"))).toBe(true);
  expect((await page.goto(`${server}/docs`))?.status()).toBe(200);
  const session = await sessionOf(page);
  expect(session).toMatchObject({ user: "alice", role: "operator" });
  expect(await page.evaluate("document.cookie")).toBe("");

  const csrf = { "x-csrf-token": session.csrf ?? "" };
  const suspend = (headers: Record<string, string>) =>
    send(page, "/api/v1/taps:suspend", { method: "POST", headers });
  expect(await suspend({})).toMatchObject([403, { type: "urn:openvtap:problem:csrf" }]);
  await page.evaluate(() => {
    const seen = globalThis as unknown as { events: string[]; source: EventSource };
    seen.events = [];
    seen.source = new EventSource("/api/v1/events");
    for (const type of ["open", "tapsSuspended", "error"])
      seen.source.addEventListener(type, () => seen.events.push(type));
  });
  const events = () => page.evaluate(() => (globalThis as unknown as { events: string[] }).events);
  await waitFor(async () => (await events()).includes("open"), { what: "the stream to open" });
  expect(await suspend(csrf)).toMatchObject([200, { state: "suspended", by: "alice" }]);
  await waitFor(async () => (await events()).includes("tapsSuspended"), { what: "the event" });

  // The issuer is another one now: the session ends, and so does its stream.
  write({ audience: "other" });
  await waitFor(async () => !("user" in (await sessionOf(page))), { everyMs: 100 });
  const auditor = { authorization: `Bearer ${tokenNamed("a")}` };
  const { body } = await vtap.request("GET", "/audit?user=alice", undefined, auditor);
  const actor = { user: "alice", role: "operator", session: expect.stringMatching(/^\w{16}$/) };
  expect(body.items).toMatchObject([
    { operation: "GET /api/v1/session/oidc/callback", actor },
    { type: "refusal", outcome: { status: 403, problem: "csrf" }, actor },
    { operation: "POST /api/v1/taps:suspend", actor },
  ]);
  const logged = JSON.stringify(vtap.lines);
  expect(logged).toContain("a session begins");
  const cookies = await page.context().cookies(server);
  for (const { value } of cookies) expect(logged).not.toContain(value);
  expect(logged).not.toContain(issuer.loginConfig.clientSecret);
});

test("a session is of no use to pages of another port or site, and ends at a restart", async () => {
  const { vtap, page, server } = await start();
  const api = `${server}/api/v1`;
  // Any page of the server: without an identity there is none yet that may send requests.
  const begun = await page.request.post(`${api}/session`, { data: { token: tokenNamed("m") } });
  expect(begun.status()).toBe(200);
  const { csrf } = (await begun.json()) as { csrf: string };
  await page.goto(`${server}/docs`);
  expect(await sessionOf(page)).toMatchObject({ user: "user of m", csrf });
  const { port } = await hostileSite();
  for (const origin of [`http://localhost:${port}`, `http://127.0.0.1:${port}`]) {
    await page.goto(`${origin}/`).catch(() => page.goto(`http://127.0.0.1:${port}/`));
    const attempt = (path: string, init: RequestInit = {}) =>
      page.evaluate(
        ([url, init]) =>
          fetch(url, init).then(
            (response) => `${response.type} ${response.status}`,
            () => "failed",
          ),
        [`${api}${path}`, { credentials: "include", ...init } as RequestInit] as const,
      );
    expect(await attempt("/session")).toBe("failed");
    expect(await attempt("/session", { mode: "no-cors" })).toMatch(/^(failed|opaque 0)$/);
    const headers = { "x-csrf-token": csrf };
    expect(await attempt("/session", { method: "DELETE", headers })).toBe("failed");
    expect(await attempt("/policies:validate", { method: "POST", mode: "no-cors" })).toMatch(
      /^(failed|opaque 0)$/,
    );
  }
  await page.goto(`${server}/docs`);
  expect(await sessionOf(page)).toMatchObject({ user: "user of m" });
  const again = await vtap.killAndRestart({ httpPort: vtap.httpPort });
  onTestFinished(async () => void (await again.stop()));
  expect(await sessionOf(page)).toEqual({ authentication: true, methods: ["token", "oidc"] });
});
