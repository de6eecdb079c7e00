// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { ControllerEvent } from "../../../src/contract/events.ts";
import { waitFor } from "../../lab/wait-for.ts";
import { MemoryPolicyStore, standAlone } from "../stand-alone.ts";

const POLICY = { sender: { group: "dmz" }, receiver: { host: "h2" }, monitors: [{ host: "h3" }] };
const DMZ = { members: [{ host: "h1" }] };

/** The switches' entries for policies: how many, in all. */
function rules({ parts }: Awaited<ReturnType<typeof standAlone>>) {
  const { topology } = parts.network;
  return [...topology.switches.keys()].flatMap((at) => parts.compilation.tapRules(at)).length;
}

test("a change of a group recompiles the policies that name it, in one change", async () => {
  const alone = await standAlone(new MemoryPolicyStore());
  const { call, parts } = alone;
  const events: ControllerEvent[] = [];
  parts.events.subscribe((event) => events.push(event));
  expect(await call("PUT /groups/dmz", DMZ)).toMatchObject({
    status: 201,
    body: { id: "dmz", members: [{ host: "h1" }], origin: { kind: "api" }, revision: 1 },
  });
  await call("PUT /policies/a", POLICY);
  await call("PUT /policies/b", { ...POLICY, filters: { ip_proto: "tcp" } });
  await parts.desired.idle();
  const before = rules(alone);
  const { changes } = parts.desired;
  const members = ["fa:00:00:00:00:01", "10.0.0.1", "fd00::1"];
  expect(await call("PUT /groups/dmz", { members })).toMatchObject({ status: 200 });
  await parts.desired.idle();
  expect(parts.desired.changes).toBe(changes + 1);
  expect(rules(alone)).toBeGreaterThan(before);
  const policy = await call("GET /policies/a");
  expect(policy.body).toMatchObject({ sender: { group: "dmz" } });
  // Events are published in later turns.
  const groupEvents = () => events.filter(({ type }) => type === "groupChanged");
  await waitFor(() => groupEvents().length >= 2, { what: "the events of both writes" });
  expect(groupEvents()).toMatchObject([
    { id: "dmz", new: { revision: 1 } },
    { id: "dmz", old: { members: [{ host: "h1" }] }, new: { members } },
  ]);
});

test("a policy that names no known group is refused, with its place", async () => {
  const { call } = await standAlone(new MemoryPolicyStore());
  await call("PUT /groups/dmz", DMZ);
  const answer = await call("PUT /policies/a", { ...POLICY, sender: ["@dmy"] });
  expect(answer).toMatchObject({
    status: 422,
    body: {
      errors: [
        {
          pointer: "/sender/0",
          detail: 'there is no group "dmy"',
          remedy: 'did you mean "dmz"?',
        },
      ],
    },
  });
});

test("a group that policies name cannot be deleted, and not be made unfit for them", async () => {
  const store = new MemoryPolicyStore();
  const { call, parts } = await standAlone(new MemoryPolicyStore(), {}, store);
  await call("PUT /groups/dmz", DMZ);
  await call("PUT /policies/a", POLICY);
  expect(await call("DELETE /groups/dmz")).toMatchObject({
    status: 409,
    body: { errors: [{ detail: 'policy "a" names this group' }] },
  });
  const unfit = await call("PUT /groups/dmz", { members: [{ host: "h3" }] });
  expect(unfit.status).toBe(409);
  expect(unfit.body.errors[0].detail).toMatch(/^policy "a" cannot have these members: /);
  expect(parts.groups.get("dmz" as never)?.revision).toBe(1);
  await call("DELETE /policies/a");
  expect((await call("DELETE /groups/dmz")).status).toBe(204);
  expect((await call("GET /groups/dmz")).status).toBe(404);
  expect(store.documents.size).toBe(0);
});

test("a policy and a deletion of its group that come together do not both succeed", async () => {
  const { call } = await standAlone(new MemoryPolicyStore());
  await call("PUT /groups/dmz", DMZ);
  const [policy, deletion] = await Promise.all([
    call("PUT /policies/a", POLICY),
    call("DELETE /groups/dmz"),
  ]);
  const statuses = [policy?.status, deletion?.status];
  expect([
    [201, 409],
    [422, 204],
  ]).toContainEqual(statuses);
});

test("stored groups are there after a restart, before the policies that name them", async () => {
  const policies = new MemoryPolicyStore();
  const groups = new MemoryPolicyStore();
  const first = await standAlone(policies, {}, groups);
  await first.call("PUT /groups/dmz", DMZ);
  await first.call("PUT /policies/a", POLICY);
  await first.parts.desired.idle();
  const second = await standAlone(policies, {}, groups);
  await second.parts.desired.idle();
  expect(rules(second)).toBe(rules(first));
  expect((await second.call("GET /groups")).body.items).toMatchObject([{ id: "dmz", revision: 1 }]);
});

test("a write that fails on disk changes no policy", async () => {
  const store = new MemoryPolicyStore();
  const alone = await standAlone(new MemoryPolicyStore(), {}, store);
  await alone.call("PUT /groups/dmz", DMZ);
  await alone.call("PUT /policies/a", POLICY);
  await alone.parts.desired.idle();
  const before = rules(alone);
  store.failure = new Error("no space left on device");
  const failed = await alone.call("PUT /groups/dmz", { members: ["10.0.0.1", "fd00::1"] });
  expect(failed.status).toBe(503);
  await alone.parts.desired.idle();
  expect(rules(alone)).toBe(before);
});

/** A store with a policy that names a group which is not there. */
function withoutItsGroup() {
  const store = new MemoryPolicyStore();
  store.keep("a", { id: "a", ...POLICY });
  store.keep("blue", { id: "blue", ...POLICY, filters: { colour: "blue", ipv4_src: "@nets" } });
  return standAlone(store);
}

test("a policy without its group comes into effect when the group is written", async () => {
  const alone = await withoutItsGroup();
  const { call, parts } = alone;
  expect((await call("GET /policies/a")).body.status).toEqual({
    state: "error",
    reasons: [expect.stringContaining('there is no group "dmz"')],
  });
  expect((await call("PUT /groups/dmz", { members: [{ host: "h3" }] })).status).toBe(201);
  expect((await call("GET /policies/a")).body.status).toEqual({
    state: "error",
    reasons: [expect.stringContaining("is also the policy's sender")],
  });
  await parts.desired.idle();
  const before = rules(alone);
  expect((await call("PUT /groups/dmz", DMZ)).status).toBe(200);
  await parts.desired.idle();
  expect((await call("GET /policies/a")).body.status.state).not.toBe("error");
  expect(rules(alone)).toBeGreaterThan(before);
  expect((await call("GET /policies/blue")).body.status.state).toBe("error");
  expect((await call("GET /status")).body.policies).toMatchObject({ byState: { error: 1 } });
});

test("a group that an invalid policy names cannot be deleted", async () => {
  const { call } = await withoutItsGroup();
  await call("PUT /groups/nets", { members: ["10.1.0.0/16"] });
  expect(await call("DELETE /groups/nets")).toMatchObject({
    status: 409,
    body: { errors: [{ detail: 'policy "blue" names this group' }] },
  });
  await call("DELETE /policies/blue");
  expect((await call("DELETE /groups/nets")).status).toBe(204);
});
