// SPDX-License-Identifier: Apache-2.0
import { Buffer } from "node:buffer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Explanation } from "../../../src/contract/explain.ts";
import { waitFor } from "../../lab/index.ts";
import * as frames from "../frames.ts";
import { hostAddresses } from "../hosts.ts";
import { neededWidth, violations } from "./axe.ts";
import { crossing, pixelsOf, RING, shownWays } from "./ring.ts";
import { WebPage } from "./web-page.ts";

let web: WebPage;

beforeAll(async () => {
  web = await WebPage.start(RING);
  await web.scenario.rolesKnown();
});
afterAll(() => web?.stop());

const FRAME = frames.tcp(hostAddresses(1), hostAddresses(2), { src: 40_000, dst: 80 });
const HEX = Buffer.from(FRAME).toString("hex");

/** The links that the explained frame and its copies cross, as the map has them in words. */
async function explainedWays(body: object): Promise<string[]> {
  const answer = await web.scenario.vtap.request("POST", "/explain", body);
  const { hops } = answer.body as Explanation;
  const byName = new Map(hops.map((hop) => [hop.switch, hop.dpid]));
  const crossings = hops.flatMap(({ dpid, sends }) =>
    sends.flatMap(({ kind, to }) => {
      if (!("link" in to)) return [];
      const end = { dpid: byName.get(to.link.switch) ?? "", port: to.link.port };
      return [crossing(kind, { dpid, port: to.port }, end)];
    }),
  );
  return [...new Set(crossings)].sort();
}

test("fields: the verdict, and the way that the server computes, hop by hop", async () => {
  const page = await web.open("#/explain");
  await page.getByLabel("Frame").fill("tcp_dst=80");
  await page.getByLabel("Enters at").fill("h1");
  await page.getByLabel("Goes to").fill("h2");
  await page.getByRole("button", { name: "Explain" }).click();
  await page.getByText("2 copies, both bit-exact, to h3 and h4.").waitFor();
  const expected = await explainedWays({
    ...{ frame: { tcp_dst: 80 }, at: { host: "h1" }, to: { host: "h2" } },
  });
  expect(expected.length).toBeGreaterThan(2);
  expect(await shownWays(page)).toEqual(expected);
  await waitFor(async () => (await pixelsOf(page, "hue-1")) > 500);
  await page.getByRole("heading", { name: /s1, in by port 1/ }).waitFor();
  await page.locator("body").press("ArrowRight");
  await waitFor(() => page.url().includes("step=1"));
  await page.getByText("dns", { exact: true }).waitFor();

  const shared = await web.open(page.url().slice(page.url().indexOf("#")));
  await shared.getByText("2 copies, both bit-exact, to h3 and h4.").waitFor();
  expect(await shownWays(shared)).toEqual(expected);
});

/** As `tcpdump -xx` prints it. */
const DUMP = [
  "12:00:01.000000 IP 10.1.1.1.40000 > 10.1.1.2.80: Flags [.], length 26",
  ...(HEX.match(/.{1,32}/g) ?? []).map((line, index) => {
    const offset = (16 * index).toString(16).padStart(4, "0");
    return `\t0x${offset}:  ${line.replace(/.{4}(?=.)/g, "$& ")}`;
  }),
].join("\n");

test.each([
  ["hex", HEX],
  ["tcpdump -xx", DUMP],
])("%s: the frame is explained where its sender is", async (_, text) => {
  const page = await web.open("#/explain");
  await page.getByLabel("Frame").fill(text);
  await page.getByLabel("Frame").press("Control+Enter");
  await page.getByText("2 copies, both bit-exact, to h3 and h4.").waitFor();
  expect(await shownWays(page)).toEqual(await explainedWays({ frame: HEX }));
});

test("a capture: its frames are listed, and any of them is explained", async () => {
  const other = frames.udp(hostAddresses(5), hostAddresses(2), { src: 40_000, dst: 53 });
  const page = await web.open("#/explain");
  await page.locator('input[type="file"]').setInputFiles({
    ...{ name: "two.pcap", mimeType: "application/vnd.tcpdump.pcap" },
    buffer: pcap([FRAME, other]),
  });
  await page.getByText("2 copies, both bit-exact, to h3 and h4.").waitFor();
  await page.getByRole("button", { name: /UDP 40000 → 53/ }).click();
  await page.getByText("1 copy, bit-exact, to h8.").waitFor();
});

test("what is no frame is said at the box; what the server rejects, in the answer", async () => {
  const page = await web.open("#/explain");
  await page.getByLabel("Frame").fill("xyz");
  await page.getByRole("button", { name: "Explain" }).click();
  await page.getByText("neither hex nor a hex dump").waitFor();
  await page.getByLabel("Frame").fill("tcp_dst=80");
  await page.getByLabel("Enters at").fill("unknown-host");
  await page.getByRole("button", { name: "Explain" }).click();
  await page.locator(".answer-part .problem").waitFor();
});

describe.each(["light", "dark"] as const)("%s", (colorScheme) => {
  test.each(["#/explain", `#/explain?frame=${HEX}`, "#/explain?frame=tcp_dst%3D81&at=h1&to=h2"])(
    "axe finds nothing on %s",
    async (hash) => {
      const page = await web.open(hash, { colorScheme });
      await page.getByLabel("Frame").waitFor();
      if (hash.includes("?")) await page.locator(".hop").waitFor();
      expect(await violations(page)).toEqual([]);
    },
  );
});

test.each([320, 640])("nothing is cut off at %i pixels", async (width) => {
  const page = await web.open(`#/explain?frame=${HEX}`, { viewport: { width, height: 640 } });
  await page.locator(".hop").waitFor();
  expect(await neededWidth(page)).toBe(width);
});

function pcap(list: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt32LE(0x40000, 16);
  header.writeUInt32LE(1, 20);
  const records = list.map((frame) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return Buffer.concat([record, frame]);
  });
  return Buffer.concat([header, ...records]);
}
