// SPDX-License-Identifier: Apache-2.0

import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { expect, onTestFinished } from "vitest";
import { launchBrowser } from "../../lab/browser.ts";
import { Scenario, type ScenarioPlan } from "../scenario.ts";

/** A free port of this machine: a controller that is restarted keeps it. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

/** A controller with its switches, and a browser. */
export class WebPage {
  readonly scenario: Scenario;
  readonly #browser: Browser;
  readonly #port: number;

  private constructor(scenario: Scenario, browser: Browser, port: number) {
    this.scenario = scenario;
    this.#browser = browser;
    this.#port = port;
  }

  static async start(plan: ScenarioPlan): Promise<WebPage> {
    const httpPort = await freePort();
    const [scenario, browser] = await Promise.all([
      Scenario.start({ ...plan, serve: { ...plan.serve, httpPort } }),
      launchBrowser(),
    ]);
    return new WebPage(scenario, browser, httpPort);
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    await this.scenario.stop();
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /**
   * Opens an address of the page, such as `#/policies`, until the test ends. The test fails if the page logs an
   * error, breaks its content policy or asks another server for something.
   */
  async open(hash: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.#browser.newContext({
      viewport: { width: 1280, height: 800 },
      reducedMotion: "reduce",
      ...options,
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(String(error.stack)));
    page.on("console", (message) => {
      // The browser logs answers of 4xx as errors: those are the server's, and the page shows them.
      const isAnswer = message.text().startsWith("Failed to load resource");
      if (message.type() === "error" && !isAnswer) complaints.push(message.text());
    });
    page.on("request", (request) => {
      const { origin } = new URL(request.url());
      if (origin !== this.origin && origin !== "null") complaints.push(`asks ${request.url()}`);
    });
    onTestFinished(async () => {
      await context.close();
      expect(complaints).toEqual([]);
    });
    await page.goto(`${this.origin}/${hash}`);
    await page.getByText("live", { exact: true }).waitFor();
    return page;
  }

  /** Opens one page, and takes it from screen to screen as a link does: a page of its own for each costs a second. */
  async *tour(
    hashes: readonly string[],
    options: BrowserContextOptions = {},
  ): AsyncGenerator<readonly [hash: string, page: Page]> {
    let page: Page | undefined;
    for (const hash of hashes) {
      if (page === undefined) page = await this.open(hash, options);
      else await page.goto(`${this.origin}/${hash}`);
      // What belongs to the screen before is gone when the next one is painted.
      await page.evaluate(
        () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
      );
      await page.locator(".skeleton").first().waitFor({ state: "detached" });
      yield [hash, page];
    }
  }
}

/** Two switches with two hosts each, and room for monitors. */
export const TWO_SWITCHES: ScenarioPlan = {
  switches: ["s1", "s2"],
  links: [["s1", 10, "s2", 10]],
  hosts: [
    [1, "s1", 1],
    [2, "s2", 1],
    [3, "s2", 2],
    [4, "s1", 2],
  ],
  config: { countersIntervalSeconds: 1 },
};
