// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, test } from "vitest";
import { type EntryRef, type FlowSpec, flowKey } from "../../src/flow-model/index.ts";
import { Reconciler } from "../../src/reconcile/index.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { FakeClock } from "../openflow-session/fake-clock.ts";
import { unslicedQueue } from "./at-once.ts";
import { FakeSwitch } from "./fake-switch.ts";
import { copy, dpidOf, forwarding, original, refTo, rewriting } from "./specs.ts";

const S = dpidOf(1);
const tap = rewriting(1, [original(), copy(1)]);
const DAY = 86_400;

let fake: FakeSwitch;
let clock: FakeClock;
/** Seconds since the start, by the same clock; undefined: for ever. */
let neededUntil: number | undefined;
let reconciler: Reconciler;
/** The entries that were about to be added over themselves. */
let readded: EntryRef[];

/** A controller as after a start. */
function controller(specs: readonly FlowSpec[]): Promise<void> {
  reconciler = new Reconciler({
    ...{ clock, logger: silentLogger, queue: unslicedQueue(), auditIntervalMs: 0 },
    events: { changed: () => undefined, readding: (refs) => readded.push(...refs) },
    neededMs: () => (neededUntil === undefined ? undefined : neededUntil * 1000 - clock.now()),
  });
  reconciler.allowSweep();
  reconciler.edit(S, { set: specs });
  reconciler.connect(S, fake.connect());
  return reconciler.settled();
}

beforeEach(async () => {
  fake = new FakeSwitch();
  clock = new FakeClock();
  fake.tables.now = () => clock.now();
  neededUntil = 60;
  readded = [];
});

/** The timeout of a switch's entry, in seconds; undefined: it has none. */
function timeoutOf(spec: FlowSpec): number | undefined {
  return fake.tables.flows.get(flowKey(spec))?.life?.hardTimeout;
}

/** What is sent by some work. */
async function sentBy(work: () => void): Promise<string[]> {
  const before = fake.log.length;
  work();
  await reconciler.settled();
  return fake.log.slice(before).map((line) => line.split(" ").slice(0, 2).join(" "));
}

const review = () => reconciler.needsChanged([refTo(S, tap)]);

describe("an entry that makes copies", () => {
  test("has a timeout a little after its need, and no other entry has one", async () => {
    const plain = rewriting(2, [original()]);
    const shield = { ...rewriting(3, [original(), copy(3)]), shields: true };
    await controller([tap, plain, shield, forwarding(4)]);
    expect(readded).toEqual([]);
    expect(timeoutOf(tap)).toBe(63);
    expect([plain, shield, forwarding(4)].map(timeoutOf)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("or shows them to the controller has a timeout, whatever it does with them", async () => {
    const showing: FlowSpec = { ...rewriting(5, [original()]), category: "preview" };
    await controller([showing]);
    expect(timeoutOf(showing)).toBe(63);
    neededUntil = undefined;
    reconciler.needsChanged([refTo(S, showing)]);
    await reconciler.settled();
    expect(timeoutOf(showing)).toBeUndefined();
  });

  test("is sent again when it is needed longer, shorter or for ever, and stays confirmed", async () => {
    await controller([tap]);
    clock.advance(10_000);
    expect(await sentBy(review)).toEqual([]);
    for (const [until, timeout] of [
      [600, 593],
      [20, 13],
      [undefined, undefined],
      [30, 23],
    ] as const) {
      neededUntil = until;
      readded = [];
      const sent = sentBy(review);
      expect(reconciler.state(refTo(S, tap))).toBe("confirmed");
      expect(await sent).toEqual(["flow add"]);
      expect(readded).toEqual([refTo(S, tap)]);
      expect(timeoutOf(tap)).toBe(timeout);
    }
  });

  test("is added, not modified, when it changes: its timeout starts anew", async () => {
    await controller([tap]);
    clock.advance(10_000);
    const other = rewriting(1, [original(), copy(2)]);
    const sent = await sentBy(() => reconciler.edit(S, { set: [other] }));
    expect(sent).toEqual(["group add", "flow add", "group delete"]);
    expect(readded).toEqual([refTo(S, tap)]);
    expect(timeoutOf(tap)).toBe(53);
  });

  test("that is needed for days is sent again while the controller lives", async () => {
    neededUntil = 10 * DAY;
    await controller([tap]);
    expect(timeoutOf(tap)).toBe(65_535);
    let ends = 65_535;
    for (let hour = 1; hour <= 240; hour++) {
      clock.advance(3_600_000);
      await reconciler.settled();
      const life = fake.tables.flows.get(flowKey(tap))?.life;
      expect(life?.endsAt).toBeGreaterThan(clock.now());
      expect(life?.endsAt).toBeLessThanOrEqual(neededUntil * 1000 + 5_000);
      ends = Math.max(ends, (life?.endsAt ?? 0) / 1000);
    }
    expect(ends).toBeGreaterThanOrEqual(10 * DAY + 1);
    expect(fake.log.filter((line) => line.startsWith("flow add")).length).toBeLessThan(35);
  });

  test("follows when the end moves without a notification: the wall clock is set", async () => {
    await controller([tap]);
    neededUntil = 6_000;
    clock.advance(30_000);
    await reconciler.settled();
    expect(timeoutOf(tap)).toBe(5_973);
  });
});

test("after a restart, entries whose timeouts fit are left alone, and others are not", async () => {
  await controller([tap]);
  clock.advance(20_000);
  await reconciler.close();
  const sent = fake.log.length;
  await controller([tap]);
  expect(fake.log.length).toBe(sent);
  await reconciler.close();
  neededUntil = 80;
  await controller([tap]);
  expect(timeoutOf(tap)).toBe(63);
});

test("an entry that the switch has removed too early is put back, one that is not desired is not", async () => {
  await controller([tap]);
  fake.tamper(({ flows }) => flows.delete(flowKey(tap)));
  await reconciler.resync(S);
  expect(timeoutOf(tap)).toBe(63);
  reconciler.edit(S, { delete: [flowKey(tap)] });
  await reconciler.settled();
  await reconciler.resync(S);
  expect(fake.tables.flows.has(flowKey(tap))).toBe(false);
});
