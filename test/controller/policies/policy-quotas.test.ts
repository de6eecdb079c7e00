// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { ProjectQuotas } from "../../../src/contract/projects/quotas.ts";
import { policy } from "../../api/api-server.ts";
import { MemoryPolicyStore, standAlone } from "../stand-alone.ts";

const mac = (n: number) => ({ mac: `fa:00:00:00:00:1${n}` });

/** A policy of red, or of another project, that copies to these monitors. */
function red(id: string, monitors: readonly number[] = [3], more: object = {}) {
  return policy(id, { project: "red", monitors: monitors.map(mac), ...more });
}

async function limited(projectQuotas: ProjectQuotas) {
  const store = new MemoryPolicyStore();
  const { call } = await standAlone(store, {}, undefined, { projectQuotas });
  const status = async (request: string, body?: object) => (await call(request, body)).status;
  return { call, status, ids: () => [...store.documents.keys()].sort() };
}

test("a project gets no more policies than its quota, and other projects do", async () => {
  const { call, status, ids } = await limited({ default: { policies: 1 }, red: { policies: 2 } });
  expect(await status("POST /policies", red("a"))).toBe(201);
  expect(await status("PUT /policies/b", red("b", [3], { enabled: false }))).toBe(201);
  const refused = await call("POST /policies", red("c"));
  expect([refused.status, refused.body.type, refused.body.errors]).toEqual([
    422,
    "urn:openvtap:problem:quota-exceeded",
    [
      {
        pointer: "",
        detail:
          "project red would have 3 policies; its quota is 2 (policies of projectQuotas), and it has 2",
        remedy:
          "delete policies that are no longer needed, or ask an administrator to raise the quota",
      },
    ],
  ]);
  expect(await status("POST /policies:validate", red("c"))).toBe(422);
  expect(await status("PUT /policies/b", red("b", [4]))).toBe(200);
  expect(await status("POST /policies", red("d", [3], { project: "blue" }))).toBe(201);
  // Another project's, which would become red's.
  expect(await status("PUT /policies/d", red("d"))).toBe(422);
  for (const id of ["e", "f"]) expect(await status("POST /policies", policy(id))).toBe(201);
  expect(await status("DELETE /policies/a")).toBe(204);
  expect(await status("PUT /policies/d", red("d"))).toBe(200);
  expect(ids()).toEqual(["b", "d", "e", "f"]);
});

test("writes that come together keep within the quota together", async () => {
  const { status, ids } = await limited({ red: { policies: 5 } });
  const writes = Array.from({ length: 20 }, (_, n) => status("POST /policies", red(`p${n}`)));
  const statuses = await Promise.all(writes);
  expect(statuses.filter((each) => each === 201)).toHaveLength(5);
  expect(statuses.filter((each) => each === 422)).toHaveLength(15);
  expect(ids()).toHaveLength(5);
});

test("monitors count once, however many policies name them alike", async () => {
  const { call, status } = await limited({ red: { monitors: 2 } });
  expect(await status("POST /policies", red("a", [3, 4]))).toBe(201);
  expect(await status("POST /policies", red("b", [4, 3]))).toBe(201);
  const refused = await call("POST /policies", red("c", [5]));
  expect([refused.status, refused.body.errors[0]]).toMatchObject([
    422,
    {
      pointer: "/monitors",
      detail: expect.stringContaining("would have 3 monitors; its quota is 2"),
    },
  ]);
  expect(await status("PUT /policies/b", red("b", [3]))).toBe(200);
  expect(await status("PUT /policies/a", red("a", [3]))).toBe(200);
  expect(await status("POST /policies", red("c", [5]))).toBe(201);
});

test("a set is refused as a whole, and may replace what it prunes", async () => {
  const { call, status, ids } = await limited({ red: { policies: 2 } });
  const apply = (...names: string[]) => {
    const policies = names.map((id) => red(id));
    return { set: "red.web", policies, groups: [], prune: true };
  };
  expect(await status("POST /policies:apply", apply("a", "b"))).toBe(200);
  const refused = await call("POST /policies:apply", apply("b", "c", "d"));
  expect([refused.status, refused.body.type]).toEqual([422, "urn:openvtap:problem:quota-exceeded"]);
  expect(await status("POST /policies:validate", apply("b", "c", "d"))).toBe(422);
  expect(ids()).toEqual(["a", "b"]);
  expect(await status("POST /policies:apply", apply("c", "d"))).toBe(200);
  expect(ids()).toEqual(["c", "d"]);
});

test("a project above its quota may write what does not increase its use", async () => {
  const store = new MemoryPolicyStore();
  const before = await standAlone(store);
  for (const id of ["a", "b"]) await before.call("POST /policies", red(id));
  const { call } = await standAlone(store, {}, undefined, {
    projectQuotas: { red: { policies: 1 } },
  });
  expect((await call("PUT /policies/a", red("a", [3], { enabled: false }))).status).toBe(200);
  expect((await call("POST /policies", red("c"))).status).toBe(422);
});
