// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { ProjectPort } from "../../../src/api/projects/project-port.ts";
import { policy } from "../../api/api-server.ts";
import { waitFor } from "../../lab/wait-for.ts";
import { MemoryPolicyStore, standAlone } from "../stand-alone.ts";

const h8 = { name: "h8", mac: "fa:00:00:00:00:08", switch: "s1", port: 8 };

test("the project of a host is written, read and changed over REST", async () => {
  const { call } = await standAlone(new MemoryPolicyStore());
  const created = await call("POST /hosts", { ...h8, project: "acme" });
  expect([created.status, created.body.project]).toEqual([201, "acme"]);
  const hosts = [{ ...h8, project: "acme" }];
  const apply = async () => (await call("POST /hosts:apply", { hosts })).body;
  expect(await apply()).toMatchObject({ replaced: 0, unchanged: 1 });
  hosts[0] = { ...h8, project: "other" };
  expect(await apply()).toMatchObject({ replaced: 1, unchanged: 0 });
  const { body } = await call("GET /hosts");
  expect(body.items.find(({ name }: { name: string }) => name === "h8").project).toBe("other");
});

test("a policy of a project takes effect with the projects of hosts", async () => {
  const { call } = await standAlone(new MemoryPolicyStore());
  const mac = (n: number) => ({ mac: `fa:00:00:00:00:1${n}` });
  const ends = { sender: mac(1), receiver: mac(2), monitors: [mac(3)], project: "acme" };
  const created = await call("POST /policies", policy("p", ends));
  expect([created.status, created.body.project]).toEqual([201, "acme"]);
  const reasons = async () => (await call("GET /policies/p")).body.status.reasons.join("; ");
  const apply = (project?: string) => {
    const place = (n: number) => ({ ...mac(n), switch: "s1", port: 20 + n });
    const hosts = [{ ...place(1), project }, place(2), { ...place(3), project: "acme" }];
    return call("POST /hosts:apply", { hosts });
  };
  await apply("other");
  const OUTSIDE = "neither fa:00:00:00:00:11 nor fa:00:00:00:00:12 is at a port of project acme";
  await waitFor(async () => (await reasons()).includes(OUTSIDE));
  await apply("acme");
  await waitFor(async () => !(await reasons()).includes("project"));
  await apply();
  await waitFor(async () => (await reasons()).includes(OUTSIDE));
});

test("the project of a policy has the form of a name", async () => {
  const { call } = await standAlone(new MemoryPolicyStore());
  const wrong = await call("POST /policies", policy("q", { project: "a b" }));
  expect([wrong.status, wrong.body.errors[0].pointer]).toEqual([422, "/project"]);
});

const cause = { actor: { user: "alice", address: "127.0.0.1" }, operation: "test" } as const;

/** The controller as project acme sees it, and as everybody else does. */
async function acmeAndAll() {
  const { call, port } = await standAlone(new MemoryPolicyStore());
  return { call, port, acme: new ProjectPort(port, "acme") };
}

const set = (policies: readonly object[], prune = false) => ({
  ...{ set: "web", policies, groups: [], prune },
});

test("a project neither writes nor prunes policies of others by a set", async () => {
  const { call, acme } = await acmeAndAll();
  const { signal } = new AbortController();
  await call("POST /policies", policy("acme.x", { name: "of no project" }));
  const taken = {
    type: "conflict",
    problems: [{ pointer: "/policies/0/id", detail: 'the id "acme.x" is taken' }],
  };
  expect(await acme.applyPolicySet(set([policy("acme.x")]), cause)).toMatchObject(taken);
  expect(await acme.planPolicySet(set([policy("acme.x")]), signal)).toMatchObject(taken);
  expect(await acme.dryRunPolicy(policy("acme.x"), signal)).toMatchObject({ type: "exists" });
  expect((await call("GET /policies/acme.x")).body).toMatchObject({ name: "of no project" });

  const applied = await acme.applyPolicySet(set([policy("acme.y")]), cause);
  expect(applied).toMatchObject({ type: "applied" });
  const moved = await call("PUT /policies/acme.y", policy("acme.y", { project: "other" }));
  expect(moved.body).toMatchObject({ project: "other", origin: { set: "acme/web" } });
  expect(await acme.applyPolicySet(set([], true), cause)).toMatchObject({
    applied: { policies: [] },
  });
  expect((await call("GET /policies/acme.y")).status).toBe(200);
});

test("what is said of a project's groups names no policy of others", async () => {
  const { call, port, acme } = await acmeAndAll();
  const group = (members: readonly string[]) => ({ id: "acme.g", members });
  await acme.createGroup(group(["10.0.0.1"]), cause);
  const sender = { group: "acme.g" };
  expect((await call("POST /policies", policy("secret", { sender }))).status).toBe(201);
  const outcome = await acme.deleteGroup("acme.g", {}, cause);
  expect(outcome).toMatchObject({ type: "conflict" });
  expect(JSON.stringify(outcome)).not.toContain("secret");
  expect(JSON.stringify(await port.deleteGroup("acme.g", {}, cause))).toContain("secret");
  // One that another project has is not suggested.
  await call("POST /groups", { id: "other.webs", members: ["10.0.0.1"] });
  const typo = await port.createPolicy(
    policy("acme.p", { project: "acme", sender: { group: "other.web" } }),
    cause,
  );
  expect(JSON.stringify(typo)).not.toContain("other.webs");
});

test("the members of a group change; who requested its policies does not", async () => {
  const { call, port } = await acmeAndAll();
  await call("POST /groups", { id: "g", members: ["10.0.0.1"] });
  await port.createPolicy(policy("p", { sender: { group: "g" } }), cause);
  await call("PUT /groups/g", { id: "g", members: ["10.0.0.2"] });
  expect((await call("GET /policies/p")).body.requester).toBe("alice");
});
