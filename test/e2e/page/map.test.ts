// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PolicyPlanView } from "../../../src/contract/observation/policy-plan.ts";
import { boxesOf } from "../../../src/page/map/layout/arrange.ts";
import { hull } from "../../../src/page/map/layout/boxes.ts";
import { readPlaces } from "../../../src/page/map/layout/saved-places.ts";
import { mapGraph } from "../../../src/page/map/model/graph.ts";
import { fitted, toScreen } from "../../../src/page/map/view/transform.ts";
import { waitFor } from "../../lab/index.ts";
import { neededWidth, violations } from "./axe.ts";
import { crossing, pixelsOf, RING, savedPlaces, shownWays } from "./ring.ts";
import { WebPage } from "./web-page.ts";

const S1 = "0000000000000001";

let web: WebPage;

beforeAll(async () => {
  web = await WebPage.start(RING);
  await web.scenario.rolesKnown();
});
afterAll(() => web?.stop());

/** The links of a policy's ways, as the map has them in words. */
async function plannedWays(id: string): Promise<string[]> {
  const plan: PolicyPlanView = await web.scenario.vtap.get(`/policies/${id}/plan`);
  const copies = plan.ways.flatMap(({ links }) =>
    links.map(({ from, to }) => crossing("copy", from, to)),
  );
  const originals = plan.original.map(({ from, to }) => crossing("original", from, to));
  return [...new Set([...copies, ...originals])].sort();
}

test("a selected policy is drawn on the way that its plan has", async () => {
  const page = await web.open("#/map");
  await page.getByRole("option", { name: /Web to the IDS/ }).waitFor();
  expect(await pixelsOf(page, "hue-1")).toBe(0);
  await page.getByRole("option", { name: /Web to the IDS/ }).click();
  await page.locator(".way-words li").first().waitFor({ state: "attached" });
  const planned = await plannedWays("web");
  expect(planned.length).toBeGreaterThan(2);
  expect(await shownWays(page)).toEqual(planned);
  await waitFor(async () => (await pixelsOf(page, "hue-1")) > 500);
  expect(page.url()).toContain("policy=web");
  await page.keyboard.press("Escape");
  await waitFor(async () => (await pixelsOf(page, "hue-1")) === 0);
});

test("the keyboard goes through the network in a tree, and selects", async () => {
  const page = await web.open("#/map");
  const tree = page.getByRole("tree");
  await tree.getByRole("treeitem").first().focus();
  await page.keyboard.press("ArrowRight");
  // Shown when the page has had time to draw it; before that the next key leads elsewhere.
  await tree
    .getByRole("treeitem", { name: /^Link from/ })
    .first()
    .waitFor();
  await page.keyboard.press("ArrowDown");
  const focused = (text: RegExp) => page.locator('[role="treeitem"]:focus', { hasText: text });
  await focused(/^Link from port \d+ to s\d port \d+, up$/).waitFor();
  await page.keyboard.press("End");
  await focused(/Switch s4/).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("complementary", { name: "Selection" }).getByText("s4").first().waitFor();
  expect(page.url()).toContain("item=switch");
  await page.keyboard.press("h");
  await waitFor(() => page.url().includes("hosts=off"));
});

test("the link outside the spanning tree is named as such, until a cut needs it", async () => {
  const page = await web.open("#/map");
  await page.getByText("outside the spanning tree", { exact: true }).waitFor();
  const link = (page_: typeof page) => page_.getByRole("treeitem", { name: /^Link from port 12/ });
  await page.getByRole("treeitem", { name: /^Switch s3/ }).focus();
  await page.keyboard.press("ArrowRight");
  await link(page).waitFor();
  expect(await link(page).textContent()).toMatch(/to s4 port 12, up, outside the spanning tree$/);
  await web.scenario.lab.cutLink("s1", 13);
  await waitFor(async () => /, up$/.test((await link(page).textContent()) ?? ""), {
    what: "the link to be in the spanning tree",
  });
  await page.getByText("outside the spanning tree").waitFor({ state: "detached" });
  await web.scenario.lab.restoreLink("s1", 13);
  await page.getByText("outside the spanning tree", { exact: true }).waitFor();
  await web.scenario.synced();
});

test("places that a switch is moved to survive a reload, by keyboard and by pointer", async () => {
  const page = await web.open("#/map");
  const saved = async () => readPlaces(await savedPlaces(page));
  const first = page.getByRole("treeitem").first();
  await first.focus();
  await waitFor(async () => (await saved()).size === 4);
  const before = await saved();
  const start = before.get(S1) ?? { x: 0, y: 0 };
  await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("Shift+ArrowDown");
  expect((await saved()).get(S1)).toMatchObject({ x: start.x + 20, y: start.y + 20 });

  const graph = mapGraph(await web.scenario.vtap.get("/topology"));
  const box = await page.locator(".map-view").boundingBox();
  const places = await saved();
  const place = places.get(S1);
  if (!box || !place) throw new Error("the map is not shown");
  await page.getByRole("button", { name: /Show everything/ }).click();
  const view = fitted(hull(boxesOf(graph, places)), box);
  const at = toScreen(view, place);
  await page.mouse.move(box.x + at.x, box.y + at.y);
  await page.locator(".hover-card").getByText("Datapath").waitFor();
  await page.mouse.down();
  await page.mouse.move(box.x + at.x + 30, box.y + at.y + 60, { steps: 3 });
  await page.mouse.up();
  const moved = await saved();
  expect(moved.get(S1)?.y).toBeGreaterThan(place.y + 10);
  expect([...moved].filter(([dpid]) => dpid !== S1)).toEqual(
    [...before].filter(([dpid]) => dpid !== S1),
  );
  await page.reload();
  await page.getByRole("treeitem").first().waitFor({ state: "attached" });
  expect(await saved()).toEqual(moved);
});

describe("a link that is cut", () => {
  test("changes the map and the way", async () => {
    const page = await web.open("#/map?policy=web");
    await page.locator(".way-words li").first().waitFor({ state: "attached" });
    const before = await shownWays(page);
    const used = before.find((text) => /^copy: s4|→ s4/.test(text));
    const [, name = "", port = ""] = /(s\d) port (\d+) →/.exec(used ?? "") ?? [];
    await web.scenario.lab.cutLink(name, Number(port));
    const start = performance.now();
    await waitFor(
      async () => {
        const [ways, down] = [await shownWays(page), await pixelsOf(page, "bad")];
        return ways.length > 0 && !ways.some((text) => text === used) && down > 20;
      },
      { what: "the new way on the map" },
    );
    // Measured only: a busy machine takes longer (CONTRIBUTING, tests).
    const elapsed = Math.round(performance.now() - start);
    console.log(`the map shows the new way ${elapsed} ms after the cut`);
    expect(await shownWays(page)).toEqual(await plannedWays("web"));
    await web.scenario.lab.restoreLink(name, Number(port));
    await waitFor(async () => (await pixelsOf(page, "bad")) === 0);
  });
});

describe.each(["light", "dark"] as const)("%s", (colorScheme) => {
  test.each([
    "#/map",
    "#/map?policy=web,dns&labels=on",
    "#/map?item=switch:0000000000000001",
    "#/map?item=host:fa:00:00:00:00:01",
  ])("axe finds nothing on %s", async (hash) => {
    const page = await web.open(hash, { colorScheme });
    await page.getByRole("option").first().waitFor();
    expect(await violations(page)).toEqual([]);
  });
});

test.each([320, 640])("nothing is cut off at %i pixels", async (width) => {
  const page = await web.open("#/map?policy=web", { viewport: { width, height: 640 } });
  await page.getByRole("option").first().waitFor();
  expect(await neededWidth(page)).toBe(width);
});
