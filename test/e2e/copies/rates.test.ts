// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { EventStream, type ReceivedEvent } from "../event-stream.ts";
import { tcp } from "../frames.ts";
import { h1, h2, h3, mac } from "../hosts.ts";
import { TAPPED_PAIR } from "../plans.ts";
import { Scenario } from "../scenario.ts";

const FRAMES = 600;
const [S1, S2] = ["0000000000000001", "0000000000000002"];

const ends = { sender: mac(h1), receiver: mac(h2), monitors: [mac(h3)] };
const web = { id: "web", ...ends, filters: { tcp_dst: 80 } };
const idle = { id: "idle", ...ends, filters: { tcp_dst: 443 } };

/** The rows of a columnar table. */
function rowsOf(table: Record<string, unknown[]>): Record<string, unknown>[] {
  const [first = []] = Object.values(table);
  return first.map((_, index) =>
    Object.fromEntries(Object.entries(table).map(([name, column]) => [name, column[index]])),
  );
}

describe("rates on real switches", () => {
  let scenario: Scenario;
  let stream: EventStream;
  /** The rows of all frames of the stream about a policy, or a direction of a link. */
  const seen = (table: "policies" | "links", is: (row: Record<string, unknown>) => boolean) =>
    stream.events
      .filter(({ complete }) => complete !== undefined)
      .flatMap((event: ReceivedEvent) => rowsOf(event[table]).filter(is));
  const highest = (rows: readonly Record<string, unknown>[], column: string) =>
    Math.max(...rows.map((row) => Number(row[column] ?? Number.NEGATIVE_INFINITY)));

  beforeAll(async () => {
    scenario = await Scenario.start({ ...TAPPED_PAIR, config: { countersIntervalSeconds: 60 } });
    for (const policy of [web, idle]) await scenario.createPolicy(policy);
    stream = await EventStream.open(scenario.vtap.httpPort, "?rates=1");
  });
  afterAll(async () => {
    stream?.close();
    await scenario?.stop();
  });

  test("what is copied, what arrives, and what crosses the link shows within seconds", async () => {
    const isWeb = ({ id }: Record<string, unknown>) => id === "web";
    const isThere = ({ from }: Record<string, unknown>) => from === S1;
    const isBack = ({ from }: Record<string, unknown>) => from === S2;
    // Switches were read twice, and nothing was there to count.
    await waitFor(() => highest(seen("policies", isWeb), "copiedPps") === 0);
    await waitFor(() => highest(seen("links", isThere), "copiesPps") === 0);
    const frames = Array.from({ length: FRAMES }, (_, n) =>
      tcp(h1, h2, { src: 1024 + n, dst: 80 }),
    );
    await scenario.lab.inject("h1", frames);
    await waitFor(() => highest(seen("policies", isWeb), "deliveredPps") > 0, {
      what: "the rate of arrivals",
    });
    await waitFor(() => highest(seen("links", isThere), "copiesPps") > 0, {
      what: "the rate of copies on the link",
    });
    // All frames may be counted in one window of two seconds, or, on a busy machine, in several.
    for (const value of [
      highest(seen("policies", isWeb), "copiedPps"),
      highest(seen("policies", isWeb), "deliveredPps"),
      highest(seen("links", isThere), "copiesPps"),
    ]) {
      expect(value).toBeGreaterThan(0);
      expect(value).toBeLessThan(FRAMES / 1.5);
    }
    expect(highest(seen("links", isThere), "pps")).toBeGreaterThan(0);
    expect(highest(seen("links", isBack), "copiesPps")).toBe(0);
    expect(
      highest(
        seen("policies", ({ id }) => id === "idle"),
        "copiedPps",
      ),
    ).toBe(0);
    // Then nothing more, which is known.
    await waitFor(() => seen("policies", isWeb).at(-1)?.copiedPps === 0, {
      what: "a rate of zero",
    });
  });

  test("the history has it, and without a watcher no samples are taken for it", async () => {
    const history = await scenario.vtap.get("/rates/history?policy=web");
    expect(history.stepMs).toBe(2_000);
    expect(history.at.length).toBeGreaterThan(3);
    expect(Math.max(...history.copiedPps)).toBeGreaterThan(0);
    const link = await scenario.vtap.get(`/rates/history?link=${S1}:10`);
    expect(Math.max(...link.copiesPps)).toBeGreaterThan(0);
    stream.close();
    await waitFor(async () => (await scenario.vtap.get("/rates")).intervalMs === 60_000);
    const { body } = await scenario.vtap.request("GET", `/rates/history?link=${S1}:1`);
    expect(body).toMatchObject({ status: 404 });
  });
});
