// SPDX-License-Identifier: Apache-2.0
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { arpRequest, ping, tcp, tcp6, udp } from "../frames.ts";
import { h1, h2, h3, h4, h5, h6, mac } from "../hosts.ts";
import { THREE_SWITCHES } from "../plans.ts";
import { Scenario } from "../scenario.ts";

const port = (name: string, no: number) => ({ port: { switch: name, port: no } });

/** A frame truncated to so many bytes. */
function head(frame: Uint8Array, bytes: number): Uint8Array {
  return frame.slice(0, bytes);
}

/**
 * Treatment of copies on real switches.
 *
 *   h1,h6 (one port) and h4 on s1 - s2 (h2) - s3 (h3, h5)
 */
describe("the treatment of copies", () => {
  const config = join(tmpdir(), `vtap-treatment-${process.pid}.json`);
  let scenario: Scenario;
  beforeAll(async () => {
    await writeFile(config, JSON.stringify({ tapVlanRange: "4000-4010" }));
    scenario = await Scenario.start({
      ...THREE_SWITCHES,
      hosts: [
        [1, "s1", 1],
        [6, "s1", 1],
        [4, "s1", 4],
        [2, "s2", 2],
        [3, "s3", 3],
        [5, "s3", 5],
      ],
      uses: { h6: { sharedPort: true } },
      serve: { more: ["--config", config] },
    });
  });
  afterAll(async () => {
    await scenario.stop();
    await rm(config);
  });

  const pair = { sender: mac(h1), receiver: mac(h2) };

  /** Frames of flows that differ in their ports, and the frames back. */
  function flows(count: number): { there: Uint8Array[]; back: Uint8Array[] } {
    const ports = Array.from({ length: count }, (_, n) => ({ src: 20_000 + 7 * n, dst: 80 }));
    const there = ports.map((each) => tcp(h1, h2, each));
    const back = ports.map(({ src, dst }) => tcp(h2, h1, { src: dst, dst: src }));
    return { there, back };
  }

  /** For each frame, whether a monitor received it. */
  function seenBy(monitor: string, frames: readonly Uint8Array[]): boolean[] {
    const got = new Map<string, number>();
    for (const frame of scenario.lab.frames(monitor)) {
      const text = Buffer.from(frame).toString("hex");
      got.set(text, (got.get(text) ?? 0) + 1);
    }
    return frames.map((frame) => {
      const count = got.get(Buffer.from(frame).toString("hex")) ?? 0;
      expect(count).toBeLessThanOrEqual(1);
      return count === 1;
    });
  }

  test("truncated: the first bytes of the frame, on the tap's switch and across links", async () => {
    await scenario.createPolicy({
      id: "cut",
      ...pair,
      monitors: [mac(h3), mac(h4)],
      copy: { truncate: 40 },
    });
    const frames = [ping(h1, h2), tcp(h1, h2, { src: 1, dst: 2 }, { tags: [{ vid: 7 }] })];
    const cut = frames.map((frame) => head(frame, 40));
    await scenario.expectDelivery("h1", frames, { h2: frames, h3: cut, h4: cut });
    await scenario.deletePolicy("cut");
  });

  test("truncated under an outer tag, which costs no bytes", async () => {
    await scenario.createPolicy({
      id: "cut",
      sender: port("s1", 1),
      receiver: "any",
      monitors: [mac(h3), mac(h4)],
      copy: { truncate: 30 },
    });
    const frame = arpRequest(h1, h2);
    await scenario.expectDelivery("h1", [frame], {
      h2: [frame],
      h3: [frame, head(frame, 30)],
      h4: [frame, head(frame, 30)],
      h5: [frame],
    });
    await scenario.deletePolicy("cut");
  });

  test("the longer of two truncations", async () => {
    await scenario.createPolicy({ id: "a", ...pair, monitors: [mac(h3)], copy: { truncate: 20 } });
    await scenario.createPolicy({
      id: "b",
      ...pair,
      monitors: [mac(h3)],
      filters: { ip_proto: "tcp" },
      copy: { truncate: 50 },
    });
    const [echo, segment] = [ping(h1, h2), tcp(h1, h2, { src: 1, dst: 2 })];
    await scenario.expectDelivery("h1", [echo, segment], {
      h2: [echo, segment],
      h3: [head(echo, 20), head(segment, 50)],
    });
    await scenario.createPolicy({ id: "c", ...pair, monitors: [mac(h3)] });
    await scenario.expectDelivery("h1", [echo, segment], {
      h2: [echo, segment],
      h3: [echo, segment],
    });
    for (const id of ["a", "b", "c"]) await scenario.deletePolicy(id);
  });

  test("a sample: a share of the flows, both directions alike, the same at any switch", async () => {
    const { there, back } = flows(300);
    const seen: boolean[][] = [];
    for (const sample of [0.1, 0.5]) {
      await scenario.createPolicy({
        id: "part",
        ...pair,
        direction: "both",
        monitors: [mac(h3), mac(h4)],
        copy: { sample },
      });
      scenario.lab.clear();
      await scenario.lab.inject("h1", there);
      await scenario.lab.inject("h2", back);
      expect(seenBy("h2", there)).not.toContain(false);
      expect(seenBy("h1", back)).not.toContain(false);
      const chosen = seenBy("h3", there);
      expect(seenBy("h4", there)).toEqual(chosen);
      expect(seenBy("h3", back)).toEqual(chosen);
      expect(seenBy("h4", back)).toEqual(chosen);
      const share = chosen.filter(Boolean).length / chosen.length;
      // Five standard deviations.
      expect(Math.abs(share - sample)).toBeLessThan(5 * Math.sqrt((sample * (1 - sample)) / 300));
      seen.push(chosen);
      await scenario.deletePolicy("part");
    }
    const [small = [], large = []] = seen;
    expect(small.every((chosen, flow) => !chosen || large[flow])).toBe(true);
  });

  test("balanced: each flow to one monitor, both directions to the same", async () => {
    const { there, back } = flows(300);
    await scenario.createPolicy({
      id: "spread",
      ...pair,
      direction: "both",
      monitors: [{ balance: [mac(h3), mac(h4), mac(h5)] }],
    });
    scenario.lab.clear();
    await scenario.lab.inject("h1", there);
    await scenario.lab.inject("h2", back);
    const shares = ["h3", "h4", "h5"].map((name) => seenBy(name, there));
    for (let flow = 0; flow < there.length; flow++) {
      expect(shares.filter((seen) => seen[flow])).toHaveLength(1);
    }
    ["h3", "h4", "h5"].forEach((name, index) => {
      expect(seenBy(name, back)).toEqual(shares[index]);
      expect(shares[index]?.filter(Boolean).length).toBeGreaterThan(60);
    });
    await scenario.deletePolicy("spread");
  });

  test("balanced: flows of a monitor whose port is down move to the others, all other flows stay", async () => {
    const { there } = flows(60);
    await scenario.createPolicy({
      id: "spread",
      ...pair,
      monitors: [{ balance: [mac(h3), mac(h4), mac(h5)] }],
    });
    const send = async () => {
      scenario.lab.clear();
      await scenario.lab.inject("h1", there);
      return ["h3", "h4", "h5"].map((name) => seenBy(name, there));
    };
    const before = await send();
    const down = `port of monitor ${h4.mac} is down`;
    await scenario.lab.setHostPort("s1", 4, "down");
    const isReported = async () => {
      const { status } = await scenario.vtap.get("/policies/spread");
      return status.reasons.some((reason: string) => reason.includes(down));
    };
    await waitFor(isReported);
    await scenario.vtap.synced(...scenario.switchNames);
    const meanwhile = await send();
    there.forEach((_, flow) => {
      expect(meanwhile.map((seen) => seen[flow]).filter(Boolean)).toHaveLength(1);
      expect(meanwhile[1]?.[flow]).toBe(false);
      if (!before[1]?.[flow]) {
        expect(meanwhile.map((seen) => seen[flow])).toEqual(before.map((seen) => seen[flow]));
      }
    });
    await scenario.lab.setHostPort("s1", 4, "up");
    await waitFor(async () => !(await isReported()));
    await scenario.vtap.allPoliciesActive();
    expect(await send()).toEqual(before);
    await scenario.deletePolicy("spread");
  });

  test("limited: excess for one monitor is lost for that monitor only", async () => {
    await scenario.createPolicy({
      id: "slow",
      ...pair,
      monitors: [mac(h4)],
      copy: { rateLimit: { pps: 10 } },
    });
    await scenario.createPolicy({ id: "all", ...pair, monitors: [mac(h5)] });
    const { there } = flows(200);
    scenario.lab.clear();
    await scenario.lab.inject("h1", there);
    expect(seenBy("h2", there)).not.toContain(false);
    expect(seenBy("h5", there)).not.toContain(false);
    expect(seenBy("h4", there).filter(Boolean).length).toBeLessThan(100);
    await scenario.deletePolicy("all");
    await scenario.deletePolicy("slow");
  });

  test.each([
    [{ pps: 5 }, 1, 5],
    [{ pps: 5, burst: 40 }, 40, 5],
    // Frames of 80 bytes, 640 bits.
    [{ kbps: 10, burst: 48 }, 48_000 / 640, 10_000 / 640],
    [{ kbps: 10 }, 80_000 / 640, 10_000 / 640],
  ])(
    "limited to %j: what leaves at once is the burst, then the rate",
    async (rateLimit, atOnce, perSecond) => {
      const limited = { id: "slow", ...pair, monitors: [mac(h4)], copy: { rateLimit } };
      await scenario.createPolicy(limited);
      const { there } = flows(300);
      expect(new Set(there.map((frame) => frame.length))).toEqual(new Set([80]));
      scenario.lab.clear();
      const began = performance.now();
      await scenario.lab.inject("h1", there);
      const seconds = (performance.now() - began) / 1000;
      const left = seenBy("h4", there).filter(Boolean).length;
      expect(left).toBeGreaterThanOrEqual(Math.floor(atOnce));
      // A frame more where the bucket is filled to the next one.
      expect(left).toBeLessThanOrEqual(Math.ceil(atOnce + seconds * perSecond) + 1);
      await scenario.deletePolicy("slow");
    },
  );

  test("a restarted controller finds nothing to repair", async () => {
    await scenario.createPolicy({
      id: "much",
      ...pair,
      direction: "both",
      monitors: [{ balance: [mac(h3), mac(h4), mac(h5)] }],
      copy: { truncate: 60, sample: 0.3, rateLimit: { kbps: 100_000 } },
    });
    const before = await scenario.tables();
    await scenario.killAndRestartController();
    expect(await scenario.tables()).toEqual(before);
    expect(scenario.vtap.log()).not.toMatch(/differ|repair|refused/);
    await scenario.deletePolicy("much");
  });

  test("other protocols are balanced, too: IPv6 and UDP", async () => {
    await scenario.createPolicy({
      id: "half",
      ...pair,
      monitors: [{ balance: [mac(h4), mac(h5)] }],
    });
    const six = Array.from({ length: 40 }, (_, n) => tcp6(h1, h2, { src: 1000 + n, dst: 80 }));
    const datagrams = Array.from({ length: 40 }, (_, n) => udp(h1, h2, { src: 1000 + n, dst: 53 }));
    for (const frames of [six, datagrams]) {
      scenario.lab.clear();
      await scenario.lab.inject("h1", frames);
      const [left, right] = [seenBy("h4", frames), seenBy("h5", frames)];
      expect(left.map((seen) => !seen)).toEqual(right);
      expect(left.filter(Boolean).length).toBeGreaterThan(5);
      expect(right.filter(Boolean).length).toBeGreaterThan(5);
    }
    await scenario.deletePolicy("half");
  });

  test("a monitor behind the sender's own port receives its share there", async () => {
    await scenario.createPolicy({
      id: "hairpin",
      ...pair,
      monitors: [mac(h6)],
      copy: { truncate: 24, sample: 0.999 },
    });
    const frame = ping(h1, h2);
    await scenario.expectDelivery("h1", [frame], { h2: [frame], h1: [head(frame, 24)] });
    await scenario.deletePolicy("hairpin");
    // No rule of any policy is left.
    const { s1 } = await scenario.tables();
    expect(s1?.flows.filter((flow) => /metadata/.test(flow))).toEqual([]);
  });
});
