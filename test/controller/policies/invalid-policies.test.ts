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
