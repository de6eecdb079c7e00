// SPDX-License-Identifier: Apache-2.0
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import * as frames from "../frames.ts";
import { TWO_SWITCHES, WebPage } from "./web-page.ts";

let web: WebPage;

beforeAll(async () => {
  web = await WebPage.start({ ...TWO_SWITCHES });
});
afterAll(() => web?.stop());

afterEach(async () => {
  const { items } = await web.scenario.vtap.get("/policies");
  for (const { id } of items) await web.scenario.deletePolicy(id);
});

/** The name of the control that has the focus; runs in the browser. */
const FOCUSED =
  "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent";

/** Moves the focus on, as the Tab key does, until it is on a control of this name. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let step = 0; step < 40; step++) {
    if ((await page.evaluate(FOCUSED)) === name) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`no control ${name} is reached with Tab`);
}

test("the first policy is written by keyboard alone, and its first copy is counted", async () => {
  const page = await web.open("#/policies");
  await page.getByText("There are no policies yet").waitFor();
  await page.keyboard.press("n");
  await page.getByRole("dialog", { name: "New policy" }).waitFor();
  await tabTo(page, "Sender");
  await page.keyboard.type("h1");
  await tabTo(page, "Receiver");
  await page.keyboard.type("h");
  await page.getByRole("option", { name: /^h2/ }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await tabTo(page, "Monitors");
  await page.keyboard.type("h3");
  await page.getByText("It will be").waitFor();
  await page.keyboard.press("Control+Enter");
  const row = page.getByRole("row").filter({ hasText: "h3" });
  await row.getByText("active").waitFor();
  const { items } = await web.scenario.vtap.get("/policies");
  expect(items).toMatchObject([
    {
      sender: { host: "h1" },
      receiver: { host: "h2" },
      direction: "both",
      monitors: [{ host: "h3" }],
    },
  ]);
  const [h1, h2] = [web.scenario.host("h1"), web.scenario.host("h2")];
  await web.scenario.lab.inject("h1", [frames.udp(h1, h2, { src: 1000, dst: 2000 })]);
  await row.locator(".cell-copied", { hasText: /^1$/ }).waitFor();
  await row.locator(".cell-delivered", { hasText: /^1$/ }).waitFor();
  await web.scenario.deletePolicy(items[0].id);
  await page.getByText("There are no policies yet").waitFor();
});

test("a mistake is shown at its field while it is written", async () => {
  const page = await web.open("#/policies?edit=~new");
  await page.getByRole("combobox", { name: "Sender" }).fill("10.0.0.0/99");
  const field = page.getByRole("group", { name: "Sender" });
  await field.locator(".field-problem").waitFor();
  const control = page.getByRole("combobox", { name: "Sender" });
  const description = await control.getAttribute("aria-describedby");
  expect(await page.locator(`[id="${description}"]`).textContent()).toContain("10.0.0.0/99");
  expect(await control.getAttribute("aria-invalid")).toBe("true");
});

test("what is pasted in another notation is read", async () => {
  const page = await web.open("#/policies?edit=~new");
  await page.getByRole("combobox", { name: "Sender" }).fill("FA00.0000.0001");
  await page.getByText("Read as fa:00:00:00:00:01.").waitFor();
  await page.getByRole("button", { name: "JSON" }).click();
  expect(JSON.parse(await page.getByLabel("Policy as JSON").inputValue())).toMatchObject({
    sender: { mac: "fa:00:00:00:00:01" },
  });
});

test("a policy that was written meanwhile is merged, and nothing is lost", async () => {
  const { scenario } = web;
  const document = {
    id: "shared",
    sender: { host: "h1" },
    receiver: { host: "h2" },
    monitors: [{ host: "h3" }],
  };
  await scenario.createPolicy(document);
  const page = await web.open("#/policies/shared?edit=shared");
  await page.getByLabel("Name", { exact: true }).fill("mine");
  await page.getByLabel("Reason").fill("audit");
  await scenario.vtap.request("PUT", "/policies/shared", {
    ...document,
    name: "theirs",
    direction: "both",
  });
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("This policy has been changed meanwhile").waitFor();
  const row = page.getByRole("row", { name: /^name/ });
  expect(await row.getByRole("cell").allTextContents()).toEqual(["–", "mine", "theirs"]);
  await page.getByRole("button", { name: "Continue with this" }).click();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText('"shared" is saved and active.').waitFor();
  expect(await scenario.vtap.get("/policies/shared")).toMatchObject({
    ...{ name: "mine", reason: "audit", direction: "both", revision: expect.any(Number) },
  });
});

test("what a policy would do to others is shown, and is asked about", async () => {
  const { scenario } = web;
  await scenario.createPolicy({
    ...{ id: "dns", sender: "any", receiver: { ip: "10.0.0.0/8" }, monitors: [{ host: "h4" }] },
    ...{ filters: { udp_dst: 53 }, copy: { truncate: 128 } },
  });
  const page = await web.open("#/policies?edit=~new");
  await page.getByRole("combobox", { name: "Sender" }).fill("10.20.0.0/16");
  await page.getByRole("combobox", { name: "Receiver" }).fill("h2");
  await page.getByRole("combobox", { name: "Monitors" }).fill("h4");
  await page.getByLabel("Id", { exact: true }).fill("tenant");
  const harm = page.locator(".effects .harm");
  await harm.getByText("active → degraded").waitFor();
  expect(await harm.getByRole("link").textContent()).toBe("dns");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Other policies would be worse off").waitFor();
  expect((await scenario.vtap.get("/policies")).items).toHaveLength(1);
  await page.getByRole("button", { name: "Save although" }).click();
  await page.getByText(/"tenant" is saved and/).waitFor();
  await page.getByRole("row").filter({ hasText: "dns" }).getByText("degraded").waitFor();
});

test("an edit is compared with what is there: members, rules of each switch, and the way", async () => {
  const { scenario } = web;
  await scenario.createPolicy({
    ...{ id: "edited", sender: { host: "h1" }, receiver: { host: "h2" } },
    ...{ monitors: [{ host: "h4" }], filters: { tcp_dst: 80 } },
  });
  const page = await web.open("#/policies?edit=edited");
  const forecast = page.getByRole("region", { name: "What will happen" });
  await forecast.getByText(/Nothing differs from revision \d+/).waitFor();
  await page.getByRole("combobox", { name: "Monitors" }).fill("h3");
  const row = forecast.locator(".member-changes > div").filter({ hasText: "monitors" });
  await row.waitFor();
  expect(await row.locator("del").textContent()).toBe('− [{"host":"h4"}]');
  expect(await row.locator("ins").textContent()).toBe('+ [{"host":"h3"}]');
  // h3 is on the other switch: rules come on both, and the rule that copies to h4 goes.
  const plan = forecast.locator(".switch-plan");
  await plan
    .filter({ hasText: "s1" })
    .getByText(/−\d+ rules?, \+\d+ rules?/)
    .waitFor();
  await plan
    .filter({ hasText: "s2" })
    .getByText(/\+\d+ rules?/)
    .waitFor();
  expect(await plan.locator(".rule-removed").first().textContent()).toMatch(/^− table=.*tp_dst=80/);
  const ways = forecast.getByRole("list", { name: "Ways on the map" });
  await waitFor(async () =>
    expect(await ways.getByRole("listitem").allTextContents()).toContain(
      "copy: s1 port 10 → s2 port 10",
    ),
  );
});

test("a policy is deleted by keyboard, and is back after undo", async () => {
  const { scenario } = web;
  await scenario.createPolicy({
    ...{ id: "gone", sender: { host: "h1" }, receiver: "any", monitors: [{ host: "h3" }] },
  });
  const page = await web.open("#/policies");
  await page.getByRole("row").filter({ hasText: "gone" }).waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("Delete");
  await page.getByText('Delete "gone"?').waitFor();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByText("There are no policies yet").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("row").filter({ hasText: "gone" }).getByText("active").waitFor();
  expect(await scenario.vtap.get("/policies/gone")).toMatchObject({ sender: { host: "h1" } });
});

test("filters and the order are in the address", async () => {
  const { scenario } = web;
  const terms = { receiver: { host: "h2" }, monitors: [{ host: "h3" }] };
  await scenario.createPolicy({
    id: "web",
    sender: { host: "h1" },
    ...terms,
    filters: { tcp_dst: 443 },
  });
  await scenario.createPolicy({ id: "dns", sender: { ip: "10.9.0.0/16" }, ...terms });
  const page = await web.open("#/policies?sort=-id");
  const ids = () => page.locator(".cell-id a").allTextContents();
  await waitFor(async () => expect(await ids()).toEqual(["web", "dns"]));
  await page.getByLabel("Filter", { exact: true }).fill("tcp_dst:443");
  await waitFor(async () => expect(await ids()).toEqual(["web"]));
  expect(new URL(page.url()).hash).toBe("#/policies?sort=-id&q=tcp_dst%3A443");
  await page.reload();
  await waitFor(async () => expect(await ids()).toEqual(["web"]));
  await page.getByLabel("Filter", { exact: true }).fill("monitors:x");
  await page.getByText('"monitors" is no key of a search').waitFor();
  await page.getByLabel("Filter", { exact: true }).fill("10.8.0.0/16");
  await page.getByText("No policy matches the filter").waitFor();
  await page.getByRole("button", { name: "Clear the filter" }).last().click();
  await waitFor(async () => expect(await ids()).toEqual(["web", "dns"]));
});

test("columns are made wider by mouse and by keyboard, and stay so in this browser", async () => {
  await web.scenario.createPolicy({
    ...{ id: "wide", sender: { host: "h1" }, receiver: { host: "h2" }, monitors: [{ host: "h3" }] },
  });
  const page = await web.open("#/policies");
  const heading = page.getByRole("columnheader").filter({ hasText: "Policy" });
  const width = async () => Math.round((await heading.boundingBox())?.width ?? 0);
  await heading.waitFor();
  const usual = await width();
  const edge = await heading.locator(".column-edge").boundingBox();
  if (!edge) throw new Error("the heading has no edge");
  const [x, y] = [edge.x + edge.width / 2, edge.y + edge.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x - 100, y, { steps: 4 });
  await page.mouse.up();
  expect(await width()).toBe(usual - 100);
  expect(new URL(page.url()).hash).toBe("#/policies");
  const cell = await page.locator(".cell-id").first().boundingBox();
  expect(Math.round(cell?.width ?? 0)).toBe(usual - 100);
  await heading.getByRole("button").focus();
  await page.keyboard.press("Shift+ArrowRight");
  await waitFor(async () => (await width()) === usual - 84);
  await page.reload();
  await heading.waitFor();
  expect(await width()).toBe(usual - 84);
  await heading.getByRole("button").focus();
  await page.keyboard.press("Shift+Home");
  await waitFor(async () => (await width()) === usual);
  await heading.locator(".column-edge").hover();
  await page.mouse.down();
  await page.mouse.move(x + 60, y, { steps: 2 });
  await page.mouse.up();
  await heading.locator(".column-edge").dblclick();
  await waitFor(async () => (await width()) === usual);
});
