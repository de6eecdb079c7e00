// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { QueueClosedError } from "../../../src/runtime/index.ts";
import { CAUSE, MemoryPolicyStore, standAlone } from "../stand-alone.ts";

const POLICY = { sender: { host: "h1" }, receiver: { host: "h2" }, monitors: [{ host: "h3" }] };
/** Each pair of these needs a rule for the frames that both match. */
const CROSSING = [{ tcp_dst: 80 }, { tcp_src: 1000 }, { ip_dscp: 46 }].map((filters) => ({
  ...POLICY,
  filters,
}));

test("concurrent writes together keep within the limit that applies to each", async () => {
  const store = new MemoryPolicyStore();
  const { parts, port } = await standAlone(store, { intersectionsPerSwitch: 0 });
  const writes = CROSSING.map((policy, n) => port.putPolicy({ ...policy, id: `p${n}` }, {}, CAUSE));
  const outcomes = await Promise.all(writes);
  expect(outcomes.map(({ type }) => type)).toEqual(["created", "conflict", "conflict"]);
  expect([...store.documents.keys()]).toEqual(["p0"]);
  const [kept] = parts.registry.values();
  expect(kept && parts.compilation.plan(kept.policy.id)?.problems).toEqual([]);
});

test("writes of one round are checked against each other", async () => {
  const store = new MemoryPolicyStore();
  const { port } = await standAlone(store, { intersectionsPerSwitch: 0 });
  await port.putPolicy({ ...CROSSING[0], id: "p0" }, {}, CAUSE);
  expect((await port.putPolicy({ ...CROSSING[1], id: "p1" }, {}, CAUSE)).type).toBe("conflict");
  const writes = [
    // A round of its own; the others wait for it.
    { ...POLICY, sender: { host: "h2" }, receiver: { host: "h1" }, id: "p9" },
    // The crossing policy is replaced by one that equals the next and crosses the last.
    { ...CROSSING[1], id: "p0" },
    { ...CROSSING[1], id: "p1" },
    { ...CROSSING[0], id: "p3" },
  ].map((document) => port.putPolicy(document, {}, CAUSE));
  const types = (await Promise.all(writes)).map(({ type }) => type);
  expect(types).toEqual(["created", "replaced", "created", "conflict"]);
});

test("waiting writes reach the disk together", async () => {
  const store = new MemoryPolicyStore();
  const { port } = await standAlone(store);
  const writes = Array.from({ length: 20 }, (_, n) =>
    port.putPolicy({ ...POLICY, filters: { tcp_dst: 1000 + n }, id: `p${n}` }, {}, CAUSE),
  );
  const outcomes = await Promise.all(writes);
  expect(new Set(outcomes.map(({ type }) => type))).toEqual(new Set(["created"]));
  // The first is written alone; how many wait by then depends on the machine.
  expect(store.writing.most).toBeGreaterThan(1);
});

test("a write that fails on disk does not block the others", async () => {
  const store = new MemoryPolicyStore();
  const { parts, call } = await standAlone(store);
  store.failure = new Error("no space left on device");
  const writes = [0, 1, 2].map((n) => call(`PUT /policies/p${n}`, POLICY));
  const statuses = (await Promise.all(writes)).map(({ status }) => status);
  expect(statuses.sort()).toEqual([201, 201, 503]);
  expect(parts.registry.size).toBe(2);
});

test("a stop ends the writes that the disk has not begun; those that it has are in effect", async () => {
  const store = new MemoryPolicyStore();
  const { parts, port } = await standAlone(store);
  const { put } = store;
  const isWriting = new Promise<void>((resolve) => {
    store.put = (...args) => {
      resolve();
      return put.apply(store, args);
    };
  });
  const writes = Array.from({ length: 20 }, (_, n) =>
    port.putPolicy({ ...POLICY, id: `p${n}` }, {}, CAUSE),
  );
  const outcomes = Promise.allSettled(writes);
  await isWriting;
  port.abandon();
  const group = port.putGroup({ id: "late", members: ["10.0.0.1"] }, {}, CAUSE);
  await expect(group).rejects.toBeInstanceOf(QueueClosedError);
  const ended = (await outcomes).map((each) => {
    return each.status === "fulfilled" ? each.value.type : each.reason.constructor;
  });
  expect(new Set(ended)).toEqual(new Set(["created", QueueClosedError]));
  const created = ended.flatMap((each, n) => (each === "created" ? [`p${n}`] : []));
  expect([...store.documents.keys()]).toEqual(created);
  expect([...parts.registry.values()].map(({ policy }) => policy.id)).toEqual(created);
});
