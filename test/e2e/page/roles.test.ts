// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { launchBrowser } from "../../lab/browser.ts";
import { waitFor } from "../../lab/index.ts";
import { hostAddresses, mac } from "../hosts.ts";
import { runVtap, VtapProcess } from "../vtap-process.ts";
import { hostileSite } from "../web/hostile-site.ts";

const POLICY = {
  id: "kept",
  sender: mac(hostAddresses(1)),
  receiver: mac(hostAddresses(2)),
  monitors: [mac(hostAddresses(3))],
};

let directory: string;
let vtap: VtapProcess;
let browser: Browser;
const tokens = { viewer: "", operator: "", admin: "" };

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "vtap-roles-"));
  const auth = join(directory, "auth.json");
  for (const role of ["viewer", "operator", "admin"] as const) {
    const flags = ["--auth", auth, "--id", role, "--user", `${role}-user`, "--role", role];
    const { code, stdout, stderr } = await runVtap(["token", "create", ...flags]);
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    tokens[role] = stdout.trim();
  }
  [vtap, browser] = await Promise.all([
    VtapProcess.start({ data: join(directory, "data"), more: ["--auth", auth] }),
    launchBrowser(["MAP hostile.example 127.0.0.1"]),
  ]);
  const created = await vtap.request("POST", "/policies", POLICY, bearer("admin"));
  expect(created.status).toBe(201);
});
afterAll(async () => {
  await browser?.close();
  await vtap?.stop();
  await rm(directory, { recursive: true, force: true });
});

function bearer(role: keyof typeof tokens): Record<string, string> {
  return { authorization: `Bearer ${tokens[role]}` };
}

const address = (hash = "") => `http://127.0.0.1:${vtap.httpPort}/${hash}`;

/** A new browser profile, without cookies, until the test ends. */
async function profile(): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  onTestFinished(() => context.close());
  return context;
}

/** A page that is logged in with the token of a role. */
async function loggedIn(role: keyof typeof tokens, hash: string): Promise<Page> {
  const page = await (await profile()).newPage();
  await page.goto(address(hash));
  await page.getByLabel("Token").fill(tokens[role]);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByText("live", { exact: true }).waitFor();
  return page;
}

/** A request as a script of the page would send it, with its cookie; gives status and text of the answer. */
function fetchIn(page: Page, path: string, init: RequestInit = {}): Promise<[number, string]> {
  return page.evaluate(
    async ([url, options]) => {
      const response = await fetch(url, options);
      return [response.status, await response.text()] as [number, string];
    },
    [path, init] as const,
  );
}

/** The token that writes of this session carry. */
async function csrfOf(page: Page): Promise<string> {
  return JSON.parse((await fetchIn(page, "/api/v1/session"))[1]).csrf;
}

async function enabled(): Promise<boolean> {
  const { body } = await vtap.request("GET", "/policies/kept", undefined, bearer("admin"));
  return body.enabled !== false;
}

test("nothing is shown before the login, and a wrong token is refused with the reason", async () => {
  const page = await (await profile()).newPage();
  await page.goto(address("#/policies/kept"));
  await page.getByRole("button", { name: "Log in" }).waitFor();
  expect(await page.getByText("kept").count()).toBe(0);
  expect((await fetchIn(page, "/api/v1/policies"))[0]).toBe(401);
  await page.getByLabel("Token").fill(`${tokens.viewer.slice(0, -4)}AAAA`);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("alert").waitFor();
  // The address that was asked for is shown after the login.
  await page.getByLabel("Token").fill(tokens.viewer);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("heading", { name: "kept" }).waitFor();
  const cookies = await page.context().cookies();
  expect(cookies).toMatchObject([{ httpOnly: true, sameSite: "Strict" }]);
  expect(JSON.stringify(await page.context().storageState())).not.toContain(tokens.viewer);
});

test("a viewer sees no control that writes, and is refused when it is forced", async () => {
  const page = await loggedIn("viewer", "#/policies");
  await page.getByRole("link", { name: "kept" }).waitFor();
  for (const name of ["Suspend taps", "New policy", "Delete", "Disable"]) {
    expect([name, await page.getByRole("button", { name, exact: true }).count()]).toEqual([
      name,
      0,
    ]);
  }
  await page.keyboard.press("n");
  await page.getByRole("button", { name: "Actions of kept" }).click();
  for (const name of ["Duplicate", "Disable", "Delete"]) {
    const item = page.getByRole("menuitem", { name, exact: true });
    expect([name, await item.isDisabled()]).toEqual([name, true]);
  }
  expect(await page.getByRole("dialog").count()).toBe(0);

  const headers = { "x-csrf-token": await csrfOf(page), "content-type": "application/json" };
  for (const [path, init] of [
    ["/api/v1/taps:suspend", { method: "POST" }],
    ["/api/v1/policies/kept", { method: "DELETE" }],
    ["/api/v1/policies", { method: "POST", body: JSON.stringify({ ...POLICY, id: "planted" }) }],
  ] as const) {
    const [status, text] = await fetchIn(page, path, { ...init, headers });
    expect([path, status, JSON.parse(text).type]).toEqual([
      ...[path, 403, "urn:openvtap:problem:forbidden"],
    ]);
  }
  const { body } = await vtap.request("GET", "/policies", undefined, bearer("admin"));
  expect(body.items.map(({ id }: { id: string }) => id)).toEqual(["kept"]);
});

test("an operator may suspend and resume, and writes no policy", async () => {
  const page = await loggedIn("operator", "#/policies");
  await page.getByRole("link", { name: "kept" }).waitFor();
  expect(await page.getByRole("button", { name: "New policy" }).count()).toBe(0);
  await page.getByRole("button", { name: "Suspend taps" }).click();
  await page.getByLabel("Reason").fill("audit");
  await page.getByRole("button", { name: "Suspend", exact: true }).click();
  await page.getByText(/Copies are suspended since .* by operator-user: audit/).waitFor();
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByText("Copies are suspended").waitFor({ state: "detached" });
});

test("after the log-out the session is over, also for who has kept its cookie", async () => {
  const page = await loggedIn("admin", "#/policies");
  const [cookie] = await page.context().cookies();
  await page.getByRole("button", { name: /Logged in as admin-user/ }).click();
  await page.getByRole("menuitem", { name: "Log out" }).click();
  await page.getByRole("button", { name: "Log in" }).waitFor();
  expect(await page.context().cookies()).toEqual([]);
  const headers = { cookie: `${cookie?.name}=${cookie?.value}` };
  const { body } = await vtap.request("GET", "/session", undefined, headers);
  expect(body.user).toBeUndefined();
  expect((await vtap.request("GET", "/policies", undefined, headers)).status).toBe(401);
});

test("a session that ends on the server leads to the login, and back to the same place", async () => {
  const page = await loggedIn("admin", "#/policies?q=kept");
  await page.getByRole("link", { name: "kept" }).waitFor();
  vtap = await vtap.killAndRestart({ httpPort: vtap.httpPort });
  await page.getByLabel("Token").fill(tokens.admin);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("link", { name: "kept" }).waitFor();
  expect(new URL(page.url()).hash).toBe("#/policies?q=kept");
});

test("other sites, and scripts without the session's token, change nothing", async () => {
  const page = await loggedIn("admin", "#/policies");
  const disable = {
    method: "PATCH",
    headers: { "content-type": "application/merge-patch+json" },
    body: '{"enabled":false}',
  };
  for (const token of [undefined, "", "A".repeat(43)]) {
    const headers = { ...disable.headers, ...(token !== undefined && { "x-csrf-token": token }) };
    const [status] = await fetchIn(page, "/api/v1/policies/kept", { ...disable, headers });
    expect([token, status]).toEqual([token, 403]);
  }
  expect(await enabled()).toBe(true);

  // The same browser, with the cookie of the session, on pages of other sites.
  const { port } = await hostileSite();
  for (const origin of [`http://127.0.0.1:${port}`, `http://hostile.example:${port}`]) {
    const foreign = await page.context().newPage();
    await foreign.goto(origin);
    const suspend = `${address()}api/v1/taps:suspend`;
    const answered = foreign.waitForResponse(suspend);
    await foreign.evaluate((action) => {
      const form = Object.assign(document.createElement("form"), { action, method: "post" });
      document.body.append(form);
      form.submit();
    }, suspend);
    expect([origin, (await answered).status()]).toEqual([origin, 403]);
    await foreign.close();
  }
  const taps = await vtap.request("GET", "/taps", undefined, bearer("admin"));
  expect(taps.body.state).toBe("running");

  // With the session's token the page's own request is served: the refusals above had no other cause.
  const headers = { ...disable.headers, "x-csrf-token": await csrfOf(page) };
  expect((await fetchIn(page, "/api/v1/policies/kept", { ...disable, headers }))[0]).toBe(200);
  await waitFor(async () => !(await enabled()));
});
