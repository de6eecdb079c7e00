// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../../lab/browser.ts";
import { leafSpine } from "../../page/map/networks.ts";
import { VtapProcess } from "../vtap-process.ts";

/** 8 spines and 192 leaves with ten hosts each, all known from a file; none is connected. */
const NETWORK = leafSpine(8, 192, 10);

let directory: string;
let vtap: VtapProcess;
let browser: Browser;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "vtap-page-"));
  const topology = join(directory, "topology.json");
  const end = ({ switch: name, port }: { switch: string; port: number | string }) => ({
    switch: name,
    port,
  });
  await writeFile(
    topology,
    JSON.stringify({
      switches: NETWORK.switches.map(({ dpid, name }) => ({ dpid, name })),
      links: NETWORK.links.map(({ a, b }) => ({ a: end(a), b: end(b) })),
      hosts: NETWORK.hosts.map(({ name, mac, ips, ...at }) => ({ name, mac, ips, ...end(at) })),
    }),
  );
  vtap = await VtapProcess.start({ data: join(directory, "data"), topology: [topology] });
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await vtap?.stop();
  await rm(directory, { recursive: true, force: true });
});

const open = async (hash: string): Promise<Page> => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(`http://127.0.0.1:${vtap.httpPort}/${hash}`);
  return page;
};

const nodesOf = (page: Page) => page.evaluate(() => document.querySelectorAll("*").length);

/** Pixels of the network that are drawn. */
const drawn = (page: Page) =>
  page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>(".map-view canvas");
    const data = canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data;
    return data?.filter((value, index) => index % 4 === 3 && value > 0).length ?? 0;
  });

test("200 switches open as a table; their map is drawn on demand, with few nodes", async () => {
  const page = await open("#/map");
  await page.getByRole("heading", { name: "200 switches" }).waitFor();
  expect(await page.locator("canvas").count()).toBe(0);
  await page.getByRole("button", { name: "Show the map anyway" }).click();
  await page.locator(".map-view canvas").first().waitFor();
  await expect.poll(() => drawn(page), { timeout: 60_000 }).toBeGreaterThan(20_000);
  expect(await nodesOf(page)).toBeLessThan(1_000);
  expect(page.url()).toContain("map=on");
  await page.close();
});

test("a table has any number of rows in few nodes", async () => {
  const page = await open("#/network/hosts");
  await page.getByText("h9-1", { exact: true }).waitFor();
  expect(await page.getByRole("grid").getAttribute("aria-rowcount")).toBe("1921");
  expect(await nodesOf(page)).toBeLessThan(1_500);
  await page.close();
});
