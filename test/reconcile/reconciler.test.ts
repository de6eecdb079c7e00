// SPDX-License-Identifier: Apache-2.0

import { beforeEach, describe, expect, test } from "vitest";
import { type EntryRef, flowKey } from "../../src/flow-model/index.ts";
import { output } from "../../src/openflow/index.ts";
import { Reconciler } from "../../src/reconcile/index.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { unslicedQueue } from "./at-once.ts";
import { closedAfterTest } from "./closed-after-test.ts";
import { FakeSwitch, failed } from "./fake-switch.ts";
import {
  copy,
  dpidOf,
  forwarding,
  original,
  recovery,
  refTo,
  rewriting,
  transit,
} from "./specs.ts";

const S = dpidOf(1);
const R = dpidOf(2);

let sender: FakeSwitch;
let receiver: FakeSwitch;
let changed: EntryRef[];
let reconciler: Reconciler;

function connect(dpid = S, fake = sender) {
  const channel = fake.connect();
  fake.onDrop = (dropped) => reconciler.disconnect(dpid, dropped);
  reconciler.connect(dpid, channel);
  return channel;
}

beforeEach(() => {
  sender = new FakeSwitch();
  receiver = new FakeSwitch();
  changed = [];
  reconciler = closedAfterTest(
    new Reconciler({
      queue: unslicedQueue(),
      logger: silentLogger,
      events: { changed: (refs) => changed.push(...refs) },
    }),
  );
  reconciler.allowSweep();
});

const needed = refTo(R, recovery(1));
const tap = rewriting(1, [original(), copy(1, [needed])]);

describe("one switch", () => {
  test("entries of one edit go in one bundle, groups first", async () => {
    connect();
    await reconciler.settled();
    reconciler.edit(S, { set: [rewriting(1, [original(), copy(1)]), forwarding(2)] });
    await reconciler.settled();
    expect(sender.commits).toBe(1);
    expect(sender.log.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
      "group add",
      "flow add",
      "flow add",
    ]);
    expect(reconciler.state(refTo(S, forwarding(2)))).toBe("confirmed");
    expect(changed).toContain(refTo(S, forwarding(2)));
  });

  test("a second controller finds nothing to do", async () => {
    const set = [rewriting(1, [original(), copy(1)]), rewriting(2, [original()]), forwarding(2)];
    reconciler.edit(S, { set });
    connect();
    await reconciler.settled();
    const again = closedAfterTest(
      new Reconciler({
        queue: unslicedQueue(),
        logger: silentLogger,
        events: { changed: () => undefined },
      }),
    );
    again.allowSweep();
    again.edit(S, { set: structuredClone(set) });
    again.connect(S, sender.connect());
    await again.settled();
    expect(again.progress(S)).toEqual({
      connected: true,
      synced: true,
      pending: 0,
      refused: 0,
      modsSent: 0,
      repairs: { audit: 0, resync: 0 },
    });
  });

  test("undesired entries are removed once the first compile is in; foreign ones stay", async () => {
    reconciler.edit(S, { set: [rewriting(1, [original(), copy(1)]), forwarding(2)] });
    connect();
    await reconciler.settled();
    const foreign = forwarding(9);
    sender.putForeign(foreign);
    sender.tamper(({ groups }) => groups.set(7, { id: 7, type: 0, buckets: [] }));
    const next = closedAfterTest(
      new Reconciler({
        queue: unslicedQueue(),
        logger: silentLogger,
        events: { changed: () => undefined },
      }),
    );
    next.edit(S, { set: [forwarding(2)] });
    next.connect(S, sender.connect());
    await next.settled();
    expect(sender.tables.flows.size).toBe(3);
    next.allowSweep();
    await next.settled();
    expect([...sender.tables.flows.keys()]).toEqual([flowKey(forwarding(2)), flowKey(foreign)]);
    expect([...sender.tables.groups.keys()]).toEqual([7]);
  });

  test("a group is shared by content and goes with its last user", async () => {
    connect();
    const buckets = [original(), copy(1)];
    reconciler.edit(S, { set: [rewriting(1, buckets), rewriting(2, buckets)] });
    await reconciler.settled();
    expect(sender.tables.groups.size).toBe(1);
    reconciler.edit(S, { delete: [flowKey(rewriting(1, buckets))] });
    await reconciler.settled();
    expect(sender.tables.groups.size).toBe(1);
    reconciler.edit(S, { delete: [flowKey(rewriting(2, buckets))] });
    await reconciler.settled();
    expect(sender.tables.groups.size).toBe(0);
  });

  test("nested groups are added before and deleted after those that use them", async () => {
    connect();
    const flood = { type: "useGroup" as const, group: { buckets: [original(4), original(5)] } };
    const nested = rewriting(1, [{ role: "original", actions: [flood] }, copy(1)]);
    reconciler.edit(S, { set: [nested, { ...forwarding(1), actions: [flood] }] });
    await reconciler.settled();
    expect(sender.tables.groups.size).toBe(2);
    reconciler.edit(S, { delete: [flowKey(nested), flowKey(forwarding(1))] });
    await reconciler.settled();
    expect(sender.dump()).toEqual(["0 groups"]);
  });

  test("changed actions modify the entry in place", async () => {
    connect();
    reconciler.edit(S, { set: [forwarding(1, 1)] });
    await reconciler.settled();
    reconciler.edit(S, { set: [forwarding(1, 2)] });
    await reconciler.settled();
    expect(sender.log.at(-1)).toMatch(/^flow modify/);
  });

  test("edits during a round go into the next", async () => {
    connect();
    reconciler.edit(S, { set: [forwarding(1, 1)] });
    await Promise.resolve();
    for (let port = 2; port < 20; port++) reconciler.edit(S, { set: [forwarding(1, port)] });
    await reconciler.settled();
    expect(sender.dump().join()).toContain('"port":19');
    expect(sender.commits).toBeLessThanOrEqual(2);
  });

  test("an id taken by an unknown group is avoided after reading again", async () => {
    connect();
    await reconciler.settled();
    const spec = rewriting(1, [original(), copy(1)]);
    reconciler.edit(S, { set: [spec] });
    await reconciler.settled();
    const [id] = sender.tables.groups.keys();
    reconciler.edit(S, { delete: [flowKey(spec)] });
    await reconciler.settled();
    sender.tamper(({ groups }) => groups.set(id ?? 0, { id: id ?? 0, type: 1, buckets: [] }));
    reconciler.edit(S, { set: [spec] });
    await reconciler.settled();
    expect(reconciler.state(refTo(S, spec))).toBe("confirmed");
    expect(sender.tables.flows.size).toBe(1);
  });

  test("a switch without bundles gets the same in steps", async () => {
    sender.bundles = false;
    connect();
    reconciler.edit(S, { set: [rewriting(1, [original(), copy(1)]), forwarding(2)] });
    await reconciler.settled();
    reconciler.edit(S, { set: [rewriting(1, [original(), copy(2)])] });
    await reconciler.settled();
    expect(sender.tables.groups.size).toBe(1);
    expect(reconciler.progress(S)).toMatchObject({ pending: 0 });
  });
});

describe("entries refused by the switch", () => {
  const full = failed("OUT_OF_GROUPS");

  for (const namesCulprit of [true, false]) {
    test(`refused entries do not block the other ones (culprit ${namesCulprit ? "" : "not "}named)`, async () => {
      const bad = new Set([3, 500, 501, 502, 777, 999].map((n) => flowKey(forwarding(n))));
      sender.namesCulprit = namesCulprit;
      sender.refuses = (message) =>
        message.type === "flowMod" && bad.has(flowKey({ ...message, table: 0 })) ? full : undefined;
      connect();
      const specs = Array.from({ length: 1000 }, (_, n) => forwarding(n));
      reconciler.edit(S, { set: specs });
      await reconciler.settled();
      expect(reconciler.progress(S)).toMatchObject({ pending: 0, refused: bad.size });
      expect(sender.tables.flows.size).toBe(1000 - bad.size);
      expect(reconciler.state(refTo(S, forwarding(3)))).toEqual({ refused: full.text });
      expect(sender.received).toBeLessThan(20_000);
      // Another spec, or reading again, makes it try again.
      sender.refuses = () => undefined;
      reconciler.edit(S, { set: [forwarding(3)] });
      await reconciler.settled();
      expect(reconciler.state(refTo(S, forwarding(3)))).toBe("confirmed");
      reconciler.resync(S);
      await reconciler.settled();
      expect(reconciler.progress(S)).toMatchObject({ pending: 0, refused: 0 });
    });
  }

  test("entries of a refused group are refused; base forwarding takes over", async () => {
    connect();
    reconciler.edit(S, { set: [rewriting(1, [original(), copy(1)]), forwarding(2)] });
    await reconciler.settled();
    sender.refuses = (message) =>
      message.type === "groupMod" && message.buckets.length === 3 ? full : undefined;
    const changedTap = rewriting(1, [original(), copy(1), copy(2)]);
    reconciler.edit(S, { set: [changedTap] });
    await reconciler.settled();
    expect(reconciler.state(refTo(S, changedTap))).toEqual({ refused: full.text });
    expect([...sender.tables.flows.keys()]).toEqual([flowKey(forwarding(2))]);
    expect(sender.tables.groups.size).toBe(0);
  });

  test("an entry that is not desired is never confirmed, and leaving until it is removed", async () => {
    const ref = refTo(S, forwarding(2));
    expect([reconciler.state(ref), reconciler.isLeaving(ref)]).toEqual(["pending", false]);
    reconciler.edit(S, { set: [forwarding(2)] });
    connect();
    await reconciler.settled();
    reconciler.edit(S, { delete: [flowKey(forwarding(2))] });
    expect([reconciler.state(ref), reconciler.isLeaving(ref)]).toEqual(["pending", true]);
    await reconciler.settled();
    expect([reconciler.state(ref), reconciler.isLeaving(ref)]).toEqual(["pending", false]);
  });

  test("a refused deletion is not repeated forever", async () => {
    connect();
    reconciler.edit(S, { set: [forwarding(2), rewriting(1, [original(), copy(1)])] });
    await reconciler.settled();
    sender.refuses = (message) => (message.type === "groupMod" ? full : undefined);
    reconciler.edit(S, { delete: [flowKey(rewriting(1, [])), flowKey(forwarding(2))] });
    await reconciler.settled();
    expect(sender.tables.flows.size).toBe(0);
    expect(sender.tables.groups.size).toBe(1);
    sender.refuses = () => full;
    reconciler.edit(S, { set: [forwarding(2)] });
    await reconciler.settled();
    reconciler.edit(S, { delete: [flowKey(forwarding(2))] });
    await reconciler.settled();
    expect(sender.received).toBeLessThan(20);
    expect(reconciler.progress(S)).toMatchObject({ pending: 0 });
  });
});

describe("across switches", () => {
  test("a copy waits for its dependencies, and they stay as long as the copy", async () => {
    connect();
    reconciler.edit(S, { set: [tap, forwarding(2)] });
    reconciler.edit(R, { set: [recovery(1)] });
    await reconciler.settled();
    expect([...sender.tables.flows.keys()]).toEqual([flowKey(forwarding(2))]);
    expect(reconciler.state(refTo(S, tap))).toBe("pending");
    connect(R, receiver);
    await reconciler.settled();
    expect(reconciler.state(refTo(S, tap))).toBe("confirmed");
    // The sender's switch is slow: the recovery rule waits for it.
    sender.delay = () => 5;
    let early = false;
    receiver.onChange = () => {
      early ||= receiver.tables.flows.size === 0 && sender.tables.groups.size > 0;
    };
    reconciler.edit(R, { delete: [flowKey(recovery(1))] });
    reconciler.edit(S, { delete: [flowKey(tap)] });
    await reconciler.settled();
    expect(early).toBe(false);
    expect(receiver.tables.flows.size).toBe(0);
    expect(sender.tables.groups.size).toBe(0);
  });

  test("a path changes when the new one is installed; the old one stays until then", async () => {
    const O = dpidOf(3);
    const old = new FakeSwitch();
    connect();
    connect(O, old);
    const path = (port: number, next: EntryRef) => transit(1, port, [next]);
    reconciler.edit(O, { set: [transit(1, 7)] });
    reconciler.edit(S, { set: [path(1, refTo(O, transit(1, 7)))] });
    await reconciler.settled();
    const there = () =>
      [...sender.tables.flows.values()].map((flow) => JSON.stringify(flow.instructions));
    expect(there().join()).toContain('"port":1');
    // The desired path now passes R, which is down.
    const next = path(2, refTo(R, transit(1, 9)));
    reconciler.edit(S, { set: [next] });
    reconciler.edit(R, { set: [transit(1, 9)] });
    reconciler.edit(O, { delete: [flowKey(transit(1, 7))] });
    await reconciler.settled();
    expect(there().join()).toContain('"port":1');
    expect(old.tables.flows.size).toBe(1);
    expect(reconciler.state(refTo(S, next))).toBe("pending");
    let early = false;
    sender.onChange = () => {
      early ||= receiver.tables.flows.size === 0;
    };
    receiver.delay = () => 5;
    connect(R, receiver);
    await reconciler.settled();
    expect(early).toBe(false);
    expect(there().join()).toContain('"port":2');
    expect(old.tables.flows.size).toBe(0);
    expect(reconciler.state(refTo(S, next))).toBe("confirmed");
  });

  test("a switch that is gone keeps no entries for copies that no longer reach it", async () => {
    const O = dpidOf(3);
    connect();
    const channel = connect(O, new FakeSwitch());
    connect(R, receiver);
    const passing = transit(1, 7, [refTo(R, recovery(1))]);
    const from = (needs: readonly EntryRef[], port: number) =>
      rewriting(1, [original(), copy(1, needs, port)]);
    reconciler.edit(R, { set: [recovery(1)] });
    reconciler.edit(O, { set: [passing] });
    reconciler.edit(S, { set: [from([refTo(O, passing)], 9)] });
    await reconciler.settled();
    expect(reconciler.state(refTo(S, tap))).toBe("confirmed");
    reconciler.disconnect(O, channel);
    reconciler.edit(O, { delete: [flowKey(passing)] });
    reconciler.edit(R, { delete: [flowKey(recovery(1))] });
    await reconciler.settled();
    // Copies still pass there.
    expect(receiver.tables.flows.size).toBe(1);
    reconciler.edit(S, { delete: [flowKey(tap)] });
    await reconciler.settled();
    expect(receiver.tables.flows.size).toBe(0);
    expect(reconciler.progress(R)).toMatchObject({ pending: 0 });
  });

  test("a tap sends copies on the old path until the new one is installed", async () => {
    const [O, M] = [dpidOf(3), dpidOf(4)];
    const [other, monitor] = [new FakeSwitch(), new FakeSwitch()];
    connect();
    connect(O, other);
    connect(M, monitor);
    const end = refTo(M, recovery(1));
    const by = (at: typeof O, port: number) => ({
      ...copy(1, [end, refTo(at, transit(1, 5))], port),
      copyOf: "monitor 1",
    });
    const sent = () => [...sender.tables.groups.values()].map(({ buckets }) => buckets.length);
    const ports = () => JSON.stringify([...sender.tables.groups.values()]);
    reconciler.edit(M, { set: [recovery(1)] });
    reconciler.edit(O, { set: [transit(1, 5)] });
    reconciler.edit(S, { set: [rewriting(1, [original(), by(O, 7)])] });
    await reconciler.settled();
    expect(ports()).toContain('"port":7');
    // The desired path now passes R, which is down.
    const next = rewriting(1, [original(), by(R, 8)]);
    reconciler.edit(O, { delete: [flowKey(transit(1, 5))] });
    reconciler.edit(R, { set: [transit(1, 5)] });
    reconciler.edit(S, { set: [next] });
    await reconciler.settled();
    expect(ports()).toContain('"port":7');
    expect(other.tables.flows.size).toBe(1);
    expect(reconciler.state(refTo(S, next))).toBe("pending");
    let gaps = 0;
    sender.onChange = () => {
      if (!sent().includes(2)) gaps++;
    };
    connect(R, receiver);
    await reconciler.settled();
    expect(gaps).toBe(0);
    expect(ports()).toContain('"port":8');
    expect(ports()).not.toContain('"port":7');
    expect(other.tables.flows.size).toBe(0);
    expect(reconciler.state(refTo(S, next))).toBe("confirmed");
    // The copies are no longer recovered: they end at once, wherever they would go next.
    reconciler.edit(M, { delete: [flowKey(recovery(1))] });
    const nowhere = { ...copy(1, [refTo(O, recovery(2))], 7), copyOf: "monitor 1" };
    reconciler.edit(S, { set: [rewriting(1, [original(), nowhere])] });
    await reconciler.settled();
    expect(sender.tables.groups.size).toBe(0);
    expect(monitor.tables.flows.size).toBe(0);
  });

  test("paths that are reversed leave no entries behind", async () => {
    connect();
    const channel = connect(R, receiver);
    const [here, there] = [refTo(S, transit(1, 1)), refTo(R, transit(1, 1))];
    reconciler.edit(S, { set: [transit(1, 1, [there])] });
    reconciler.edit(R, { set: [transit(1, 1)] });
    await reconciler.settled();
    reconciler.edit(S, { set: [transit(1, 2)] });
    reconciler.edit(R, { set: [transit(1, 2, [here])] });
    reconciler.disconnect(R, channel);
    await reconciler.settled();
    receiver.restart();
    connect(R, receiver);
    await reconciler.settled();
    expect(reconciler.progress(R)).toMatchObject({ pending: 0 });
    reconciler.edit(S, { delete: [flowKey(transit(1, 2))] });
    reconciler.edit(R, { delete: [flowKey(transit(1, 2))] });
    await reconciler.settled();
    expect([sender.tables.flows.size, receiver.tables.flows.size]).toEqual([0, 0]);
  });

  test("one copy waits while the other works", async () => {
    connect();
    connect(R, receiver);
    const other = refTo(dpidOf(3), recovery(3));
    const both = rewriting(1, [original(), copy(1, [needed]), copy(3, [other])]);
    reconciler.edit(R, { set: [recovery(1)] });
    reconciler.edit(dpidOf(3), { set: [recovery(3)] });
    reconciler.edit(S, { set: [both] });
    await reconciler.settled();
    expect([...sender.tables.groups.values()].map(({ buckets }) => buckets.length)).toEqual([2]);
    expect(reconciler.state(refTo(S, both))).toBe("pending");
    connect(dpidOf(3), new FakeSwitch());
    await reconciler.settled();
    expect([...sender.tables.groups.values()].map(({ buckets }) => buckets.length)).toEqual([3]);
    expect(reconciler.state(refTo(S, both))).toBe("confirmed");
  });

  test("entries that recover copies stay until every expected switch has been read", async () => {
    connect();
    connect(R, receiver);
    reconciler.edit(R, { set: [recovery(1), forwarding(2)] });
    reconciler.edit(S, { set: [tap] });
    await reconciler.settled();
    // The policy is deleted while no controller runs; the switch that makes its copies returns late.
    const next = closedAfterTest(
      new Reconciler({
        queue: unslicedQueue(),
        logger: silentLogger,
        events: { changed: () => undefined },
      }),
    );
    next.expect([S, R]);
    next.allowSweep();
    next.connect(R, receiver.connect());
    await next.settled();
    expect([...receiver.tables.flows.keys()]).toEqual([flowKey(recovery(1))]);
    receiver.onChange = () => {
      expect(sender.tables.flows.size).toBe(0);
    };
    next.connect(S, sender.connect());
    await next.settled();
    expect([sender.tables.flows.size, receiver.tables.flows.size]).toEqual([0, 0]);
  });

  test("a restarted controller removes nothing before it has read the other switch", async () => {
    connect();
    connect(R, receiver);
    reconciler.edit(R, { set: [recovery(1)] });
    reconciler.edit(S, { set: [tap] });
    await reconciler.settled();
    const before = sender.log.length;
    const next = closedAfterTest(
      new Reconciler({
        queue: unslicedQueue(),
        logger: silentLogger,
        events: { changed: () => undefined },
      }),
    );
    next.edit(R, { set: [recovery(1)] });
    next.edit(S, { set: [tap] });
    next.allowSweep();
    next.connect(S, sender.connect());
    await next.settled();
    next.connect(R, receiver.connect());
    await next.settled();
    expect(sender.log.length).toBe(before);
    expect(next.state(refTo(S, tap))).toBe("confirmed");
  });

  test("a switch returns empty: copies stop until it is ready again", async () => {
    connect();
    const channel = connect(R, receiver);
    reconciler.edit(R, { set: [recovery(1)] });
    reconciler.edit(S, { set: [tap, { ...forwarding(1), actions: [output(1)] }] });
    await reconciler.settled();
    reconciler.disconnect(R, channel);
    await reconciler.settled();
    expect(reconciler.state(needed)).toBe("pending");
    expect(sender.tables.groups.size).toBe(1);
    receiver.restart();
    connect(R, receiver);
    await reconciler.settled();
    expect(receiver.tables.flows.size).toBe(1);
    expect(sender.tables.groups.size).toBe(1);
    expect(sender.log.filter((line) => line.startsWith("flow delete")).length).toBe(1);
    expect(reconciler.state(refTo(S, tap))).toBe("confirmed");
  });

  test("stale copies of a previous process end before the entries they rely on", async () => {
    connect();
    connect(R, receiver);
    reconciler.edit(R, { set: [recovery(1)] });
    reconciler.edit(S, { set: [tap] });
    await reconciler.settled();
    const next = closedAfterTest(
      new Reconciler({
        queue: unslicedQueue(),
        logger: silentLogger,
        events: { changed: () => undefined },
      }),
    );
    next.allowSweep();
    sender.delay = () => 5;
    let early = false;
    receiver.onChange = () => {
      early ||= sender.tables.flows.size > 0;
    };
    next.connect(S, sender.connect());
    for (let turn = 0; turn < 8; turn++) await new Promise(setImmediate);
    next.connect(R, receiver.connect());
    await next.settled();
    expect(early).toBe(false);
    expect(sender.dump()).toEqual(["0 groups"]);
    expect(receiver.dump()).toEqual(["0 groups"]);
  });
});

describe("lost connections", () => {
  for (const fault of ["drop before", "drop after"] as const) {
    test(`${fault} the switch acts: its tables are read again, then only missing entries are sent`, async () => {
      connect();
      await reconciler.settled();
      sender.faults.push(fault);
      reconciler.edit(S, { set: [forwarding(1), rewriting(1, [original(), copy(1)])] });
      await reconciler.settled();
      expect(reconciler.progress(S)).toMatchObject({ connected: false, pending: 2 });
      connect();
      await reconciler.settled();
      expect(reconciler.progress(S)).toMatchObject({ pending: 0 });
      expect(sender.log.length).toBe(3);
    });
  }
});
