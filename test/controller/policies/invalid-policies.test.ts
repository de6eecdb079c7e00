// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { MemoryPolicyStore, standAlone } from "../stand-alone.ts";

const POLICY = { sender: { host: "h1" }, receiver: { host: "h2" }, monitors: [{ host: "h3" }] };

/** A store with a valid policy and one that is no longer valid. */
async function afterAnUpgrade() {
  const store = new MemoryPolicyStore();
  store.keep("good", { id: "good", ...POLICY });
  store.keep("bad", { id: "bad", ...POLICY, filters: { colour: "blue" } });
  return { store, ...(await standAlone(store)) };
}

test("a stored policy that is no longer valid is shown with its problems", async () => {
  const { call } = await afterAnUpgrade();
  const { status, body } = await call("GET /policies/bad");
  expect(status).toBe(200);
  expect(body.filters).toEqual({ colour: "blue" });
  expect(body.status.state).toBe("error");
  expect(body.status.reasons).toEqual([expect.stringContaining("/filters/colour")]);
  const listed = (await call("GET /policies")).body.items;
  expect(listed.map(({ id }: { id: string }) => id)).toEqual(["bad", "good"]);
  expect((await call("GET /policies?state=error")).body.items).toHaveLength(1);
  expect((await call("GET /policies/bad/counters")).status).toBe(200);
  const { policies } = (await call("GET /status")).body;
  expect(policies).toMatchObject({ total: 2, byState: { error: 1, pending: 1 } });
});

test("it can be deleted", async () => {
  const { store, call } = await afterAnUpgrade();
  expect((await call("DELETE /policies/bad")).status).toBe(204);
  expect((await call("GET /policies/bad")).status).toBe(404);
  expect((await call("GET /policies")).body.items).toHaveLength(1);
  expect([...store.documents.keys()]).toEqual(["good"]);
});

test("it can be replaced, patched, and not created", async () => {
  const { call } = await afterAnUpgrade();
  expect((await call("POST /policies", { id: "bad", ...POLICY })).status).toBe(409);
  const { status, body } = await call("PATCH /policies/bad", { filters: null });
  expect(status).toBe(200);
  expect(body.status.state).not.toBe("error");
  expect((await call("GET /status")).body.policies).toMatchObject({ byState: { error: 0 } });
  expect((await call("PUT /policies/bad", { ...POLICY, enabled: false })).body.status.state).toBe(
    "disabled",
  );
  expect((await call("GET /policies")).body.items).toHaveLength(2);
});

const OF_DMZ = { ...POLICY, sender: { group: "dmz" } };
const DMZ = { id: "dmz", members: [{ host: "h1" }] };

/** Applies a set and returns the answer when it is compiled. */
async function applied({ call, parts }: Awaited<ReturnType<typeof standAlone>>, set: object) {
  const answer = await call("POST /policies:apply", set);
  await parts.desired.idle();
  return answer;
}

test("a set with a group revives the invalid policies that fit it, in its own change", async () => {
  const store = new MemoryPolicyStore();
  store.keep("late", { id: "late", ...OF_DMZ });
  store.keep("blue", { id: "blue", ...OF_DMZ, filters: { colour: "blue" } });
  store.keep("self", { id: "self", ...OF_DMZ, monitors: [{ host: "h1" }] });
  const alone = await standAlone(store);
  const { call, parts } = alone;
  const set = { groups: [DMZ], policies: [{ ...POLICY, id: "own", filters: { tcp_dst: 80 } }] };
  const plan = await call("POST /policies:validate", set);
  expect(plan.body.effects).toMatchObject([
    {
      id: "late",
      why: expect.arrayContaining(["it names groups whose members may change: dmz"]),
      changes: expect.arrayContaining([
        expect.objectContaining({
          what: "state",
          before: ["error", expect.stringContaining('there is no group "dmz"')],
        }),
        { what: "copies", before: [], after: [expect.any(String)] },
      ]),
    },
  ]);
  const { changes } = parts.desired;
  const answer = await applied(alone, set);
  expect([answer.status, answer.body.effects]).toEqual([200, plan.body.effects]);
  expect(parts.desired.changes).toBe(changes + 1);
  const statusOf = async (id: string) => (await call(`GET /policies/${id}`)).body.status;
  expect((await statusOf("late")).state).toBe("pending");
  expect(await statusOf("self")).toEqual({
    state: "error",
    reasons: [expect.stringContaining("is also the policy's sender")],
  });
  expect((await statusOf("blue")).reasons).toEqual([expect.stringContaining("/filters/colour")]);
  expect((await call("GET /policies/late")).body.revision).toBe(1);
});

test("a group that an invalid policy names is pruned only if the set replaces or prunes that policy", async () => {
  const [store, groups] = [new MemoryPolicyStore(), new MemoryPolicyStore()];
  groups.keep("dmz", DMZ, "default");
  const invalid = { ...OF_DMZ, filters: { colour: "blue" } };
  store.keep("by-hand", { id: "by-hand", ...invalid });
  store.keep("of-set", { id: "of-set", ...invalid }, "default");
  const alone = await standAlone(store, {}, groups);
  const rejected = await applied(alone, { policies: [], prune: true });
  const detail = 'policy "by-hand" names group "dmz", which the set prunes';
  expect([rejected.status, rejected.body.errors]).toMatchObject([409, [{ detail }]]);
  expect([...store.documents.keys(), ...groups.documents.keys()]).toHaveLength(3);
  const set = { policies: [{ id: "by-hand", ...POLICY }], prune: true };
  const { status, body } = await applied(alone, set);
  expect([status, body.policies, body.groups]).toMatchObject([
    200,
    [
      { id: "by-hand", result: "updated" },
      { id: "of-set", result: "deleted" },
    ],
    [{ id: "dmz", result: "deleted" }],
  ]);
});

test("an invalid policy for which there is no room rejects neither a set nor a group", async () => {
  const limits = { intersectionsPerSwitch: 100 };
  const ports = Array.from({ length: 20 }, (_, n) => 1001 + 2 * n);
  const store = new MemoryPolicyStore();
  // Its id is the first: a compile of everything gives it the room before the others.
  store.keep("a", { id: "a", ...OF_DMZ, filters: { tcp_src: ports } });
  const alone = await standAlone(store, limits);
  const { call, parts } = alone;
  const wide = { ...POLICY, id: "wide", filters: { tcp_dst: ports } };
  expect((await applied(alone, { groups: [DMZ], policies: [wide] })).status).toBe(200);
  const left = (await call("GET /policies/a")).body.status;
  expect([left.state, left.reasons]).toEqual(["error", [expect.stringContaining("do not fit")]]);
  expect((await call("GET /policies/wide")).body.status.state).toBe("pending");

  expect((await call("PUT /groups/dmz", { members: ["10.0.0.1"] })).status).toBe(200);
  expect((await call("GET /policies/a")).body.status).toEqual({
    state: "error",
    reasons: [expect.stringMatching(/match regions overlap those of .*raise overlapLimit/)],
  });
  await call("DELETE /policies/wide");
  await call("PUT /groups/dmz", { members: DMZ.members });
  await parts.desired.idle();
  expect((await call("GET /policies/a")).body.status.state).toBe("pending");
});
