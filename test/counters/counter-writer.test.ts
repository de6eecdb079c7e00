// SPDX-License-Identifier: Apache-2.0
import { pino } from "pino";
import { expect, test } from "vitest";
import {
  type CounterStore,
  type CounterWrite,
  CounterWriter,
} from "../../src/counters/counter-writer.ts";
import { Ledger } from "../../src/counters/ledger.ts";
import { forEach } from "../../src/lang/steps.ts";
import type { PolicyId, PolicyPlan } from "../../src/policy/index.ts";
import { StepQueue } from "../../src/runtime/index.ts";
import { FakeClock } from "../openflow-session/fake-clock.ts";
import { EDGES, TAPS, World } from "./world.ts";

const EVERY_MS = 1_000;

/** A disk that can be made full or slow. */
class Disk implements CounterStore {
  readonly writes: CounterWrite[] = [];
  isFull = false;
  /** Set: writes wait for it. */
  gate: Promise<void> | undefined;
  most = 0;
  #now = 0;

  async load() {
    return { policies: [], entries: [] };
  }

  async write(write: CounterWrite): Promise<void> {
    this.most = Math.max(this.most, ++this.#now);
    await this.gate;
    this.#now--;
    if (this.isFull) throw new Error("no space left on device");
    this.writes.push(write);
  }
}

function keeping() {
  const clock = new FakeClock();
  const world = new World();
  const disk = new Disk();
  const log: string[] = [];
  const logger = pino({ level: "silent" });
  logger.warn = (_fields: unknown, text?: string) => log.push(text ?? "");
  logger.info = (_fields: unknown, text?: string) => log.push(text ?? "");
  const queue = new StepQueue();
  const { ledger } = world;
  let published = 0;
  const publish = () => () => {
    published++;
  };
  const epoch = () => clock.now();
  const options = {
    ...{ ledger, queue, store: disk, clock, epoch },
    ...{ logger, everyMs: EVERY_MS, publish },
  };
  const writer = new CounterWriter(options);
  writer.start();
  /** Runs one write and everything that follows from it. */
  const pass = async () => {
    clock.advance(EVERY_MS);
    for (let turn = 0; turn < 10; turn++) await idle();
  };
  const shown = (id: string) => ledger.account(id as PolicyId)?.published.total.copied.packets;
  return { clock, world, disk, log, queue, writer, pass, shown, published: () => published };
}

const idle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Frames of rule 0, which policies p0 and p2 count, and everything read. */
function count(world: World, frames: number): void {
  world.traffic(0, frames, 0);
  for (const dpid of [TAPS, EDGES, TAPS, EDGES]) {
    world.now += 3_000;
    world.poll(dpid);
  }
}

test("nothing is published before it is on disk", async () => {
  const { world, disk, pass, shown, published } = keeping();
  count(world, 0);
  count(world, 7);
  let open = () => {};
  disk.gate = new Promise((resolve) => {
    open = resolve;
  });
  await pass();
  expect(world.totals("p0").copied.packets).toBe(7);
  expect([shown("p0"), published()]).toEqual([0, 0]);
  open();
  await idle();
  await idle();
  expect([shown("p0"), published()]).toEqual([7, 1]);
});

test("when the last copies were counted is persisted with them, and moves with no others", async () => {
  const { world, disk, clock, pass } = keeping();
  const copiedAt = () =>
    disk.writes.flatMap(({ policies }) => policies).findLast(({ id }) => id === "p0")?.copiedAt;
  count(world, 0);
  await pass();
  expect(copiedAt()).toBeUndefined();
  count(world, 7);
  await pass();
  const first = clock.now();
  expect(copiedAt()).toBe(first);
  count(world, 0);
  await pass();
  expect(copiedAt()).toBe(first);
  count(world, 1);
  await pass();
  expect(copiedAt()).toBe(clock.now());
});

test("a full disk: published figures do not change, nothing is lost, and one line is logged", async () => {
  const { world, disk, log, pass, shown } = keeping();
  count(world, 0);
  disk.isFull = true;
  for (let turn = 0; turn < 3; turn++) {
    count(world, 5);
    await pass();
  }
  expect(shown("p0")).toBe(0);
  expect(log).toEqual(["counters cannot be written: published counters stay as they are"]);
  disk.isFull = false;
  await pass();
  expect(log.at(-1)).toBe("counters are written again");
  expect(shown("p0")).toBe(15);
  const [write] = disk.writes;
  expect(write?.policies.map(({ id }) => id).sort()).toEqual(["p0", "p1", "p2"]);
  expect(new Set(write?.entries.map(({ dpid }) => dpid))).toEqual(new Set([TAPS, EDGES]));
});

test("a policy removed while the disk is full is removed from it when there is room again", async () => {
  const { world, disk, pass } = keeping();
  count(world, 1);
  await pass();
  disk.isFull = true;
  world.ledger.remove("p0" as PolicyId);
  await pass();
  disk.isFull = false;
  await pass();
  expect(disk.writes.at(-1)?.removed).toEqual(["p0"]);
});

test("a slow disk gets one write at a time, and everything in the end", async () => {
  const { world, disk, pass, shown, writer } = keeping();
  count(world, 0);
  let open = () => {};
  disk.gate = new Promise((resolve) => {
    open = resolve;
  });
  for (let turn = 0; turn < 5; turn++) {
    count(world, 3);
    await pass();
  }
  expect(disk.writes).toHaveLength(0);
  open();
  disk.gate = undefined;
  await idle();
  await pass();
  expect(shown("p0")).toBe(15);
  await writer.close();
  expect(disk.most).toBe(1);
});

test("without changes nothing is written", async () => {
  const { world, disk, pass } = keeping();
  count(world, 1);
  await pass();
  const before = disk.writes.length;
  await pass();
  await pass();
  expect(disk.writes).toHaveLength(before);
});

test("closing writes the remaining changes", async () => {
  const { world, disk, writer, clock } = keeping();
  count(world, 0);
  count(world, 4);
  await writer.close();
  const record = disk.writes.at(-1)?.policies.find(({ id }) => id === "p0");
  expect(record?.copied.packets).toBe(4);
  expect(clock.pending).toBe(0);
});

test("the snapshot of very many policies yields to the event loop, and is of one moment", async () => {
  const size = 20_000;
  const ledger = new Ledger({
    now: () => 0,
    epoch: () => 0,
    marksOf: () => new Set(),
    wasQuiet: () => true,
    isOverridden: () => false,
  });
  const plan = { enabled: true, tapPoints: [], copies: [], problems: [] };
  const birth = { born: "b", since: "2026-01-01T00:00:00.000Z" };
  const add = (id: string) =>
    ledger.setPolicy(id as PolicyId, birth, { ...plan, id } as unknown as PolicyPlan);
  for (let n = 0; n < size; n++) add(`p${n}`);
  const queue = new StepQueue();
  const disk = new Disk();
  const clock = new FakeClock();
  const logger = pino({ level: "silent" });
  const publish = () => () => {};
  const epoch = () => clock.now();
  const options = {
    ...{ ledger, queue, store: disk, clock, epoch },
    ...{ logger, everyMs: EVERY_MS, publish },
  };
  const closing = new CounterWriter(options).close();
  let turns = 0;
  let isDone = false;
  const others = () => {
    turns++;
    // A policy that is added while the snapshot is taken is not in it.
    const late = `late${turns}`;
    queue.add("ordinary", () => forEach([late], add));
    if (!isDone) setImmediate(others);
  };
  setImmediate(others);
  await closing;
  isDone = true;
  // Those that were added meanwhile may have waited for the snapshot.
  await queue.idle();
  expect(turns).toBeGreaterThan(1);
  expect(disk.writes[0]?.policies).toHaveLength(size);
  expect([...ledger.policies].length).toBeGreaterThan(size);
});
