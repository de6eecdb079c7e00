// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { waitFor } from "../../lab/wait-for.ts";
import { CAUSE, MemoryPolicyStore, standAlone } from "../stand-alone.ts";

const POLICY = {
  id: "p",
  enabled: false,
  sender: { host: "h1" },
  receiver: { host: "h2" },
  monitors: [{ host: "h3" }],
};

test("each write of a policy has a record with who, what and the revisions", async () => {
  const store = new MemoryPolicyStore();
  const { port } = await standAlone(store);
  await port.createPolicy(POLICY, CAUSE);
  await port.putPolicy({ ...POLICY, name: "n" }, {}, CAUSE);
  await port.putPolicy({ ...POLICY, name: "x" }, { revisions: [99] }, CAUSE);
  await port.deletePolicy("p", {}, CAUSE);
  const changes = store.audit.records.filter(({ type }) => type === "change");
  const { actor, operation } = CAUSE;
  const object = { kind: "policy", id: "p" };
  expect(changes).toMatchObject([
    { actor, operation, object, revision: { after: 1 }, outcome: { status: 201 } },
    { actor, revision: { before: 1, after: 2 }, changes: [{ member: "name", new: "n" }] },
    { actor, revision: { before: 2 }, outcome: { status: 204 } },
  ]);
  expect(changes[0]?.revision).not.toHaveProperty("before");
});

test("the server sets the requester of a policy; a replacement by another user keeps it", async () => {
  const { port, call } = await standAlone(new MemoryPolicyStore());
  await port.createPolicy(POLICY, CAUSE);
  const sent = { ...POLICY, requester: "mallory", name: "n" };
  const { body } = await call("PUT /policies/p", sent);
  expect(body).toMatchObject({ requester: "tester", name: "n" });
  expect((await call("PUT /policies/q", { ...POLICY, id: "q" })).body.requester).toBe("anonymous");
});

test("what followed on the switches refers to the change", async () => {
  const store = new MemoryPolicyStore();
  const { port } = await standAlone(store);
  const followed = () => store.audit.records.filter(({ type }) => type === "followed");
  await port.createPolicy(POLICY, CAUSE);
  await waitFor(() => followed().length === 1);
  // Its status does not change.
  await port.putPolicy({ ...POLICY, name: "n" }, {}, CAUSE);
  await waitFor(() => followed().length === 2);
  await port.deletePolicy("p", {}, CAUSE);
  await waitFor(() => followed().length === 3);
  const changes = store.audit.records.filter(({ type }) => type === "change");
  expect(followed().map(({ follows }) => follows)).toEqual(changes.map((each) => each.sequence));
  expect(followed().map(({ state }) => state)).toEqual(["disabled", "disabled", undefined]);
  // No switch is there: this one stays pending.
  await port.createPolicy({ ...POLICY, id: "q", enabled: true }, CAUSE);
  await port.createPolicy({ ...POLICY, id: "r" }, CAUSE);
  await waitFor(() => followed().length === 4);
  expect(followed().at(-1)?.object?.id).toBe("r");
});

test("a change that had not settled at the last stop is followed after the start, a deletion is not", async () => {
  const store = new MemoryPolicyStore();
  const object = (id: string) => ({ object: { kind: "policy" as const, id } });
  for (const id of ["p", "q", "gone"]) store.audit.add({ type: "change", ...object(id) }, 1);
  store.audit.add({ type: "followed", ...object("q"), follows: 2, state: "disabled" }, 0);
  for (const id of ["p", "q"]) store.keep(id, { ...POLICY, id });
  const { port } = await standAlone(store);
  await waitFor(() => store.audit.records.length === 5);
  // Nothing is said of the deletion: whether a switch holds rules of it was not observed.
  await port.createPolicy({ ...POLICY, id: "r" }, CAUSE);
  await waitFor(() => store.audit.records.length >= 7);
  const followed = store.audit.records.slice(4).filter(({ type }) => type === "followed");
  expect(followed.map(({ follows, state }) => [follows, state])).toEqual([
    [1, "disabled"],
    [6, "disabled"],
  ]);
});

test("a server that requires reasons rejects policies without one", async () => {
  const { call } = await standAlone(new MemoryPolicyStore(), {}, undefined, {
    requireReason: true,
  });
  const { status, body } = await call("POST /policies", POLICY);
  expect([status, body.errors]).toEqual([
    422,
    [
      {
        pointer: "/reason",
        detail: '"reason" is missing',
        remedy: "state why the policy is needed: this server requires it (requireReason)",
      },
    ],
  ]);
  const set = await call("POST /policies:apply", { policies: [POLICY] });
  expect([set.status, set.body.errors[0].pointer]).toEqual([422, "/policies/0/reason"]);
  expect((await call("POST /policies:validate", POLICY)).status).toBe(422);
  const reason = "ticket 7";
  const created = await call("POST /policies", { ...POLICY, reason });
  expect([created.status, created.body.reason]).toEqual([201, reason]);
});

test("suspension and resumption name their user", async () => {
  const { port, parts } = await standAlone(new MemoryPolicyStore());
  const seen: unknown[] = [];
  parts.events.subscribe((event) => seen.push(event));
  await port.suspendTaps({ reason: "maintenance", by: "mallory" }, CAUSE);
  expect(port.taps()).toMatchObject({ by: "tester", reason: "maintenance" });
  expect((await port.status()).taps).toMatchObject({ state: "suspended", by: "tester" });
  await port.resumeTaps({}, { ...CAUSE, reason: "over" });
  await waitFor(() => seen.length === 2);
  expect(seen).toMatchObject([
    { type: "tapsSuspended", by: "tester", reason: "maintenance" },
    { type: "tapsResumed", by: "tester", reason: "over", old: { by: "tester" } },
  ]);
  expect((await port.status()).taps).toEqual({ state: "running" });
});
