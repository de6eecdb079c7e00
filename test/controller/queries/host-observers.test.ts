// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { policy } from "../../api/api-server.ts";
import { MemoryPolicyStore, standAlone } from "../stand-alone.ts";

const h1 = "fa:00:00:00:00:01";

test("observers of a host are those of the tables as they are now", async () => {
  const { call } = await standAlone(new MemoryPolicyStore());
  const observers = async (mac: string) => (await call(`GET /hosts/${mac}/observers`)).body.items;
  const end = { sender: { host: "h1" }, receiver: { host: "h2" }, monitors: [{ host: "h3" }] };
  const notes = { name: "Web", reason: "ticket 7", expiresAt: "2026-06-01T12:00:00+02:00" };
  await call("POST /policies", policy("of-h2", { ...end, sender: { host: "h2" } }));
  expect((await call("POST /policies", policy("web", { ...end, ...notes }))).status).toBe(201);
  const found = {
    ...{ id: "web", name: "Web", monitors: ["h3"], requester: "anonymous" },
    ...{ reason: "ticket 7", expiresAt: "2026-06-01T10:00:00.000Z" },
  };
  expect(await observers(h1)).toEqual([found]);
  expect(await observers(h1.toUpperCase())).toEqual([found]);
  expect(await observers("fa:00:00:00:00:03")).toEqual([]);
  await call("PATCH /policies/web", { enabled: false });
  expect(await observers(h1)).toEqual([]);
  for (const mac of ["fa:00:00:00:00:09", "h1"])
    expect((await call(`GET /hosts/${mac}/observers`)).status).toBe(404);
});

test("while taps are suspended no policy copies frames of a host", async () => {
  const { call } = await standAlone(new MemoryPolicyStore());
  const count = async () => (await call(`GET /hosts/${h1}/observers`)).body.items.length;
  const end = { sender: { host: "h1" }, receiver: { host: "h2" }, monitors: [{ host: "h3" }] };
  await call("POST /policies", policy("web", end));
  expect(await count()).toBe(1);
  await call("POST /taps:suspend");
  expect(await count()).toBe(0);
  await call("POST /taps:resume");
  expect(await count()).toBe(1);
});
