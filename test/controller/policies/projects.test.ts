// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
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
