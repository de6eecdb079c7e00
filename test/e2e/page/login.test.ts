// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { launchBrowser } from "../../lab/browser.ts";
import { hostAddresses, mac } from "../hosts.ts";
import { runVtap, VtapProcess } from "../vtap-process.ts";
import { neededWidth, violations } from "./axe.ts";

const ROLES = ["viewer", "admin"] as const;

let directory: string;
let vtap: VtapProcess;
let browser: Browser;
const tokens = new Map<string, string>();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "vtap-login-"));
  const auth = join(directory, "auth.json");
  for (const role of ROLES) {
    const flags = ["--auth", auth, "--id", role, "--user", `${role}-user`, "--role", role];
    tokens.set(role, (await runVtap(["token", "create", ...flags])).stdout.trim());
  }
  [vtap, browser] = await Promise.all([
    VtapProcess.start({ data: join(directory, "data"), more: ["--auth", auth] }),
    launchBrowser(),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await vtap?.stop();
  await rm(directory, { recursive: true, force: true });
});

/** The page as it is before the login, in a new browser profile. */
async function login(hash: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    reducedMotion: "reduce",
    ...options,
  });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${vtap.httpPort}/${hash}`);
  await page.getByRole("button", { name: "Log in" }).waitFor();
  return page;
}

async function loggedIn(role: string, hash: string, options: BrowserContextOptions = {}) {
  const page = await login(hash, options);
  await page.getByLabel("Token").fill(tokens.get(role) ?? "");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByText("live", { exact: true }).waitFor();
  await page.locator(".skeleton").first().waitFor({ state: "detached" });
  return page;
}

/** 640 pixels are what 1280 have left at a zoom of 200 %. */
const WIDTHS = [320, 640];

describe.each(["light", "dark"] as const)("%s", (colorScheme) => {
  test("axe finds nothing at the login, before and after a token is refused", async () => {
    const page = await login("#/policies", { colorScheme });
    expect(await violations(page, colorScheme)).toEqual([]);
    await page.getByLabel("Token").fill("wrong");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("alert").waitFor();
    expect(await violations(page, colorScheme)).toEqual([]);
  });

  test.each(ROLES)(
    "axe finds nothing on the screens of a role, empty and full: %s",
    async (role) => {
      const page = await loggedIn(role, "#/policies", { colorScheme });
      const headers = { authorization: `Bearer ${tokens.get("admin")}` };
      const [sender, receiver, monitor] = [1, 2, 3].map((each) => mac(hostAddresses(each)));
      const policy = { id: "full", sender, receiver, monitors: [monitor] };
      const check = async (hash: string) => {
        await page.evaluate((next) => {
          location.hash = next;
        }, hash);
        await page.locator(".skeleton").first().waitFor({ state: "detached" });
        expect([hash, await violations(page, colorScheme)]).toEqual([hash, []]);
      };
      for (const hash of ["#/policies", "#/about"]) await check(hash);
      await vtap.request("PUT", "/policies/full", policy, headers);
      await page.getByRole("link", { name: "1 policy" }).waitFor();
      for (const hash of ["#/policies", "#/policies/full"]) await check(hash);
      await vtap.request("DELETE", "/policies/full", undefined, headers);
    },
  );
});

test.each(WIDTHS)("nothing of the login is cut off at %i pixels", async (width) => {
  const page = await login("#/policies", { viewport: { width, height: 640 } });
  expect(await neededWidth(page)).toBe(width);
  await page.getByLabel("Token").fill("wrong");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("alert").waitFor();
  expect(await neededWidth(page)).toBe(width);
  const button = await page.getByRole("button", { name: "Log in" }).boundingBox();
  expect((button?.x ?? 0) + (button?.width ?? 0)).toBeLessThanOrEqual(width);
});

test.each(WIDTHS)("nothing of the settings is cut off at %i pixels", async (width) => {
  const page = await loggedIn("admin", "#/about", { viewport: { width, height: 640 } });
  await page.getByLabel("Show those at their default, too").check();
  await page.getByText("tapVlanRange", { exact: true }).waitFor();
  expect(await neededWidth(page)).toBe(width);
});

test("an administrator sees the settings in force, and no secret; a viewer sees why not", async () => {
  const page = await loggedIn("admin", "#/about");
  const panel = page.locator(".panel").filter({ hasText: "Settings in force" });
  const auth = panel.locator(".settings > div").filter({ hasText: "auth" });
  await auth.getByText(join(directory, "auth.json")).waitFor();
  expect(await panel.getByText("tapVlanRange", { exact: true }).count()).toBe(0);
  await page.getByLabel("Show those at their default, too").check();
  await panel.getByText("tapVlanRange", { exact: true }).waitFor();
  const text = await panel.textContent();
  for (const token of tokens.values()) expect(text).not.toContain(token);
  const viewer = await loggedIn("viewer", "#/about");
  await viewer.getByText("administrators see them").waitFor();
  expect(await viewer.locator(".settings").count()).toBe(0);
});
