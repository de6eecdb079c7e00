// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SwitchDetail } from "../../../src/contract/switches.ts";
import { waitFor } from "../../lab/index.ts";
import { neededWidth, violations } from "./axe.ts";
import { RING } from "./ring.ts";
import { WebPage } from "./web-page.ts";

const S1 = "0000000000000001";

let web: WebPage;

beforeAll(async () => {
  web = await WebPage.start({ ...RING, unnamed: ["h6"] });
  await web.scenario.rolesKnown();
});
afterAll(() => web?.stop());

test("a switch shows its ports, and its rules as the switch has confirmed them, filtered by policy", async () => {
  const page = await web.open("#/network");
  await page.getByRole("link", { name: "s1", exact: true }).click();
  await page.getByRole("heading", { name: "Ports" }).waitFor();
  await page.getByRole("link", { name: "s2 port 10" }).waitFor();
  const detail: SwitchDetail = await web.scenario.vtap.get("/switches/s1");
  await page.getByText(`${detail.rules.length} rules`).waitFor();
  const policy = page.getByLabel("Policy", { exact: true });
  await policy.fill("we");
  // The policies that contain the text are suggested.
  await page.locator('datalist option[value="web"]').waitFor({ state: "attached" });
  await policy.fill("web");
  await policy.press("Enter");
  await page.getByText(`of ${detail.rules.length} rules`).waitFor();
  const lines = await page.locator(".lines p").allTextContents();
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.length).toBeLessThan(detail.rules.length);
  for (const line of lines.filter((each) => each.startsWith("cookie"))) {
    expect(
      detail.rules.some(({ cookie, match }) => line.includes(cookie) && line.includes(match)),
    ).toBe(true);
  }
});

test("resync says what was different, and repairs it", async () => {
  const page = await web.open(`#/network/switches/${S1}`);
  await page.getByRole("button", { name: "Resync" }).click();
  await page.getByText("In sync").waitFor();
  await web.scenario.lab.ofctl("del-flows", "s1", "dl_type=0x88cc");
  await page.getByRole("button", { name: "Resync" }).click();
  await page.getByText(/Repaired: \d+ entr(y was|ies were) missing/).waitFor();
});

test("a silent host is named, and unpinned again", async () => {
  const page = await web.open("#/network/hosts");
  await page.getByRole("button", { name: "Name a host…" }).click();
  await page.getByLabel("Name", { exact: true }).fill("printer");
  await page.getByLabel("MAC", { exact: true }).fill("FA-00-00-00-00-66");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Name the switch").waitFor();
  await page.getByLabel("Switch", { exact: true }).fill("s2");
  await page.getByLabel("Port", { exact: true }).fill("7");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("printer is at s2 port 7.").waitFor();
  const { items } = await web.scenario.vtap.get("/hosts");
  expect(items.find(({ name }: { name?: string }) => name === "printer")).toMatchObject({
    ...{ mac: "fa:00:00:00:00:66", switch: "s2", port: 7, origin: "api" },
  });
  await page.getByLabel("Filter the hosts").fill("printer");
  await page.getByRole("button", { name: "Details of printer" }).click();
  await page.getByRole("button", { name: "Unpin" }).click();
  await page.getByText("No host with").waitFor();
  expect(page.url()).toContain("q=printer");
});

test("a host lists the policies that name it", async () => {
  const page = await web.open("#/network/hosts?q=h1");
  await page.getByRole("button", { name: "Details of h1" }).click();
  await page.locator(".host-detail").getByRole("link", { name: "web", exact: true }).waitFor();
});

test("links have their state, which follows the network", async () => {
  const page = await web.open("#/network/links?q=s3:12");
  await page.locator(".badge", { hasText: /^●\s*up$/ }).waitFor();
  await web.scenario.lab.cutLink("s3", 12);
  await page.locator(".badge", { hasText: /^✕\s*down$/ }).waitFor();
  await web.scenario.lab.restoreLink("s3", 12);
  await page.locator(".badge", { hasText: /^●\s*up$/ }).waitFor();
});

const SCREENS = ["#/network", "#/network/hosts", "#/network/links", `#/network/switches/${S1}`];

describe.each(["light", "dark"] as const)("%s", (colorScheme) => {
  test.each(SCREENS)("axe finds nothing on %s", async (hash) => {
    const page = await web.open(hash, { colorScheme });
    await page.getByText("s1").first().waitFor();
    await waitFor(async () => (await page.locator(".skeleton").count()) === 0);
    expect(await violations(page)).toEqual([]);
  });
});

test.each([320, 640])("nothing is cut off at %i pixels", async (width) => {
  for (const hash of SCREENS) {
    const page = await web.open(hash, { viewport: { width, height: 640 } });
    await page.getByText("s1").first().waitFor();
    expect([hash, await neededWidth(page)]).toEqual([hash, width]);
  }
});
