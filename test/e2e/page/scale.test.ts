// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { launchBrowser } from "../../lab/browser.ts";
import { waitFor } from "../../lab/index.ts";
import type { PretendSwitch } from "../../lab/pretend-switch.ts";
import { VtapProcess } from "../vtap-process.ts";
import { connectSwitches, SWITCHES, serveLarge } from "./large-network.ts";

const POLICIES = 10_000;
/** What the large controller is compared with, in the same browser. */
const FEW = 20;

let large: VtapProcess;
let small: VtapProcess;
let switches: readonly PretendSwitch[] = [];
let browser: Browser;
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "vtap-large-"));
  const start = async (count: number) => {
    const directory = join(root, String(count));
    await mkdir(directory);
    return VtapProcess.start(await serveLarge(directory, count));
  };
  [large, small, browser] = await Promise.all([start(POLICIES), start(FEW), launchBrowser()]);
  switches = await connectSwitches(large);
  await waitFor(async () => (await large.get("/status")).switches.connected === SWITCHES, {
    ...{ what: "all switches to be connected", everyMs: 100 },
  });
  // Until the rules are compiled the controller is busy with them, and not with the page.
  for (let failures = 0; ; failures++) {
    try {
      await large.synced();
      break;
    } catch (error) {
      // A busy machine compiles for longer than one wait.
      if (failures === 2) throw error;
    }
  }
});
afterAll(async () => {
  await browser?.close();
  for (const each of switches) each.end();
  await Promise.all([large?.stop(), small?.stop()]);
  await rm(root, { recursive: true, force: true });
});

/** What a page has measured of itself. */
interface Measured {
  /** From the start of the navigation to the first rows, in milliseconds. */
  readonly firstRowsMs: number;
  /** The longest task of the page's thread, in milliseconds. */
  readonly longestTaskMs: number;
  readonly nodes: number;
  readonly rows: number;
  /** Bytes of JSON that the page has read: as they were sent, and before their compression. */
  readonly json: { readonly sent: number; readonly whole: number };
  /** Bytes that objects of the page take, after garbage is collected. */
  readonly heap: number;
  readonly requests: readonly string[];
}

/** Opens a page; times are taken in the page, so that a slow test does not lengthen them. */
async function open(vtap: VtapProcess, hash: string): Promise<{ page: Page; requests: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const requests: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  await page.addInitScript(() => {
    const times = { firstRows: 0, longest: 0 };
    Object.assign(globalThis, { times });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries())
        times.longest = Math.max(times.longest, duration);
    }).observe({ type: "longtask", buffered: true });
    new MutationObserver(() => {
      if (times.firstRows === 0 && document.querySelector('.cell-id a, [role="option"]'))
        times.firstRows = performance.now();
    }).observe(document, { childList: true, subtree: true });
  });
  await page.goto(`http://127.0.0.1:${vtap.httpPort}/${hash}`);
  await page.getByText("live", { exact: true }).waitFor();
  return { page, requests };
}

/** Waits until the table says how many policies it shows; the top bar has the number of all, too. */
function counted(page: Page, text: string): Promise<void> {
  return page.locator('[role="status"]', { hasText: new RegExp(`^${text}$`) }).waitFor();
}

async function measure(vtap: VtapProcess, count: number): Promise<Measured> {
  const { page, requests } = await open(vtap, "#/policies");
  await counted(page, `${count.toLocaleString("en")} policies`);
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize: heap } = await session.send("Runtime.getHeapUsage");
  const measured = await page.evaluate(() => {
    const { times } = globalThis as unknown as { times: { firstRows: number; longest: number } };
    const answers = (
      performance.getEntriesByType("resource") as PerformanceResourceTiming[]
    ).filter(({ name }) => name.includes("/api/"));
    const total = (of: (answer: PerformanceResourceTiming) => number) =>
      answers.reduce((sum, answer) => sum + of(answer), 0);
    return {
      json: {
        sent: total(({ encodedBodySize }) => encodedBodySize),
        whole: total(({ decodedBodySize }) => decodedBodySize),
      },
      firstRowsMs: times.firstRows,
      longestTaskMs: times.longest,
      nodes: document.querySelectorAll("*").length,
      rows: document.querySelectorAll('[role="row"]').length,
    };
  });
  return { ...measured, heap, requests };
}

test("10,000 policies need no more of the document than 20, and their first rows are soon there", async () => {
  const few = await measure(small, FEW);
  const many = await measure(large, POLICIES);
  console.log(
    JSON.stringify({
      few: { ...few, requests: few.requests.length },
      many: { ...many, requests: many.requests.length },
    }),
  );
  expect(many.rows).toBeGreaterThan(10);
  expect(many.rows).toBeLessThanOrEqual(60);
  expect(many.nodes).toBeLessThanOrEqual(2_500);
  expect(many.firstRowsMs / few.firstRowsMs).toBeLessThan(5);
  expect(many.json.sent).toBeLessThanOrEqual(500_000);
  expect(many.heap).toBeLessThanOrEqual(120_000_000);
  // Lists of switches, hosts and links have a page each; the counters of the rows may be read once more.
  expect(many.requests.length).toBeLessThanOrEqual(few.requests.length + 4);
  expect(new Set(many.requests.map((url) => new URL(url).origin))).toEqual(
    new Set([`http://127.0.0.1:${large.httpPort}`]),
  );
});

test("any place of 10,000 policies is shown with one reading of some rows", async () => {
  const { page, requests } = await open(large, "#/policies");
  await counted(page, "10,000 policies");
  for (const [part, id] of [
    [0.5, "pair-05000"],
    [1, "pair-09999"],
    [0, "pair-00000"],
  ] as const) {
    requests.length = 0;
    await page.locator(".grid").evaluate((grid, to) => {
      grid.scrollTop = to * (grid.scrollHeight - grid.clientHeight);
    }, part);
    await page.getByRole("link", { name: id }).waitFor();
    expect(await page.locator('[role="row"]').count()).toBeLessThanOrEqual(60);
    const read = requests
      .map((url) => new URL(url))
      .filter(({ pathname }) => pathname.endsWith("/policies"));
    const limits = read.flatMap(({ searchParams }) => searchParams.get("limit") ?? []);
    // One for the place, and one where the counters were due at that moment.
    expect(limits.length).toBeLessThanOrEqual(2);
    for (const limit of limits) expect(Number(limit)).toBeLessThanOrEqual(300);
  }
});

test("a filter and an order of 10,000 policies block the page for a moment at most", async () => {
  const { page } = await open(large, "#/policies");
  await counted(page, "10,000 policies");
  await page.evaluate(() => {
    Object.assign((globalThis as unknown as { times: object }).times, { longest: 0 });
  });
  await page.getByLabel("Filter", { exact: true }).fill("tcp_dst:1524");
  await counted(page, "1 of 10,000 policies");
  expect(await page.locator(".cell-id a").allTextContents()).toEqual(["pair-00500"]);
  await page.getByLabel("Filter", { exact: true }).fill("");
  await counted(page, "10,000 policies");
  await page.getByRole("columnheader", { name: "Policy" }).getByRole("button").click();
  await page.getByRole("link", { name: "pair-09999" }).waitFor();
  // A task of known size, in the same page on the same machine.
  const { longestMs, unitMs } = await page.evaluate(() => {
    const measured: number[] = [];
    for (let round = 0; round < 5; round++) {
      const started = performance.now();
      const list = Array.from({ length: 100_000 }, (_, n) => `${(n * 7919) % 100_003}`);
      list.sort();
      measured.push(performance.now() - started);
    }
    const { times } = globalThis as unknown as { times: { longest: number } };
    return { longestMs: times.longest, unitMs: measured.sort((x, y) => x - y)[2] ?? 0 };
  });
  console.log(`longest task ${Math.round(longestMs)} ms, unit ${Math.round(unitMs)} ms`);
  expect(longestMs / unitMs).toBeLessThan(5);
});

test("200 switches open as a table, and as a map on request", async () => {
  const { page } = await open(large, "#/map");
  await page.getByRole("heading", { name: `${SWITCHES} switches` }).waitFor();
  expect(await page.locator("canvas").count()).toBe(0);
  await page.getByRole("button", { name: "Show the map anyway" }).click();
  await page.locator(".map-view canvas").first().waitFor();
  const painted = () =>
    page.evaluate(() => {
      const canvas = document.querySelector<HTMLCanvasElement>(".map-view canvas");
      const data = canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data;
      const colours = new Set<number>();
      for (let at = 0; data && at < data.length; at += 4)
        colours.add(((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0));
      return colours.size;
    });
  await waitFor(async () => (await painted()) > 4, { what: "the map to be drawn" });
  const nodes = await page.evaluate(() => document.querySelectorAll("*").length);
  console.log(JSON.stringify({ nodes }));
  expect(nodes).toBeLessThanOrEqual(2_500);
});
