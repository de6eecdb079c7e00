// SPDX-License-Identifier: Apache-2.0
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { NumberedStream } from "../hitless/numbered-stream.ts";
import { h1, h2, h3, h4, mac } from "../hosts.ts";
import { TWO_SENDERS } from "../plans.ts";
import { Scenario } from "../scenario.ts";

const PORT = 4000;
const ends = { sender: mac(h1), receiver: mac(h2), filters: { udp_dst: PORT } };
const FAR = { id: "far", ...ends, monitors: [mac(h3)] };
const NEAR = { id: "near", ...ends, monitors: [mac(h4)] };
const MONITORS = { far: "h3", near: "h4" } as const;

type Id = keyof typeof MONITORS;

/** h1 and h4 - s1 - s2 - h2 and h3: copies for h4 stay on the tap's switch, those for h3 cross a link. */
describe("the counters of policies, against the copies that arrive under steady traffic", () => {
  let scenario: Scenario;
  let stream: NumberedStream;

  beforeAll(async () => {
    scenario = await Scenario.start({
      ...TWO_SENDERS,
      config: { countersIntervalSeconds: 0.5, auditIntervalSeconds: 0 },
    });
  });
  afterEach(async () => {
    await stream.stop();
    for (const id of ["far", "near"]) await scenario.deletePolicy(id);
  });
  afterAll(() => scenario.stop());

  const post = (path: string) => scenario.vtap.request("POST", `${path}?wait=60000`, {});
  const counters = async (id: Id) => (await scenario.vtap.get(`/policies/${id}`)).counters;

  function startTraffic(): void {
    const [from, to] = [scenario.host("h1"), scenario.host("h2")];
    stream = new NumberedStream(scenario.lab, { from, to, port: PORT });
  }

  /** Waits until so many more frames have been sent. */
  async function sent(count: number): Promise<void> {
    const before = stream.sent;
    await waitFor(() => stream.sent >= before + count, { what: "frames to be sent" });
  }

  /** Waits until every figure is of a time when all frames had been counted for long. */
  async function settled(): Promise<void> {
    await stream.stop();
    await scenario.lab.settle();
    await readLater();
  }

  /** Waits for readings of so late that nothing of before is booked any more. */
  async function readLater(): Promise<void> {
    const now = Date.now();
    for (const id of ["far", "near"] as const) {
      await waitFor(
        async () => {
          const { readAt } = await counters(id);
          return readAt !== null && Date.parse(readAt) > now + 4_000;
        },
        { what: "a late reading" },
      );
    }
  }

  async function expectTrue(): Promise<void> {
    for (const id of ["far", "near"] as const) {
      const { copied, delivered, loss, exact } = await counters(id);
      const arrived = stream.numbersAt(MONITORS[id]).length;
      const figures = { id, arrived, copied: copied.packets, delivered: delivered.packets };
      expect({ ...figures, loss: loss.packets }).toMatchObject({ loss: 0 });
      expect(figures.copied, JSON.stringify(figures)).toBeLessThanOrEqual(arrived);
      expect(figures.delivered, JSON.stringify(figures)).toBeLessThanOrEqual(figures.copied);
      if (exact) expect(figures.delivered, JSON.stringify(figures)).toBe(arrived);
    }
  }

  /** New policies, counted from zero. */
  async function begin(): Promise<void> {
    scenario.lab.clear();
    for (const each of [FAR, NEAR]) await scenario.createPolicy(each);
  }

  test("policies created before the traffic: exact", async () => {
    await begin();
    // What a new rule counts in its first seconds is left out if frames may have come before it.
    await readLater();
    startTraffic();
    await sent(2000);
    await settled();
    await expectTrue();
    expect(await counters("far")).toMatchObject({ exact: true, copied: { packets: stream.sent } });
    expect(await counters("near")).toMatchObject({ exact: true, copied: { packets: stream.sent } });
  });

  test("rules that are sent again under traffic because their policies end later: exact", async () => {
    scenario.lab.clear();
    const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
    for (const each of [FAR, NEAR]) {
      await scenario.createPolicy({ ...each, expiresAt: inHours(1) });
    }
    await readLater();
    startTraffic();
    for (let hours = 2; hours < 5; hours++) {
      await sent(1000);
      for (const { id } of [FAR, NEAR]) {
        const change = { expiresAt: inHours(hours) };
        const { status } = await scenario.vtap.request(
          "PATCH",
          `/policies/${id}?wait=60000`,
          change,
        );
        expect(status).toBe(200);
      }
    }
    await sent(1000);
    await settled();
    await expectTrue();
    expect(await counters("far")).toMatchObject({ exact: true, copied: { packets: stream.sent } });
    expect(await counters("near")).toMatchObject({ exact: true, copied: { packets: stream.sent } });
  });

  test("policies created under traffic", async () => {
    startTraffic();
    await sent(1000);
    await begin();
    await sent(2000);
    await settled();
    await expectTrue();
  });

  test("suspended and resumed under traffic", async () => {
    await begin();
    startTraffic();
    for (let round = 0; round < 2; round++) {
      await sent(1000);
      await post("/taps:suspend");
      await sent(1000);
      await post("/taps:resume");
    }
    await sent(1000);
    await settled();
    await expectTrue();
  });

  test("killed while suspended, started and resumed under traffic", async () => {
    await begin();
    startTraffic();
    await sent(1000);
    await post("/taps:suspend");
    await scenario.vtap.stop("SIGKILL");
    await sent(500);
    await scenario.replaceController();
    await sent(500);
    await post("/taps:resume");
    await sent(1000);
    await settled();
    await expectTrue();
  });

  test("killed before the first reading of a rule, and started again", async () => {
    await begin();
    startTraffic();
    await sent(5);
    await scenario.vtap.stop("SIGKILL");
    await sent(500);
    await scenario.replaceController();
    await sent(500);
    await settled();
    await expectTrue();
  });
});
