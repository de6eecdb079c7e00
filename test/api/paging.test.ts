// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { type ApiServer, policy, startApi } from "./api-server.ts";

async function create({ call }: ApiServer, ...ids: string[]): Promise<void> {
  for (const id of ids) await call(`PUT /policies/${id}`, { body: policy(id) });
}

test("pages follow each other without gap or repetition while policies come and go", async () => {
  const api = await startApi();
  await create(api, "b", "d", "f", "h");
  const first = (await api.call("GET /policies?limit=2")).body;
  expect(first.items.map(({ id }: { id: string }) => id)).toEqual(["b", "d"]);
  await create(api, "a", "e");
  await api.call("DELETE /policies/d");
  const second = (await api.call(`GET /policies?limit=2&cursor=${first.nextCursor}`)).body;
  expect(second.items.map(({ id }: { id: string }) => id)).toEqual(["e", "f"]);
  const third = (await api.call(`GET /policies?limit=2&cursor=${second.nextCursor}`)).body;
  expect(third.items.map(({ id }: { id: string }) => id)).toEqual(["h"]);
  expect(third.nextCursor).toBeNull();
});

test("policies are filtered by state", async () => {
  const api = await startApi();
  await create(api, "a", "b", "c");
  api.controller.settle("b");
  const { body } = await api.call("GET /policies?state=active");
  expect(body.items.map(({ id }: { id: string }) => id)).toEqual(["b"]);
  const wrong = await api.call("GET /policies?state=activ");
  expect(wrong.status).toBe(400);
  expect(wrong.body.errors).toEqual([
    { parameter: "state", detail: '"activ" is not allowed here', remedy: 'did you mean "active"?' },
  ]);
});

test("invalid limits, cursors and parameters are reported", async () => {
  const { call } = await startApi();
  const other = Buffer.from('["switches","x"]').toString("base64url");
  for (const query of [
    "limit=0",
    "limit=1001",
    "limit=x",
    "limit=1&limit=2",
    "cursor=!!",
    `cursor=${other}`,
  ]) {
    const { status, body } = await call(`GET /policies?${query}`);
    expect([query, status, body.errors[0].parameter]).toEqual([query, 400, query.split("=")[0]]);
  }
  const unknown = await call("GET /policies?limt=5");
  expect(unknown.body.errors[0].remedy).toBe('did you mean "limit"?');
});

test("switches, links and hosts are paged too", async () => {
  const { call } = await startApi();
  const first = (await call("GET /switches?limit=1")).body;
  expect(first.items.map(({ name }: { name: string }) => name)).toEqual(["s1"]);
  const second = (await call(`GET /switches?limit=1&cursor=${first.nextCursor}`)).body;
  expect(second.items.map(({ name }: { name: string }) => name)).toEqual(["s2"]);
  expect(second.nextCursor).toBeNull();
  expect((await call("GET /links")).body.items).toHaveLength(1);
  expect((await call("GET /hosts")).body.items).toHaveLength(1);
});
