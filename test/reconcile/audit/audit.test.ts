// SPDX-License-Identifier: Apache-2.0

import { beforeEach, describe, expect, test } from "vitest";
import { type EntryRef, type FlowSpec, flowKey } from "../../../src/flow-model/index.ts";
import { Reconciler, type SwitchChannel } from "../../../src/reconcile/index.ts";
import { READS_AT_ONCE } from "../../../src/reconcile/readback/read-slots.ts";
import type { Logger } from "../../../src/runtime/logger.ts";
import { FakeClock } from "../../openflow-session/fake-clock.ts";
import { unslicedQueue } from "../at-once.ts";
import { FakeSwitch, failed } from "../fake-switch.ts";
import { copy, dpidOf, forwarding, original, refTo, rewriting } from "../specs.ts";

const S = dpidOf(1);
const MINUTE = 60_000;
const tap = rewriting(1, [original(), copy(1)]);

let clock: FakeClock;
let fake: FakeSwitch;
let changed: EntryRef[];
let warnings: Record<string, unknown>[];
let infos: Record<string, unknown>[];
let reconciler: Reconciler;

const logger: Logger = {
  child: () => logger,
  debug: () => undefined,
  info: (fields) => infos.push(fields),
  warn: (fields) => warnings.push(fields),
  error: () => undefined,
};

function start(auditIntervalMs?: number, options: { isCleared?: () => boolean } = {}): Reconciler {
  const every = auditIntervalMs === undefined ? options : { auditIntervalMs, ...options };
  const events = { changed: (refs: readonly EntryRef[]) => changed.push(...refs) };
  // Edits are in effect at once, however slow the machine is.
  const queue = unslicedQueue();
  const started = new Reconciler({ logger, events, clock, queue, ...every });
  started.allowSweep();
  return started;
}

beforeEach(async () => {
  clock = new FakeClock();
  fake = new FakeSwitch();
  changed = [];
  warnings = [];
  infos = [];
  reconciler = start();
  reconciler.edit(S, { set: [tap, forwarding(2)] });
  reconciler.connect(S, fake.connect());
  await reconciler.settled();
});

test("a deleted entry is back after an audit", async () => {
  const before = fake.dump();
  fake.tamper(({ flows }) => flows.clear());
  // Modifying a missing entry is no error: the reconciler still considers it installed.
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

test("foreign changes to the actions of an own entry, and entries with an own cookie, are repaired", async () => {
  const before = fake.dump();
  const [[key, flow] = []] = [...fake.tables.flows];
  if (!key || !flow) throw new Error("nothing is installed");
  const stranger = { ...flow, ...forwarding(9) };
  fake.tamper(({ flows }) => {
    flows.set(key, { ...flow, instructions: [] });
    flows.set(flowKey(stranger), stranger);
  });
  const { reads } = fake;
  clock.advance(MINUTE);
  await reconciler.settled();
  expect(fake.dump()).toEqual(before);
  // It is repaired from what the audit has read.
  expect(fake.reads).toBe(reads + 1);
  expect(warnings).toEqual([expect.objectContaining({ missing: 0, changed: 1, unexpected: 1 })]);
});

test("an audit without drift logs nothing, sends nothing, and retries nothing", async () => {
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

test("another application makes room for an own entry", async () => {
  fake.putForeign(forwarding(7));
  await reconciler.resync(S);
  reconciler.edit(S, { set: [forwarding(7)] });
  await reconciler.settled();
  expect(reconciler.progress(S)).toMatchObject({ refused: 1 });
  fake.removeForeign();
  clock.advance(MINUTE);
  await reconciler.settled();
  expect(reconciler.state(refTo(S, forwarding(7)))).toBe("confirmed");
});

test("changes sent during an audit are not mistaken for drift", async () => {
  fake.delay = () => 3;
  clock.advance(MINUTE);
  reconciler.edit(S, { set: [forwarding(3), forwarding(4)], delete: [flowKey(forwarding(2))] });
  await reconciler.settled();
  expect(warnings).toEqual([]);
  expect(reconciler.progress(S)).toMatchObject({ pending: 0 });
});

/** Advances the time in small steps, with answers processed in between. */
async function pass(ms: number): Promise<void> {
  for (let step = 0; step < ms; step += 250) {
    clock.advance(250);
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
  }
}

test("every switch has its own time in the interval", async () => {
  const times = [2, 3, 4, 5].map((n) => {
    const read: number[] = [];
    const channel = new FakeSwitch().connect();
    const { readFlows } = channel;
    channel.readFlows = () => {
      read.push(clock.now());
      return readFlows();
    };
    reconciler.connect(dpidOf(n), channel);
    return read;
  });
  await reconciler.settled();
  for (const read of times) read.length = 0;
  await pass(3 * MINUTE);
  expect(times.map((read) => read.length)).toEqual([3, 3, 3, 3]);
  const phases = times.map((read) => [...new Set(read.map((at) => Math.round(at % MINUTE)))]);
  expect(phases.map(({ length }) => length)).toEqual([1, 1, 1, 1]);
  const inOrder = phases.flat().sort((a, b) => a - b);
  // Four in a minute: none is close to another.
  inOrder.forEach((at, index) => {
    expect(at - (inOrder[index - 1] ?? -MINUTE)).toBeGreaterThan(MINUTE / 10);
  });
});

test("a disconnected switch is not audited, and is again when it is back", async () => {
  const channel = fake.connect();
  reconciler.connect(S, channel);
  await reconciler.settled();
  reconciler.disconnect(S, channel);
  const { reads } = fake;
  await pass(2 * MINUTE);
  expect(fake.reads).toBe(reads);
  reconciler.connect(S, fake.connect());
  await pass(MINUTE);
  expect(fake.reads).toBe(reads + 2);
});

/** As long as a session waits for a listing. */
const LISTING_MS = 60_000;

/** Listings of this channel end without an answer as long as `isMute` says so. */
function mutable(channel: SwitchChannel, isMute: () => boolean): SwitchChannel {
  const { readFlows } = channel;
  channel.readFlows = () => {
    if (!isMute()) return readFlows();
    return new Promise((resolve) => {
      clock.after(LISTING_MS, () => resolve({ type: "failed", reason: "no answer in time" }));
    });
  };
  return channel;
}

test("switches that do not answer delay no other one, and are logged once until they answer", async () => {
  let isMute = false;
  const mutes = Array.from({ length: READS_AT_ONCE + 1 }, (_, n) => dpidOf(10 + n));
  for (const dpid of mutes) {
    reconciler.connect(
      dpid,
      mutable(new FakeSwitch().connect(), () => isMute),
    );
  }
  await reconciler.settled();
  isMute = true;
  const { reads } = fake;
  await pass(5 * MINUTE);
  expect(fake.reads).toBe(reads + 5);
  const logged = (lines: typeof warnings) => lines.map(({ dpid }) => dpid).sort();
  expect(logged(warnings)).toEqual(mutes);
  expect(warnings[0]).toMatchObject({ reason: "no answer in time" });
  isMute = false;
  await pass(3 * MINUTE);
  expect(logged(infos)).toEqual(mutes);
  expect(warnings).toHaveLength(mutes.length);
  isMute = true;
  await pass(3 * MINUTE);
  expect(warnings).toHaveLength(2 * mutes.length);
});

test("confirmations do not wait for an audit", async () => {
  reconciler.connect(
    dpidOf(2),
    mutable(new FakeSwitch().connect(), () => clock.now() > 0),
  );
  await reconciler.settled();
  clock.advance(MINUTE);
  reconciler.edit(S, { set: [forwarding(3)] });
  await reconciler.confirmed();
  expect(reconciler.state(refTo(S, forwarding(3)))).toBe("confirmed");
});

test("a hundred switches are audited a few at a time", async () => {
  let reading = 0;
  let most = 0;
  await reconciler.close();
  // So short an interval that all are due at once.
  const busy = start(1);
  for (let n = 1; n <= 100; n++) {
    const channel = new FakeSwitch().connect();
    const { readFlows } = channel;
    channel.readFlows = async () => {
      most = Math.max(most, ++reading);
      await new Promise(setImmediate);
      reading--;
      return readFlows();
    };
    busy.connect(dpidOf(n), channel);
  }
  await busy.settled();
  most = 0;
  clock.advance(1);
  await busy.settled();
  expect(most).toBe(READS_AT_ONCE);
  await busy.close();
});

test("no audits when disabled, and after closing", async () => {
  await reconciler.close();
  expect(clock.pending).toBe(0);
  const never = start(0);
  never.connect(S, fake.connect());
  await never.settled();
  expect(clock.pending).toBe(0);
});

describe("a switch that reports the removal of an entry", () => {
  /** Another application removes an entry, and the switch reports it. */
  const remove = (spec: FlowSpec) => {
    fake.tables.flows.delete(flowKey(spec));
    reconciler.entryRemoved(S, spec);
  };

  test("is audited soon, once for all entries removed together", async () => {
    const { reads } = fake;
    clock.advance(MINUTE);
    await reconciler.settled();
    clock.advance(20_000);
    remove(tap);
    clock.advance(100);
    remove(forwarding(2));
    expect(fake.tables.flows.size).toBe(0);
    clock.advance(100);
    await reconciler.settled();
    expect(fake.tables.flows.size).toBe(2);
    expect(fake.reads).toBe(reads + 2);
  });

  test("is not audited when the controller removed it", async () => {
    const { reads } = fake;
    reconciler.edit(S, { delete: [flowKey(tap)] });
    reconciler.entryRemoved(S, tap);
    await reconciler.settled();
    reconciler.entryRemoved(S, tap);
    clock.advance(5_000);
    await reconciler.settled();
    expect(fake.reads).toBe(reads);
  });

  test("is audited at once each time where another application clears the tables", async () => {
    await reconciler.close();
    reconciler = start(undefined, { isCleared: () => true });
    reconciler.edit(S, { set: [tap, forwarding(2)] });
    reconciler.connect(S, fake.connect());
    await reconciler.settled();
    for (let second = 0; second < 20; second++) {
      remove(tap);
      clock.advance(200);
      await reconciler.settled();
      expect(fake.tables.flows.size).toBe(2);
      clock.advance(200);
    }
    // Not for ever: the applications may work against each other.
    remove(tap);
    clock.advance(4_000);
    await reconciler.settled();
    expect(fake.tables.flows.size).toBe(1);
    clock.advance(1_000);
    await reconciler.settled();
    expect(fake.tables.flows.size).toBe(2);
  });

  test("is audited less and less often while the removals continue", async () => {
    const { reads } = fake;
    for (let second = 0; second < 55; second++) {
      remove(tap);
      clock.advance(1_000);
      await reconciler.settled();
    }
    // After 0.2 s, and then 10, 20 and 40 s apart at least: the first one of the interval is no other.
    expect(fake.reads - reads).toBeLessThanOrEqual(4);
    expect(fake.reads - reads).toBeGreaterThanOrEqual(3);
    clock.advance(MINUTE);
    await reconciler.settled();
    expect(fake.tables.flows.size).toBe(2);
  });
});
