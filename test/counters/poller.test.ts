// SPDX-License-Identifier: Apache-2.0
import { pino } from "pino";
import { expect, test } from "vitest";
import { Counters } from "../../src/counters/index.ts";
import type { CounterChannel } from "../../src/counters/poller.ts";
import { CounterPoller } from "../../src/counters/poller.ts";
import { StepQueue } from "../../src/runtime/index.ts";
import { FakeClock } from "../openflow-session/fake-clock.ts";
import { EDGES, TAPS, World } from "./world.ts";

const INTERVAL_MS = 1_000;

/** A switch that answers on command. */
class Asked implements CounterChannel {
  /** Requests: when, and for what. */
  readonly asked: { readonly at: number; readonly category: string }[] = [];
  readonly #clock: FakeClock;
  #open: ((failure: string | undefined) => void)[] = [];
  isSlow = false;
  most = 0;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  async readPorts() {
    return new Map();
  }

  readCounters(category: string): Promise<string | undefined> {
    this.asked.push({ at: this.#clock.now(), category });
    if (!this.isSlow) return Promise.resolve(undefined);
    const answer = new Promise<string | undefined>((resolve) => this.#open.push(resolve));
    this.most = Math.max(this.most, this.#open.length);
    return answer;
  }

  async answer(failure?: string): Promise<void> {
    const open = this.#open;
    this.#open = [];
    for (const resolve of open) resolve(failure);
    await idle();
  }
}

const idle = () => new Promise<void>((resolve) => setImmediate(resolve));

function polling(intervalMs = INTERVAL_MS) {
  const clock = new FakeClock();
  const world = new World();
  const read: string[] = [];
  const warnings: string[] = [];
  const logger = pino({ level: "silent" });
  logger.warn = (_fields: unknown, text?: string) => warnings.push(text ?? "");
  const polls = new CounterPoller({
    ...{ clock, intervalMs, ledger: world.ledger, queue: new StepQueue(), logger },
    read: (dpid) => read.push(dpid),
    readingPorts: function* () {},
  });
  /** Advances the time in small steps, with answers processed in between. */
  const pass = async (ms: number) => {
    for (let step = 0; step < ms; step += 50) {
      clock.advance(50);
      await idle();
    }
  };
  return { clock, polls, read, warnings, pass };
}

test("each switch is read once an interval, only for the categories that it counts", async () => {
  const { clock, polls, read, pass } = polling();
  const [taps, edges] = [new Asked(clock), new Asked(clock)];
  polls.connect(TAPS, taps);
  polls.connect(EDGES, edges);
  await pass(10 * INTERVAL_MS);
  expect(taps.asked).toHaveLength(10);
  expect(new Set(taps.asked.map(({ category }) => category))).toEqual(new Set(["rewriting"]));
  expect(new Set(edges.asked.map(({ category }) => category))).toEqual(new Set(["recovery"]));
  // Each has its own time in the interval, and keeps it.
  const phases = (of: Asked) => new Set(of.asked.map(({ at }) => Math.round(at % INTERVAL_MS)));
  expect(phases(taps).size).toBe(1);
  expect(phases(edges).size).toBe(1);
  expect(phases(taps)).not.toEqual(phases(edges));
  expect(read.filter((dpid) => dpid === TAPS)).toHaveLength(10);
});

test("a slow switch is not read again before it has answered, and delays no other one", async () => {
  const { clock, polls, read, pass } = polling();
  const [slow, quick] = [new Asked(clock), new Asked(clock)];
  slow.isSlow = true;
  polls.connect(TAPS, slow);
  polls.connect(EDGES, quick);
  await pass(10 * INTERVAL_MS);
  expect(slow.asked).toHaveLength(1);
  expect(quick.asked).toHaveLength(10);
  await slow.answer();
  expect(read.filter((dpid) => dpid === TAPS)).toHaveLength(1);
  const answered = clock.now();
  await pass(INTERVAL_MS / 4 - 50);
  expect(slow.asked).toHaveLength(1);
  await pass(2 * INTERVAL_MS);
  expect(slow.asked).toHaveLength(2);
  expect((slow.asked[1]?.at ?? 0) - answered).toBeGreaterThanOrEqual(INTERVAL_MS / 4);
  expect(slow.most).toBe(1);
});

test("in a shorter interval switches are read earlier, in a longer one less often", async () => {
  const { clock, polls, pass } = polling(10_000);
  const taps = new Asked(clock);
  polls.connect(TAPS, taps);
  await pass(10_000);
  expect(taps.asked).toHaveLength(1);
  polls.setInterval(2_000);
  await pass(10_000);
  expect(taps.asked).toHaveLength(6);
  polls.setInterval(10_000);
  await pass(20_000);
  expect(taps.asked.length).toBeLessThanOrEqual(9);
});

test("a switch that fails is read again, and one line is logged", async () => {
  const { clock, polls, read, warnings, pass } = polling();
  const failing = new Asked(clock);
  failing.isSlow = true;
  polls.connect(TAPS, failing);
  for (let turn = 0; turn < 4; turn++) {
    await pass(INTERVAL_MS);
    await failing.answer("it answered with an error");
  }
  expect(failing.asked.length).toBeGreaterThanOrEqual(3);
  expect(warnings).toEqual(["counters cannot be read: retrying"]);
  expect(read).toEqual([]);
});

test("a disconnected switch is no longer read, and its late answer is ignored", async () => {
  const { clock, polls, read, pass } = polling();
  const gone = new Asked(clock);
  gone.isSlow = true;
  polls.connect(TAPS, gone);
  await pass(INTERVAL_MS);
  polls.disconnect(TAPS);
  await gone.answer();
  await pass(3 * INTERVAL_MS);
  expect(gone.asked).toHaveLength(1);
  expect(read).toEqual([]);
  expect(clock.pending).toBe(0);
});

test("a switch that returns is read by its new session alone", async () => {
  const { clock, polls, pass } = polling();
  const [first, second] = [new Asked(clock), new Asked(clock)];
  polls.connect(TAPS, first);
  await pass(INTERVAL_MS);
  polls.connect(TAPS, second);
  const before = first.asked.length;
  await pass(5 * INTERVAL_MS);
  expect(first.asked).toHaveLength(before);
  expect(second.asked).toHaveLength(5);
  polls.close();
  expect(clock.pending).toBe(0);
});

test("with interval 0 no switch is read and nothing is counted", async () => {
  const { clock, pass } = polling();
  const done = async () => undefined;
  const counters = new Counters({
    clock,
    logger: pino({ level: "silent" }),
    store: { load: async () => ({ policies: [], entries: [] }), write: done },
    now: () => "2026-01-01T00:00:00.000Z",
    intervalMs: 0,
    creation: () => undefined,
    plan: () => {
      throw new Error("no plan is desired");
    },
    group: () => undefined,
    isOverridden: () => false,
    guardsDropped: () => undefined,
  });
  await counters.start();
  const asked = new Asked(clock);
  counters.connect(TAPS, asked);
  await pass(5 * INTERVAL_MS);
  expect(asked.asked).toEqual([]);
  await counters.close();
});
