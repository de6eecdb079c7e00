// SPDX-License-Identifier: Apache-2.0
import type { Page, Request } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { TWO_SWITCHES, WebPage } from "./web-page.ts";

let web: WebPage;

beforeAll(async () => {
  web = await WebPage.start({ ...TWO_SWITCHES });
});
afterAll(() => web?.stop());

/** The event streams of a page: all requests for one, and the queries of those that are open. */
function streamsOf(page: Page) {
  const requests: Request[] = [];
  const open = new Set<Request>();
  page.on("request", (request) => {
    if (!request.url().includes("/api/v1/events")) return;
    requests.push(request);
    open.add(request);
  });
  page.on("requestfinished", (request) => open.delete(request));
  page.on("requestfailed", (request) => open.delete(request));
  return {
    requests,
    open: () => [...open].map((request) => new URL(request.url()).search),
  };
}

/** Writes a policy and deletes it. */
async function touch(id: string): Promise<void> {
  const ends = { sender: { host: "h1" }, receiver: "any", monitors: [{ host: "h3" }] };
  await web.scenario.createPolicy({ id, ...ends });
  await web.scenario.deletePolicy(id);
}

/** Ids of the policies that the Events screen says were created, each as often as it says so. */
async function createdOn(page: Page): Promise<string[]> {
  await page.getByLabel("Filter the events").fill("policyCreated");
  const lines = await page.locator(".events-screen .event").allTextContents();
  return lines.flatMap((text) => /s-\d+/.exec(text)?.[0] ?? []).sort();
}

test("a page has one stream, whose query follows what is shown, and loses no event", async () => {
  const page = await web.open("#/about");
  const streams = streamsOf(page);
  await page.reload();
  await page.getByText("live", { exact: true }).waitFor();
  expect(streams.open()).toEqual([""]);
  await page.getByRole("navigation").getByRole("link", { name: "Map" }).click();
  await waitFor(() => expect(streams.open()).toEqual(["?rates=1"]));
  // From one screen with rates to another the stream stays.
  await page.getByRole("navigation").getByRole("link", { name: "Network" }).click();
  await page.getByRole("link", { name: "Links" }).click();
  await page.getByRole("navigation").getByRole("link", { name: "Events" }).click();
  const before = streams.requests.length;
  const written: string[] = [];
  for (let n = 0; streams.open().join() !== ""; n++) {
    await touch(`s-${n}`);
    written.push(`s-${n}`);
  }
  await waitFor(() => expect(streams.open()).toEqual([""]));
  expect(streams.requests.length).toBe(before + 1);
  expect(streams.requests.at(-1)?.headers()["last-event-id"]).toMatch(/-\d+$/);
  await touch("s-9999");
  const expected = [...written, "s-9999"].sort();
  await waitFor(async () => expect(await createdOn(page)).toEqual(expected));
});

test("a tab that is hidden for long follows nothing; in view again it knows what it missed", async () => {
  const page = await web.open("#/events");
  const streams = streamsOf(page);
  await page.clock.install();
  await page.reload();
  await page.getByText("live", { exact: true }).waitFor();
  await waitFor(() => expect(streams.open()).toEqual([""]));
  const show = (visibility: "hidden" | "visible") =>
    page.evaluate((state) => {
      Object.defineProperty(document, "hidden", { value: state === "hidden", configurable: true });
      Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, visibility);
  await show("hidden");
  await page.clock.fastForward(30_000);
  await waitFor(() => expect(streams.open()).toEqual([""]));
  await page.clock.fastForward(31_000);
  await waitFor(() => expect(streams.open()).toEqual([]));
  await touch("s-1");
  await show("visible");
  await waitFor(() => expect(streams.open()).toEqual([""]));
  await waitFor(async () => expect(await createdOn(page)).toEqual(["s-1"]));
  expect(streams.requests.at(-1)?.headers()["last-event-id"]).toMatch(/-\d+$/);
});
