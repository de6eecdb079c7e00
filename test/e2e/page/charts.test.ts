// SPDX-License-Identifier: Apache-2.0
import { setTimeout as delay } from "node:timers/promises";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import * as frames from "../frames.ts";
import { TWO_SWITCHES, WebPage } from "./web-page.ts";

/** Traffic: a frame this often. */
const EVERY_MS = 50;

let web: WebPage;
let isOver = false;
let traffic: Promise<void>;

beforeAll(async () => {
  web = await WebPage.start({ ...TWO_SWITCHES });
  const { scenario } = web;
  for (const [id, sender] of [
    ["busy", "h1"],
    ["idle", "h4"],
  ] as const) {
    const ends = { sender: { host: sender }, receiver: { host: "h2" }, monitors: [{ host: "h3" }] };
    await scenario.vtap.request("POST", "/policies?wait=5000", { id, ...ends });
  }
  const [h1, h2] = [scenario.host("h1"), scenario.host("h2")];
  traffic = (async () => {
    while (!isOver) {
      await scenario.lab.inject("h1", [frames.udp(h1, h2, { src: 1000, dst: 2000 })]);
      await delay(EVERY_MS);
    }
  })();
});
afterAll(async () => {
  isOver = true;
  await traffic;
  await web?.stop();
});

/** The figure of a line in the legend of the first chart. */
const figure = (page: Page, line: string) =>
  page.locator(".chart-legend li", { hasText: line }).first().locator("strong").textContent();

const lineOf = (page: Page, look: string) =>
  page.locator(`.chart-lines path.look-${look}`).first().getAttribute("d");

const RATE = /^[\d.]+ k?pps$/;

test("a policy's rates of the last minutes are drawn, and grow with each sample", async () => {
  const page = await web.open("#/policies/busy");
  await waitFor(async () => expect(await figure(page, "Copied")).toMatch(/^[1-9][\d.]* k?pps$/));
  await waitFor(async () => expect(await lineOf(page, "copied")).toMatch(/^M.*L/));
  const before = (await lineOf(page, "copied"))?.length ?? 0;
  await waitFor(async () => ((await lineOf(page, "copied"))?.length ?? 0) > before);
  // The address is read again: the history is the controller's.
  await page.reload();
  await waitFor(async () => ((await lineOf(page, "copied"))?.length ?? 0) >= before);
  await page.getByText("As a table").click();
  const row = page.getByRole("table", { name: "Rates of busy" }).getByRole("row").nth(1);
  expect(await row.getByRole("cell").first().textContent()).toMatch(RATE);
  await page.getByRole("button", { name: "bit/s" }).click();
  await waitFor(async () => expect(await figure(page, "Copied")).toMatch(/^[1-9][\d.]* k?bit\/s$/));
});

test("the table has the copies of now beside their line; idle is 0, unknown is no figure", async () => {
  const page = await web.open("#/policies");
  const cell = (id: string) => page.getByRole("row").filter({ hasText: id }).locator(".cell-rate");
  await waitFor(async () =>
    expect(await cell("busy").textContent()).toMatch(/^[1-9][\d.]* k?pps$/),
  );
  await waitFor(async () => expect(await cell("idle").textContent()).toBe("0 pps"));
  await waitFor(async () =>
    expect(await cell("busy").locator("path").getAttribute("d")).toMatch(/^M.*L/),
  );
});

test("a link has its rates in both directions", async () => {
  const page = await web.open("#/map");
  const tree = page.getByRole("tree");
  await tree.getByRole("treeitem").first().focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  const card = page.getByRole("complementary", { name: "Selection" });
  await card.getByRole("img", { name: /^Rates of s1:10 → s2:10$/ }).waitFor();
  await card.getByRole("img", { name: /^Rates of s2:10 → s1:10$/ }).waitFor();
  await waitFor(async () =>
    expect(await card.locator(".chart-lines path.look-all").first().getAttribute("d")).toMatch(/L/),
  );
});

test("while the controller is gone rates are not known, and not zero", async () => {
  const page = await web.open("#/policies");
  const cell = page.getByRole("row").filter({ hasText: "busy" }).locator(".cell-rate");
  await waitFor(async () => expect(await cell.textContent()).toMatch(RATE));
  await web.scenario.vtap.stop("SIGKILL");
  await waitFor(async () => expect(await cell.textContent()).toBe("–"));
  await web.scenario.killAndRestartController();
  await waitFor(async () => expect(await cell.textContent()).toMatch(RATE));
});
