// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import {
  CounterRecords,
  type CountersWrite,
  HostRecords,
  openLevelStore,
} from "../../../src/store/index.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const DPID = "00000000000000a1";

function policy(id: string, copied: number): CountersWrite["policies"][number] {
  const total = [copied, copied * 100, copied, copied * 100, 0] as const;
  return {
    id,
    born: "b",
    since: "2026-01-01T00:00:00.000Z",
    trails: 7,
    total,
    monitors: { m: total },
  };
}

function readings(part: number, ...packets: number[]): CountersWrite["entries"][number] {
  return {
    dpid: DPID,
    part,
    readings: packets.map((count, n) => ({
      cookie: `0fa000000000000${n}`,
      packets: count,
      bytes: count * 100,
      durationMs: 1000,
      bornAt: 1_795_000_000_000,
      group: n - 1,
      waiting: [{ mark: "ethDst=1,ethSrc=2", packets: 3, bytes: 300, policies: ["web"] }],
      early: n,
    })),
  };
}

const NOTHING: CountersWrite = { policies: [], removed: [], entries: [] };

test("counters survive a restart unchanged", async () => {
  const directory = temporaryDirectory();
  const store = await openLevelStore(directory);
  const written = {
    policies: [policy("a", 1), { ...policy("b", 2), miscounted: ["m"] }],
    removed: [],
    entries: [readings(0, 1, 2), readings(11, 3)],
  };
  await new CounterRecords(store).write(written);
  await store.close();
  const reopened = await openLevelStore(directory);
  const { policies, entries } = await new CounterRecords(reopened).load();
  expect(policies).toEqual(written.policies);
  expect([...entries].sort((x, y) => x.part - y.part)).toEqual(written.entries);
  await reopened.close();
});

test("a part is replaced as a whole, and deleted when it is empty", async () => {
  const store = await openLevelStore(temporaryDirectory());
  const counters = new CounterRecords(store);
  await counters.write({ ...NOTHING, entries: [readings(0, 1, 2), readings(1, 5)] });
  await counters.write({ ...NOTHING, entries: [readings(0, 9)] });
  expect((await counters.load()).entries).toEqual([readings(0, 9), readings(1, 5)]);
  await counters.write({ ...NOTHING, entries: [readings(0), readings(1)] });
  expect((await counters.load()).entries).toEqual([]);
  await store.close();
});

test("counters of a removed policy are deleted, and no others", async () => {
  const store = await openLevelStore(temporaryDirectory());
  const counters = new CounterRecords(store);
  const host = { mac: "fa:00:00:00:00:01" };
  await new HostRecords(store).write(new Map([[host.mac, host]]), []);
  await counters.write({ ...NOTHING, policies: [policy("a", 1), policy("b", 2)] });
  await counters.write({ ...NOTHING, removed: ["a", "never"] });
  expect((await counters.load()).policies).toEqual([policy("b", 2)]);
  expect(await new HostRecords(store).load()).toHaveLength(1);
  await store.close();
});

test("totals and readings are written atomically", async () => {
  const store = await openLevelStore(temporaryDirectory());
  const revisions = new Set<number>();
  store.watch({ from: "counters/", until: "counters0" }, (event) => {
    revisions.add(event.type === "put" ? event.entry.revision : event.revision);
  });
  const policies = Array.from({ length: 3000 }, (_, n) => policy(`p${n}`, n));
  await new CounterRecords(store).write({ policies, removed: [], entries: [readings(0, 1)] });
  await store.close();
  expect(revisions.size).toBe(1);
});

test.each([
  ["a total too short", "policy/p", { born: "b", since: "s", trails: 1, total: [1], monitors: {} }],
  ["a count below zero", `switch/${DPID}/0`, { readings: [["0fa0000000000001", -1, 0, 0, 0, 0]] }],
  ["a cookie that is none", `switch/${DPID}/0`, { readings: [["x", 1, 0, 0, 0, 0]] }],
])("a record that is damaged is named: %s", async (_what, key, value) => {
  const store = await openLevelStore(temporaryDirectory());
  await store.put(`counters/${key}`, { version: 1, ...value });
  await expect(new CounterRecords(store).load()).rejects.toMatchObject({
    code: "corrupt",
    message: expect.stringContaining(`counters/${key}`),
  });
  await store.close();
});
