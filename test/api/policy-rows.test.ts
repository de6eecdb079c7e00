// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { policy, startApi } from "./api-server.ts";

test("policies come as the columns of a table, searched and ordered", async () => {
  const { call, controller } = await startApi();
  for (const id of ["b", "a", "c"]) await call(`PUT /policies/${id}`, { body: policy(id) });
  controller.addFromFile(policy("d", { filters: { tcp_dst: 443 } }), "taps.json");
  const all = await call("GET /policies?view=row");
  expect(all.body).toMatchObject({
    total: 4,
    columns: { id: ["a", "b", "c", "d"], origin: ["api", "api", "api", "file"] },
    nextCursor: null,
  });
  expect(all.body.columns.copiedPackets).toEqual([5, 5, 5, 5]);
  const web = await call("GET /policies?view=row&q=tcp_dst:443%20origin:file");
  expect(web.body.columns.id).toEqual(["d"]);
  const first = await call("GET /policies?view=row&sort=-id&limit=3");
  expect(first.body.columns.id).toEqual(["d", "c", "b"]);
  const { nextCursor } = first.body;
  const second = await call(`GET /policies?view=row&sort=-id&limit=3&cursor=${nextCursor}`);
  expect(second.body).toMatchObject({ total: 4, columns: { id: ["a"] }, nextCursor: null });
  // The cursor of another order.
  const other = await call(`GET /policies?view=row&sort=name&cursor=${nextCursor}`);
  expect(other.status).toBe(400);
});

test("a wrong search is a problem that lists what may be searched for", async () => {
  const { call } = await startApi();
  const { status, body } = await call("GET /policies?view=row&q=colour:red");
  expect([status, body.type]).toEqual([422, "urn:openvtap:problem:invalid-query"]);
  expect(body.errors).toEqual([
    {
      parameter: "q",
      detail: '"colour" is no key of a search',
      remedy: expect.stringContaining("state, health, origin"),
    },
  ]);
});

test("a table is read from any place, by ids, and with its monitors", async () => {
  const { call } = await startApi();
  for (const id of ["b", "a", "c"]) await call(`PUT /policies/${id}`, { body: policy(id) });
  const from = await call("GET /policies?view=row&offset=1&limit=1");
  expect(from.body).toMatchObject({ total: 3, columns: { id: ["b"] } });
  expect(from.body.monitors).toBeUndefined();
  const { nextCursor } = from.body;
  const rest = await call(`GET /policies?view=row&cursor=${nextCursor}`);
  expect(rest.body.columns.id).toEqual(["c"]);
  const some = await call("GET /policies?view=row&ids=c,a,x&facet=monitors");
  expect(some.body.columns.id).toEqual(["a", "c"]);
  expect(some.body.monitors).toEqual([{ monitor: expect.any(String), policies: 2 }]);
});

test("search, order and long pages are those of the table alone", async () => {
  const { call } = await startApi();
  for (const [query, status] of [
    ["view=row&limit=10000", 200],
    ["view=row&limit=10001", 400],
    ["limit=1000", 200],
    ["limit=1001", 400],
    ["q=a", 400],
    ["ids=a", 400],
    ["offset=1", 400],
    ["facet=monitors", 400],
    ["view=row&offset=-1", 400],
    ["view=row&facet=states", 400],
    ["sort=id", 400],
    ["view=row&sort=colour", 400],
    ["view=table", 400],
  ] as const) {
    expect([query, (await call(`GET /policies?${query}`)).status]).toEqual([query, status]);
  }
});
