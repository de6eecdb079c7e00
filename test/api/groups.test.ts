// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { startApi } from "./api-server.ts";

const members = ["10.1.0.0/16", "fa:00:00:00:00:01", { host: "h1" }];

test("groups are created, read, replaced and deleted under preconditions", async () => {
  const { call } = await startApi();
  const created = await call("POST /groups", { body: { id: "dmz", members } });
  expect(created).toMatchObject({ status: 201, body: { id: "dmz", members } });
  expect(created.headers.get("location")).toBe("/api/v1/groups/dmz");
  const etag = created.headers.get("etag") ?? "";
  expect((await call("POST /groups", { body: { id: "dmz", members } })).status).toBe(409);

  const read = await call("GET /groups/dmz");
  expect(read.headers.get("etag")).toBe(etag);
  // What was read can be sent back.
  const replaced = await call("PUT /groups/dmz", {
    body: read.body,
    headers: { "if-match": etag },
  });
  expect(replaced.status).toBe(200);
  const stale = await call("PUT /groups/dmz", { body: read.body, headers: { "if-match": etag } });
  expect(stale.status).toBe(412);
  expect((await call("DELETE /groups/dmz", { headers: { "if-match": etag } })).status).toBe(412);
  expect((await call("DELETE /groups/dmz")).status).toBe(204);
  expect((await call("GET /groups/dmz")).status).toBe(404);
  expect((await call("DELETE /groups/dmz")).status).toBe(404);
});

test("mistakes have pointers; the id is that of the URL", async () => {
  const { call } = await startApi();
  const wrong = await call("PUT /groups/dmz", { body: { members: ["10.0.0.300"], name: "x" } });
  expect(wrong).toMatchObject({ status: 422, body: { errors: [{ pointer: "/name" }] } });
  const other = await call("PUT /groups/dmz", { body: { id: "lan", members } });
  expect(other).toMatchObject({ status: 422, body: { errors: [{ pointer: "/id" }] } });
});

test("lists are paged in the order of ids", async () => {
  const { call } = await startApi();
  for (const id of ["c", "a", "b"]) await call(`PUT /groups/${id}`, { body: { members } });
  const first = await call("GET /groups?limit=2");
  expect(first.body.items.map(({ id }: { id: string }) => id)).toEqual(["a", "b"]);
  const next = await call(`GET /groups?limit=2&cursor=${first.body.nextCursor}`);
  expect(next.body).toMatchObject({ items: [{ id: "c" }], nextCursor: null });
});
