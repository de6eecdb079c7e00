// SPDX-License-Identifier: Apache-2.0
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { framesOfCapture } from "../../../src/page/explain/capture/capture-file.ts";
import { waitFor } from "../../lab/index.ts";
import { tcp, udp } from "../frames.ts";
import { violations } from "./axe.ts";
import { TWO_SWITCHES, WebPage } from "./web-page.ts";

const POLICY = {
  ...{ id: "seen", sender: { host: "h1" }, receiver: { host: "h2" } },
  monitors: [{ host: "h3" }, { host: "h4" }],
};

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("with previews", () => {
  let web: WebPage;
  beforeAll(async () => {
    const config = { ...TWO_SWITCHES.config, preview: true };
    web = await WebPage.start({ ...TWO_SWITCHES, config });
    await web.scenario.createPolicy(POLICY);
  });
  afterAll(() => web?.stop());

  test("frames are listed while they arrive, and the file has them byte by byte", async () => {
    const { scenario } = web;
    const [h1, h2] = [scenario.host("h1"), scenario.host("h2")];
    const sent = [
      tcp(h1, h2, { src: 40_000, dst: 443 }),
      udp(h1, h2, { src: 53, dst: 5353 }, { data: "x".repeat(600) }),
    ];
    const page = await web.open("#/policies");
    await page.getByRole("button", { name: "Actions of seen" }).click();
    await page.getByRole("menuitem", { name: "Preview frames" }).click();
    await page.getByLabel("or for").fill("120");
    await page.getByLabel(/Whole frames/).check();
    await page.getByRole("button", { name: "Preview frames" }).click();
    await page.getByText("Frames appear here as they are copied.").waitFor();
    const lines = page.getByRole("region", { name: "Frames" }).getByRole("row");
    // The rules of the preview come within a moment: frames are sent until one is seen.
    await waitFor(async () => {
      await scenario.lab.inject("h1", [tcp(h1, h2, { src: 1, dst: 1 })]);
      return (await lines.count()) > 0;
    });
    await scenario.lab.inject("h1", sent);
    await lines.filter({ hasText: "TCP 40000 → 443" }).first().waitFor();
    await lines.filter({ hasText: "UDP 53 → 5353" }).first().waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText(/^Ended: /).waitFor();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download .pcapng" }).click();
    const file = await (await download).path();
    expect((await download).suggestedFilename()).toBe("seen.pcapng");
    const read = framesOfCapture(await readFile(file));
    if (read.type !== "frames") throw new Error(read.why);
    const got = read.frames.map(({ bytes, length }) => [hex(bytes), length]);
    expect(got.slice(-2)).toEqual(sent.map((bytes) => [hex(bytes), bytes.length]));
    expect(got.length).toBe((await lines.count()) - 1);
  });

  test("another preview of the policy is refused, and the page says why", async () => {
    const first = await web.open("#/policies/seen?tab=frames");
    await first.getByLabel("or for").fill("120");
    await first.getByRole("button", { name: "Preview frames" }).click();
    await first.getByText(/^Running: /).waitFor();
    const second = await web.open("#/policies/seen?tab=frames");
    await second.getByRole("button", { name: "Preview frames" }).click();
    await second
      .getByRole("alert")
      .getByText(/cannot be previewed now/)
      .waitFor();
    // Leaving the policy ends its preview: the other page may have one.
    await first.getByRole("link", { name: "Policies", exact: true }).first().click();
    await waitFor(async () => {
      await second.getByRole("button", { name: "Preview frames" }).click();
      return (await second.getByRole("alert").count()) === 0;
    });
    await second.getByRole("button", { name: "Stop" }).click();
  });
});

test("where previews are off, the page says so and offers none", async () => {
  const web = await WebPage.start({ ...TWO_SWITCHES });
  try {
    await web.scenario.createPolicy(POLICY);
    const page = await web.open("#/policies/seen?tab=frames");
    await page.getByText("Previews are off on this server").waitFor();
    expect(await page.getByRole("button", { name: "Preview frames" }).count()).toBe(0);
    await page.getByRole("button", { name: "Actions of seen" }).click();
    const item = page.getByRole("menuitem", { name: "Preview frames" });
    expect(await item.getAttribute("title")).toContain("sets preview to true");
  } finally {
    await web.stop();
  }
});
