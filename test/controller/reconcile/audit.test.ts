import { beforeEach, expect, test } from "vitest";
import type { Logger } from "../../../src/controller/logger.ts";
import { Reconciler } from "../../../src/controller/reconcile/index.ts";
import { type EntryRef, flowKey } from "../../../src/pipeline/index.ts";
import { FakeClock } from "../session/fake-clock.ts";
import { FakeSwitch, failed } from "./fake-switch.ts";
import { copy, dpidOf, forwarding, original, refTo, rewriting } from "./specs.ts";

const S = dpidOf(1);
const MINUTE = 60_000;
const tap = rewriting(1, [original(), copy(1)]);

let clock: FakeClock;
let fake: FakeSwitch;
let changed: EntryRef[];
let warnings: Record<string, unknown>[];
let reconciler: Reconciler;

const logger: Logger = {
  child: () => logger,
  debug: () => undefined,
  info: () => undefined,
  warn: (fields) => warnings.push(fields),
  error: () => undefined,
};

function start(auditIntervalMs?: number): Reconciler {
  const every = auditIntervalMs === undefined ? {} : { auditIntervalMs };
  const events = { changed: (refs: readonly EntryRef[]) => changed.push(...refs) };
  const started = new Reconciler({ logger, events, clock, ...every });
  started.allowSweep();
  return started;
}

beforeEach(async () => {
  clock = new FakeClock();
  fake = new FakeSwitch();
  fake.changedByOthers = true;
  changed = [];
  warnings = [];
  reconciler = start();
  reconciler.edit(S, { set: [tap, forwarding(2)] });
  reconciler.connect(S, fake.connect());
  await reconciler.settled();
});

test("what somebody else deleted is back after a turn of the audit", async () => {
  const before = fake.dump();
  fake.tables.flows.clear();
  // A change of an entry that is gone says nothing; it looks as if all were well.
  const wider = rewriting(1, [original(), copy(1), copy(2)]);
  reconciler.edit(S, { set: [wider] });
  await reconciler.settled();
  expect(fake.tables.flows.size).toBe(0);
  clock.advance(MINUTE);
  await reconciler.settled();
  expect(fake.tables.flows.size).toBe(2);
  expect(warnings).toEqual([expect.objectContaining({ missing: 2, changed: 0, unexpected: 0 })]);
  expect(reconciler.state(refTo(S, wider))).toBe("confirmed");
  reconciler.edit(S, { set: [tap] });
  await reconciler.settled();
  expect(fake.dump()).toEqual(before);
});

test("actions that somebody else gave an entry of ours, and entries in our name", async () => {
  const before = fake.dump();
  const [[key, flow] = []] = [...fake.tables.flows];
  if (!key || !flow) throw new Error("nothing is installed");
  fake.tables.flows.set(key, { ...flow, instructions: [] });
  const stranger = { ...flow, ...forwarding(9) };
  fake.tables.flows.set(flowKey(stranger), stranger);
  clock.advance(MINUTE);
  await reconciler.settled();
  expect(fake.dump()).toEqual(before);
  expect(warnings).toEqual([expect.objectContaining({ missing: 0, changed: 1, unexpected: 1 })]);
});

test("an audit that finds nothing says nothing, sends nothing, and tries nothing again", async () => {
  fake.refuses = (message) => (message.type === "flowMod" ? failed("OUT_OF_GROUPS") : undefined);
  reconciler.edit(S, { set: [forwarding(3)] });
  await reconciler.settled();
  changed = [];
  warnings = [];
  const { received } = fake;
  const read = fake.reads;
  clock.advance(MINUTE);
  await reconciler.settled();
  clock.advance(MINUTE);
  await reconciler.settled();
  expect(fake.reads).toBe(read + 2);
  expect(fake.received).toBe(received);
  expect(changed).toEqual([]);
  expect(warnings).toEqual([]);
  expect(reconciler.progress(S)).toMatchObject({ refused: 1, synced: true });
});

test("another application makes room for an entry of ours", async () => {
  const stranger = { ...forwarding(7), cookie: 0x99n, instructions: [] };
  fake.tables.flows.set(flowKey(stranger), stranger);
  await reconciler.resync(S);
  reconciler.edit(S, { set: [forwarding(7)] });
  await reconciler.settled();
  expect(reconciler.progress(S)).toMatchObject({ refused: 1 });
  fake.tables.flows.delete(flowKey(stranger));
  clock.advance(MINUTE);
  await reconciler.settled();
  expect(reconciler.state(refTo(S, forwarding(7)))).toBe("confirmed");
});

test("what is sent during an audit is not taken for somebody else's work", async () => {
  fake.delay = () => 3;
  clock.advance(MINUTE);
  reconciler.edit(S, { set: [forwarding(3), forwarding(4)], delete: [flowKey(forwarding(2))] });
  await reconciler.settled();
  expect(warnings).toEqual([]);
  expect(reconciler.progress(S)).toMatchObject({ pending: 0 });
});

test("every switch has its turn within the interval, one at a time", async () => {
  const others = [2, 3].map((n) => ({ dpid: dpidOf(n), fake: new FakeSwitch() }));
  for (const { dpid, fake: other } of others) reconciler.connect(dpid, other.connect());
  await reconciler.settled();
  const all = [fake, ...others.map((other) => other.fake)];
  const reads = () => all.map((each) => each.reads);
  expect(reads()).toEqual([1, 1, 1]);
  // The first turn was begun when there was one switch.
  clock.advance(MINUTE);
  await reconciler.settled();
  expect(reads()).toEqual([2, 1, 1]);
  for (const expected of [
    [2, 2, 1],
    [2, 2, 2],
    [3, 2, 2],
  ]) {
    clock.advance(MINUTE / 3);
    await reconciler.settled();
    expect(reads()).toEqual(expected);
  }
});

test("no audits when there shall be none, and after the end", async () => {
  await reconciler.close();
  expect(clock.pending).toBe(0);
  const never = start(0);
  never.connect(S, fake.connect());
  await never.settled();
  expect(clock.pending).toBe(0);
});
