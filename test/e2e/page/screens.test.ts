// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import * as frames from "../frames.ts";
import { neededWidth } from "./axe.ts";
import { OFFICE, OFFICE_POLICIES, officeTraffic } from "./office-network.ts";
import * as png from "./palette-png.ts";
import { WebPage } from "./web-page.ts";

/** Where the pictures of the documentation go (`npm run screenshots`); without it no picture is written. */
const FOLDER = process.env.SCREENSHOTS;

/** The hosts' traffic: ten moments a second. */
const TRAFFIC_EVERY_MS = 100;

let web: WebPage;
let isOver = false;
let traffic: Promise<void>;

beforeAll(async () => {
  if (FOLDER) await mkdir(FOLDER, { recursive: true });
  web = await WebPage.start(OFFICE);
  for (const policy of OFFICE_POLICIES) {
    const { status } = await web.scenario.vtap.request("POST", "/policies?wait=5000", policy);
    expect(status).toBe(201);
  }
  traffic = (async () => {
    while (!isOver) {
      await officeTraffic(web.scenario);
      await delay(TRAFFIC_EVERY_MS);
    }
  })();
});
afterAll(async () => {
  isOver = true;
  await traffic;
  await web?.stop();
});

/** Writes a picture of the page, if pictures are asked for. */
async function picture(page: Page, name: string): Promise<void> {
  if (!FOLDER) return;
  // The pointer is out of the way, and what moves in has arrived.
  await page.mouse.move(0, 0);
  await page.evaluate(() =>
    Promise.all(document.getAnimations().map((animation) => animation.finished)),
  );
  await writeFile(join(FOLDER, `${name}.png`), await png.picture(page));
}

/** For a picture: switches are read one after another, and on a busy machine the rates of one moment differ. */
async function ratesAgree(way: Locator): Promise<void> {
  await waitFor(
    async () => {
      const figures = await way.getByRole("definition").allTextContents();
      const [copied = 0, delivered = 0] = figures.map((text) => Number.parseFloat(text));
      return copied > 0 && Math.abs(delivered - copied) < copied / 5;
    },
    { what: "as many copies delivered as made" },
  );
}

/** The number of different pixels of a canvas of the map: 0 still, 1 moving. An empty one has one. */
function colours(page: Page, canvas: number): Promise<number> {
  return page.evaluate((index) => {
    const found = document.querySelectorAll<HTMLCanvasElement>(".map-view canvas")[index];
    if (!found || found.width === 0) return 0;
    const { data } =
      found.getContext("2d")?.getImageData(0, 0, found.width, found.height) ?? ({} as ImageData);
    return new Set(new Uint32Array(data.buffer)).size;
  }, canvas);
}

/** Whether nothing on the canvas of the dots changes while the browser paints ten frames. */
function standsStill(page: Page): Promise<boolean> {
  return page.evaluate(async () => {
    const canvas = document.querySelectorAll("canvas")[1];
    const before = canvas?.toDataURL();
    for (let frame = 0; frame < 10; frame++) await new Promise(requestAnimationFrame);
    return canvas?.toDataURL() === before;
  });
}

/** Waits until the map shows the network. */
async function mapDrawn(page: Page): Promise<void> {
  await waitFor(async () => (await colours(page, 0)) > 20, { what: "the map to be drawn" });
}

const LARGE = { viewport: { width: 1280, height: 800 } };
/** What a browser of 1280 × 800 pixels has left at a zoom of 200 %. */
const ZOOMED = { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 };
const MOVING = { reducedMotion: "no-preference" } as const;

const MAP = "#/map?policy=web-to-ids";

test.each(["light", "dark"] as const)("the map shows rates and ways, %s", async (colorScheme) => {
  const page = await web.open(MAP, { ...LARGE, ...MOVING, colorScheme });
  const way = page.getByRole("region", { name: "Policy web-to-ids" });
  await way.getByText("leaf1 → leaf3").first().waitFor();
  await way
    .getByText(/[1-9][\d.,]* pps/)
    .first()
    .waitFor();
  await page.getByText(/1 dot ≈/).waitFor();
  if (FOLDER) await ratesAgree(way);
  await mapDrawn(page);
  await picture(page, colorScheme === "dark" ? "map-dark" : "map");
});

test("dots move; with reduced motion, or paused, nothing does", async () => {
  const moving = await web.open(MAP, { ...LARGE, ...MOVING });
  await moving.getByText(/1 dot ≈/).waitFor();
  await waitFor(async () => !(await standsStill(moving)), { what: "the dots to move" });
  await moving.getByRole("button", { name: "Pause" }).click();
  await waitFor(() => standsStill(moving), { what: "the dots to stand still" });

  const still = await web.open(MAP, LARGE);
  await still
    .getByText(/[1-9][\d.,]* pps/)
    .first()
    .waitFor();
  await mapDrawn(still);
  expect(await still.getByText(/1 dot ≈/).count()).toBe(0);
  expect(await colours(still, 1)).toBe(1);
  await waitFor(
    () =>
      still.evaluate(() =>
        document.getAnimations().every(({ playState }) => playState === "finished"),
      ),
    {
      what: "all animations to be over",
    },
  );
});

test.each(["light", "dark"] as const)("policies with their counters, %s", async (colorScheme) => {
  const page = await web.open("#/policies", { ...LARGE, colorScheme });
  const row = page.getByRole("row").filter({ hasText: "web-to-ids" });
  await row.locator(".cell-copied", { hasText: /[1-9]/ }).waitFor();
  expect(await page.locator(".cell-id a").count()).toBe(OFFICE_POLICIES.length);
  await row.locator(".cell-rate", { hasText: /[1-9].* pps/ }).waitFor();
  await waitFor(async () =>
    expect(await row.locator(".sparkline path").getAttribute("d")).toMatch(/L.*L/),
  );
  await picture(page, colorScheme === "dark" ? "policies-dark" : "policies");
});

test("a policy, and the rules it needs", async () => {
  const page = await web.open("#/policies/dns-to-both", LARGE);
  await page.getByRole("heading", { name: "dns-to-both" }).waitFor();
  await waitFor(async () =>
    expect(await page.locator(".chart-line").first().getAttribute("d")).toMatch(/L/),
  );
  await picture(page, "policy");
  await page.getByRole("tab", { name: "Rules" }).click();
  await page
    .getByText(/tp_dst=53/)
    .first()
    .waitFor();
  await page
    .getByRole("link", { name: "leaf2" })
    .last()
    .evaluate((link) => link.scrollIntoView());
  await picture(page, "policy-rules");
});

test("a link has its rates", async () => {
  const page = await web.open("#/map", LARGE);
  await page
    .getByRole("treeitem", { name: /^Switch leaf1/ })
    .first()
    .focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  const card = page.getByRole("complementary", { name: "Selection" });
  await waitFor(async () =>
    expect(await card.locator(".chart-line").first().getAttribute("d")).toMatch(/L/),
  );
  await mapDrawn(page);
  await picture(page, "link");
});

test("the editor says what would happen", async () => {
  const page = await web.open("#/policies?edit=~new", LARGE);
  await page.getByRole("combobox", { name: "Sender" }).fill("web");
  await page.getByRole("combobox", { name: "Receiver" }).fill("db");
  await page.getByRole("combobox", { name: "Monitors" }).fill("ids");
  await page.getByLabel("Id", { exact: true }).fill("database-to-ids");
  await page.getByText("It will be").waitFor();
  await page.getByText("a frame that both match goes to the monitors of both").first().waitFor();
  await picture(page, "editor");
});

test("a frame is explained hop by hop", async () => {
  const [anna, server] = [web.scenario.host("h1"), web.scenario.host("h2")];
  const frame = frames.tcp(anna, server, { src: 40_000, dst: 443 });
  const hex = Buffer.from(frame).toString("hex");
  const page = await web.open(`#/explain?frame=${hex}&step=2`, LARGE);
  await page.getByRole("status").getByText("1 copy, bit-exact, to ids.").waitFor();
  await mapDrawn(page);
  await picture(page, "explain");
});

test("network, events and about", async () => {
  const page = await web.open("#/network", LARGE);
  await page.getByRole("link", { name: "spine1" }).waitFor();
  await picture(page, "network");
  await page.getByRole("link", { name: "leaf3" }).click();
  await page.getByText("recorder").first().waitFor();
  await picture(page, "switch");
  await page.goBack();
  await page.getByRole("navigation").getByRole("link", { name: "Events" }).click();
  await web.scenario.createPolicy({
    ...{ id: "night-audit", name: "Audit", sender: { host: "ben-laptop" }, receiver: "any" },
    monitors: [{ host: "recorder" }],
  });
  await page.getByRole("link", { name: "night-audit" }).first().waitFor();
  await web.scenario.lab.cutLink("leaf3", 12);
  await page
    .getByText(/spine2/)
    .first()
    .waitFor();
  await web.scenario.lab.restoreLink("leaf3", 12);
  await web.scenario.synced();
  await page
    .getByText(/ more at the same time/)
    .first()
    .click();
  await picture(page, "events");
  await web.scenario.deletePolicy("night-audit");
  await page.getByRole("navigation").getByRole("link", { name: "About" }).click();
  await page.getByRole("heading", { name: "About" }).waitFor();
  await picture(page, "about");
});

test.each([
  ["#/map?policy=web-to-ids", "Suspend taps"],
  ["#/policies", "New policy"],
  ["#/policies/dns-to-both?tab=rules", "Edit"],
  ["#/policies?edit=~new", "Save"],
  ["#/explain?frame=tcp_dst%3D443&at=anna-laptop&to=web", "Explain"],
  ["#/network", "Suspend taps"],
  ["#/network/hosts", "Suspend taps"],
  ["#/network/links", "Suspend taps"],
  ["#/network/switches/0000000000000003", "Suspend taps"],
  ["#/events", "Suspend taps"],
  ["#/about", "Suspend taps"],
])("at a zoom of 200 %% nothing of %s needs a horizontal scroll", async (hash, control) => {
  const page = await web.open(hash, ZOOMED);
  await page.locator(".skeleton").first().waitFor({ state: "detached" });
  const button = page.getByRole("button", { name: control, exact: true }).first();
  await button.scrollIntoViewIfNeeded();
  const box = await button.boundingBox();
  expect(box).not.toBeNull();
  expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(640);
  expect(await neededWidth(page)).toBe(640);
});
