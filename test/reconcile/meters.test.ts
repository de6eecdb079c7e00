// SPDX-License-Identifier: Apache-2.0

import { beforeEach, expect, test } from "vitest";
import { type FlowSpec, flowKey, type MeterSpec } from "../../src/flow-model/index.ts";
import { describeError, ErrorType, MeterModFailedCode } from "../../src/openflow/index.ts";
import { Reconciler, type SwitchChannel } from "../../src/reconcile/index.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { unslicedQueue } from "./at-once.ts";
import { closedAfterTest } from "./closed-after-test.ts";
import { FakeSwitch } from "./fake-switch.ts";
import { dpidOf, forwarding, metered, punting, refTo } from "./specs.ts";

const S = dpidOf(1);
const slow: MeterSpec = { unit: "kbps", rate: 1000, owner: "web-to-ids" };
const sameRate: MeterSpec = { ...slow, owner: "dns-to-ids" };
const punts: MeterSpec = { unit: "pktps", rate: 100, burst: 50 };

let fake: FakeSwitch;
let reconciler: Reconciler;
let channel: SwitchChannel;

/** A controller as after a start: only the desired entries are known. */
async function start(specs: readonly FlowSpec[], meterIds?: { first: number; last: number }) {
  const events = { changed: () => undefined };
  const own = meterIds ? { meterIds } : {};
  reconciler = closedAfterTest(
    new Reconciler({ queue: unslicedQueue(), logger: silentLogger, events, ...own }),
  );
  reconciler.edit(S, { set: specs });
  reconciler.allowSweep();
  channel = fake.connect();
  reconciler.connect(S, channel);
  await reconciler.settled();
}

/** Kinds of the messages so far, in order. */
function kinds(): string[] {
  return fake.log.splice(0).map((line) => line.split(" ").slice(0, 2).join(" "));
}

beforeEach(() => {
  fake = new FakeSwitch();
});

test("a meter is added before its users and deleted after them", async () => {
  await start([metered(1, slow), punting(2, punts)]);
  expect(kinds()).toEqual(["meter add", "meter add", "flow add", "flow add"]);
  const faster = metered(1, { ...slow, rate: 2000 });
  reconciler.edit(S, { set: [faster] });
  await reconciler.settled();
  expect(kinds()).toEqual(["meter add", "flow modify", "meter delete"]);
  expect(reconciler.state(refTo(S, faster))).toBe("confirmed");
  reconciler.edit(S, { delete: [faster, punting(2, punts)].map(flowKey) });
  await reconciler.settled();
  expect(kinds()).toEqual(["flow delete", "flow delete", "meter delete", "meter delete"]);
  expect(fake.tables.meters.size).toBe(0);
});

for (const bundles of [true, false]) {
  test(`the same ${bundles ? "with" : "without"} bundles`, async () => {
    fake.bundles = bundles;
    await start([metered(1, slow), metered(2, slow), metered(3, sameRate)]);
    expect(fake.tables.meters.size).toBe(2);
    reconciler.edit(S, { delete: [flowKey(metered(1, slow))] });
    await reconciler.settled();
    expect(fake.tables.meters.size).toBe(2);
    reconciler.edit(S, { delete: [flowKey(metered(2, slow))] });
    await reconciler.settled();
    expect(fake.tables.meters.size).toBe(1);
    expect(reconciler.progress(S)).toMatchObject({ pending: 0, refused: 0 });
  });
}

test("each owner has a rate of its own, also after a restart", async () => {
  const specs = [metered(1, slow), metered(2, sameRate), metered(3, slow), punting(4, punts)];
  await start(specs);
  expect(fake.tables.meters.size).toBe(3);
  kinds();
  await start(structuredClone(specs));
  expect(kinds()).toEqual([]);
  expect(reconciler.progress(S)).toMatchObject({ pending: 0, modsSent: 0 });
  // The owners were exchanged while no controller ran: each still has a meter of its own.
  await start([metered(1, sameRate), metered(2, slow), metered(3, sameRate), punting(4, punts)]);
  expect(kinds()).toEqual([]);
});

test("owners that hash to the same id each keep the meter their entries use", async () => {
  const ids = { first: 10, last: 12 };
  const specs = [metered(1, slow), metered(2, sameRate), metered(3, { ...slow, owner: "third" })];
  await start(specs, ids);
  expect([...fake.tables.meters.keys()].sort()).toEqual([10, 11, 12]);
  kinds();
  await start(structuredClone(specs).reverse(), ids);
  expect(kinds()).toEqual([]);
  const fourth = metered(4, { ...slow, owner: "fourth" });
  reconciler.edit(S, { set: [fourth] });
  await reconciler.settled();
  expect(reconciler.state(refTo(S, fourth))).toEqual({ refused: "no meter id is left" });
});

test("meters that a previous process added and never used are reused or removed", async () => {
  await start([metered(1, slow), metered(2, punts)]);
  fake.tamper(({ flows }) => flows.clear());
  kinds();
  await start([metered(1, slow)]);
  expect(kinds()).toEqual(["flow add", "meter delete"]);
});

test("a foreign meter stays; an undesired one of the own range does not", async () => {
  const ids = { first: 10, last: 11 };
  fake.tables.meters.set(10, { id: 10, flags: 1, bands: [] });
  fake.tables.meters.set(9, { id: 9, flags: 1, bands: [] });
  await start([metered(1, slow)], ids);
  // 10 is in the own range, so it is an own meter, and undesired.
  expect([...fake.tables.meters.keys()].sort()).toEqual([11, 9]);
});

test("a switch without meters refuses exactly the entries that need one", async () => {
  fake.noMeters = "the switch has no meters (max_meter is 0)";
  await start([metered(1, slow), punting(2, punts), forwarding(3)]);
  const { noMeters: refused } = fake;
  expect(reconciler.progress(S)).toMatchObject({ pending: 0, refused: 2 });
  expect([...fake.tables.flows.keys()]).toEqual([flowKey(forwarding(3))]);
  const again = metered(1, { ...slow, rate: 5 });
  reconciler.edit(S, { set: [again] });
  await reconciler.settled();
  expect(reconciler.state(refTo(S, again))).toEqual({ refused });
});

test("a meter that the switch refuses is retried when it is desired again", async () => {
  const errorType = ErrorType.MeterModFailed;
  const errorCode = MeterModFailedCode.OUT_OF_METERS;
  const full = { errorType, errorCode, text: describeError(errorType, errorCode) };
  fake.refuses = (message) => (message.type === "meterMod" && message.flags & 1 ? full : undefined);
  const tap = metered(1, slow);
  await start([tap, punting(2, punts), forwarding(3)]);
  expect(reconciler.state(refTo(S, tap))).toEqual({ refused: full.text });
  expect(reconciler.progress(S)).toMatchObject({ pending: 0, refused: 1 });
  expect(fake.tables.flows.size).toBe(2);
  fake.refuses = () => undefined;
  reconciler.edit(S, { delete: [flowKey(tap)] });
  reconciler.edit(S, { set: [tap] });
  await reconciler.settled();
  expect(reconciler.state(refTo(S, tap))).toBe("confirmed");
});

for (const fault of ["drop before", "drop after"] as const) {
  test(`a connection lost with a meter in flight (${fault} it is added)`, async () => {
    fake.onDrop = (lost) => reconciler.disconnect(S, lost);
    fake.faults.push(fault);
    const tap = metered(1, slow);
    await start([tap]);
    expect(reconciler.progress(S)).toMatchObject({ connected: false, pending: 1 });
    reconciler.connect(S, fake.connect());
    await reconciler.settled();
    expect(reconciler.state(refTo(S, tap))).toBe("confirmed");
    expect(kinds()).toEqual(["meter add", "flow add"]);
  });
}

test("another application deleted a meter, and the switch the entries that used it", async () => {
  const tap = metered(1, slow);
  await start([tap]);
  fake.tamper((tables) => {
    for (const id of tables.meters.keys()) tables.deleteMeter(id);
  });
  expect(fake.tables.flows.size).toBe(0);
  reconciler.edit(S, { set: [metered(2, slow)] });
  await reconciler.settled();
  expect(fake.tables.flows.size).toBe(2);
  expect(fake.tables.meters.size).toBe(1);
});

test("a meter is deleted while its user is in flight: retried, though no culprit is named", async () => {
  await start([forwarding(1)]);
  fake.namesCulprit = false;
  let done = false;
  // After the meter is there and before the bundle that needs it.
  fake.onChange = () => {
    if (!done)
      fake.tamper((tables) => [...tables.meters.keys()].map((id) => tables.deleteMeter(id)));
    done = true;
  };
  const tap = metered(2, slow);
  reconciler.edit(S, { set: [tap] });
  await reconciler.settled();
  expect(reconciler.state(refTo(S, tap))).toBe("confirmed");
  expect(fake.tables.meters.size).toBe(1);
});
