// SPDX-License-Identifier: Apache-2.0
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { EventLog } from "../../src/api/event-log.ts";
import { exposition } from "../../src/api/exposition.ts";
import type { Metric } from "../../src/contract/metrics.ts";
import { hostileText } from "../cli/hostile-text.ts";
import { startApi } from "./api-server.ts";

/** A sample line of the text format, with one label. */
const SAMPLE = /^x_seen\{name="((?:[^"\\\n]|\\[\\n"])*)"\} 1$/;

test("metrics: a label value is exact and stays within its line", async () => {
  await fc.assert(
    fc.asyncProperty(hostileText, async (name) => {
      const samples = [{ labels: { name }, value: 1 }];
      const metric = { name: "seen", help: "h", type: "gauge" as const, samples };
      const [help, type, sample = "", ...rest] = (await textOf(metric)).split("\n");
      expect([help, type, rest]).toEqual(["# HELP x_seen h", "# TYPE x_seen gauge", [""]]);
      const [, written = ""] = SAMPLE.exec(sample) ?? [];
      const value = written.replace(/\\(.)/g, (_, char) => (char === "n" ? "\n" : char));
      expect(value).toBe(name);
    }),
  );
});

async function textOf(metric: Metric): Promise<string> {
  let text = "";
  for await (const piece of exposition([metric], "x_")) text += piece;
  return text;
}

test("events: whatever is in an event, its frame has three lines, and its data is exact", () => {
  fc.assert(
    fc.property(hostileText, hostileText, (by, reason) => {
      const log = new EventLog("epoch", { events: 10, characters: 1e6 });
      const since = "2026-01-01T00:00:00.000Z";
      log.add({ type: "tapsSuspended", since, by, reason }, new Date(0));
      const { text: frame } = log.framesFrom(1, 1);
      // A line of an event stream ends with CR, LF or both.
      const [id, event, data = "", ...rest] = frame.split(/\r\n|\r|\n/);
      expect([id, event, rest]).toEqual(["id: epoch-1", "event: tapsSuspended", ["", ""]]);
      expect(JSON.parse(data.slice("data: ".length))).toMatchObject({ by, reason });
    }),
  );
});

test("problems and headers: what a request names stays a string of the document", async () => {
  const { url } = await startApi();
  await fc.assert(
    fc.asyncProperty(hostileText, async (text) => {
      // Lone surrogates cannot be in a URL.
      fc.pre(!/\p{Cs}/u.test(text));
      const response = await fetch(`${url}/api/v1/policies/${encodeURIComponent(`x${text}`)}`);
      expect([400, 404]).toContain(response.status);
      expect(response.headers.get("content-type")).toMatch(/^application\/problem\+json/);
      expect(await response.json()).toMatchObject({ status: response.status });
    }),
    { numRuns: 50 },
  );
});
