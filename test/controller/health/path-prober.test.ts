// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { PathProbeFrames } from "../../../src/controller/health/path-probe-frames.ts";
import { PathProber } from "../../../src/controller/health/path-prober.ts";
import type { CopyWay } from "../../../src/policy/index.ts";
import type { Dpid, PortNo } from "../../../src/topology/index.ts";
import { FakeClock } from "../../openflow-session/fake-clock.ts";
import { dpid, nameOf, wayOf } from "./ways.ts";

const INTERVAL_MS = 10_000;
/** Longest time until a probe is known to be lost. */
const LOST_MS = 1_200;

/** Switches in a row that carry probes from each place to the end, unless it is broken. */
class Network {
  readonly clock = new FakeClock();
  readonly frames = new PathProbeFrames(Buffer.alloc(32, 7));
  readonly sent: { readonly at: Dpid; readonly how: object; readonly time: number }[] = [];
  readonly changes: string[] = [];
  /** Places from which no probe arrives, as `s2 enters`. */
  broken = new Set<string>();
  obstacle: string | undefined;
  obstacleOf = (_: CopyWay) => this.obstacle;
  /** Where probes arrive. */
  end = { dpid: dpid(3), port: 30 as PortNo };
  #changeFrame: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes;
  readonly prober: PathProber;

  constructor() {
    this.prober = new PathProber({
      clock: this.clock,
      now: () => new Date(this.clock.now()).toISOString(),
      intervalMs: INTERVAL_MS,
      frames: this.frames,
      send: (at, frame, how) => {
        this.sent.push({ at, how, time: this.clock.now() });
        const place = `${nameOf(at)} ${Object.keys(how)[0]}`;
        if (!this.broken.has(place)) this.clock.after(2, () => this.arrive(frame));
        return true;
      },
      obstacle: (way) => this.obstacleOf(way),
      switchName: nameOf,
      changed: (id, { state }) => this.changes.push(`${id} ${state}`),
    });
  }

  arrive(frame: Uint8Array): void {
    const bytes = this.#changeFrame(frame);
    this.prober.received({ ...this.end, cookie: 0n, bytes, totalLength: bytes.length });
  }

  tamper(change: (bytes: Uint8Array) => Uint8Array): void {
    this.#changeFrame = change;
  }

  health(id = "way") {
    return this.prober.health(id);
  }
}

function started(way: CopyWay = wayOf()): Network {
  const network = new Network();
  network.prober.add(way);
  network.clock.advance(100);
  return network;
}

test("a way is probed when it is added and then at intervals, along its first link", () => {
  const network = started();
  expect(network.health()).toMatchObject({ state: "healthy", rttMs: 2, lost: 0, because: "" });
  expect(network.sent).toMatchObject([{ at: dpid(1), how: { leaves: 10 } }]);
  network.clock.advance(3 * INTERVAL_MS);
  expect(network.sent).toHaveLength(4);
  expect(network.changes).toEqual(["way healthy"]);
  expect(network.prober.counts).toEqual({ sent: 4, lost: 0, rejected: 0 });
});

test("one lost probe changes nothing, two in a row do; it is found out where, and that it ended", () => {
  const network = started();
  const all = ["s1 leaves", "s2 enters"];
  network.broken = new Set(all);
  network.clock.advance(INTERVAL_MS);
  network.clock.advance(LOST_MS);
  expect(network.health()).toMatchObject({ state: "healthy", lost: 1 });
  network.broken = new Set();
  network.clock.advance(LOST_MS);
  expect(network.health()).toMatchObject({ state: "healthy", lost: 0 });

  network.broken = new Set(all);
  network.clock.advance(INTERVAL_MS + 4 * LOST_MS);
  expect(network.health()).toMatchObject({ state: "failing", rttMs: 2 });
  expect(network.health().because).toContain("at s2: it does not forward");
  network.broken = new Set([...all, "s2 leaves", "s3 enters"]);
  network.clock.advance(INTERVAL_MS + LOST_MS);
  expect(network.health().because).toContain("at s3: it does not take");
  network.broken = new Set();
  network.clock.advance(INTERVAL_MS);
  expect(network.health()).toMatchObject({ state: "healthy", lost: 0, because: "" });
});

test("a probe on demand is sent at once and answers with the place of a loss", async () => {
  const network = started();
  const first = network.prober.probe("way");
  network.clock.advance(100);
  await first;
  expect(network.sent).toHaveLength(2);
  network.broken = new Set(["s1 leaves"]);
  const second = network.prober.probe("way");
  network.clock.advance(4 * LOST_MS);
  await second;
  expect(network.health()).toMatchObject({ state: "failing" });
  expect(network.health().because).toContain("between s1 port 10 and s2 port 20: the link");
});

test("nothing is sent while something prevents it, and the state says so", async () => {
  const network = started();
  network.obstacle = "switch s3 is not connected";
  const asked = network.prober.probe("way");
  network.clock.advance(3 * INTERVAL_MS);
  await asked;
  expect(network.sent).toHaveLength(1);
  const because = "switch s3 is not connected";
  expect(network.health()).toEqual({ state: "unknown", lost: 0, because });
  network.obstacle = undefined;
  network.clock.advance(1_000);
  expect(network.health().state).toBe("healthy");
});

test.each([
  [
    "forged",
    (network: Network) =>
      network.tamper((bytes) => bytes.map((byte, at) => (at === 20 ? byte ^ 1 : byte))),
  ],
  ["caught by another switch", (network: Network) => Object.assign(network.end, { dpid: dpid(2) })],
  ["caught at another port", (network: Network) => Object.assign(network.end, { port: 31 })],
])("an answer that is %s does not make a way healthy", (_, tamper) => {
  const network = new Network();
  tamper(network);
  network.prober.add(wayOf());
  network.clock.advance(5 * LOST_MS);
  expect(network.health().state).toBe("failing");
  expect(network.prober.counts.rejected).toBeGreaterThan(2);
});

test("a replayed answer counts for nothing", () => {
  const network = new Network();
  const seen: Uint8Array[] = [];
  network.tamper((bytes) => {
    seen.push(bytes.slice());
    return bytes;
  });
  network.prober.add(wayOf());
  network.clock.advance(100);
  network.broken = new Set(["s1 leaves", "s2 enters", "s2 leaves", "s3 enters"]);
  const [first] = seen;
  if (first === undefined) throw new Error("no probe was sent");
  for (let n = 0; n < 20; n++) {
    network.clock.advance(INTERVAL_MS / 10);
    network.arrive(first);
  }
  expect(network.health().state).toBe("failing");
  expect(network.prober.counts.rejected).toBe(20);
});

test("a thousand ways to one switch are probed in turn, a few at a time", () => {
  const network = new Network();
  for (let n = 0; n < 1_000; n++) network.prober.add(wayOf(`way ${n}`));
  network.clock.advance(INTERVAL_MS + LOST_MS);
  const healthy = Array.from({ length: 1_000 }, (_, n) => network.health(`way ${n}`).state);
  expect(new Set(healthy)).toEqual(new Set(["healthy"]));
  const perSecond = new Map<number, number>();
  for (const { time } of network.sent) {
    const second = Math.floor(time / 1000);
    perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
  }
  expect(Math.max(...perSecond.values())).toBeLessThanOrEqual(105);
});

test("ways that cannot be probed are examined a few at a time, and one that a client asks for before the others", async () => {
  const network = new Network();
  const examined: string[] = [];
  network.obstacleOf = ({ id }) => {
    examined.push(id);
    return "a rule on the way is missing";
  };
  const ids = Array.from({ length: 1_000 }, (_, n) => `way ${n}`);
  for (const id of ids) network.prober.add(wayOf(id));
  network.clock.advance(50);
  expect(examined).toEqual(ids.slice(0, 40));
  const probed = network.prober.probe("way 999");
  network.clock.advance(50);
  await probed;
  expect(examined.slice(40, 42)).toEqual(["way 999", "way 40"]);
  network.clock.advance(1_300);
  expect(new Set(examined).size).toBe(1_000);
});

test("a way that is removed is probed no more, and a client that waits for it is answered", async () => {
  const network = started();
  network.broken = new Set(["s1 leaves"]);
  const asked = network.prober.probe("way");
  network.clock.advance(60);
  network.prober.remove("way");
  await asked;
  network.clock.advance(2 * INTERVAL_MS);
  expect(network.sent).toHaveLength(2);
  expect(network.clock.pending).toBe(0);
});
