// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { startApi } from "./api-server.ts";
import { NETWORK } from "./network.ts";

test("switches are listed with their ports; one is shown with its rules and groups", async () => {
  const { call } = await startApi();
  expect((await call("GET /switches")).body).toEqual({ items: NETWORK.switches, nextCursor: null });
  const { body } = await call("GET /switches/0000000000000001");
  expect(body).toEqual({ ...NETWORK.switches[0], rules: NETWORK.rules, groups: NETWORK.groups });
});

test("rejected connections are listed, with who tried and why", async () => {
  const { call } = await startApi();
  expect((await call("GET /rejected-connections")).body).toEqual({
    items: NETWORK.rejections,
    total: 3,
  });
});

test("an accepted switch can be deleted, one from a topology file cannot", async () => {
  const { call } = await startApi();
  expect((await call("DELETE /switches/00000000000000aa")).status).toBe(204);
  const named = await call("DELETE /switches/0000000000000001");
  expect([named.status, named.body.detail]).toEqual([
    409,
    'switch "0000000000000001" comes from a topology file; change it there and send vtap a SIGHUP',
  ]);
  expect((await call("DELETE /switches/s9")).status).toBe(404);
});

test("topology and paths", async () => {
  const { call } = await startApi();
  const { switches, links, hosts, hops } = NETWORK;
  expect((await call("GET /topology")).body).toEqual({ switches, links, hosts });
  const path = { from: "h1", to: "h2", weight: 1, hops };
  expect((await call("GET /paths?from=h1&to=h2")).body).toEqual(path);
});

test("a host is added, moved, read back as it was written, and deleted", async () => {
  const { call } = await startApi();
  const host = { mac: "fa:00:00:00:00:09", ips: ["10.1.1.9"], switch: "s1", port: 9 };
  const created = await call("POST /hosts", { body: host });
  expect(created.status).toBe(201);
  expect(created.headers.get("location")).toBe("/api/v1/hosts/fa%3A00%3A00%3A00%3A00%3A09");
  const moved = await call("POST /hosts", { body: { ...created.body, port: 8 } });
  expect([moved.status, moved.body.port, moved.body.origin]).toEqual([200, 8, "api"]);
  expect((await call("DELETE /hosts/FA:00:00:00:00:09")).status).toBe(204);
  expect((await call("DELETE /hosts/fa:00:00:00:00:09")).status).toBe(404);
});

test("a host from a topology file is read-only; one without a place is rejected", async () => {
  const { call } = await startApi();
  const removed = await call("DELETE /hosts/fa:00:00:00:00:01");
  expect([removed.status, removed.body.detail]).toEqual([
    409,
    'host "fa:00:00:00:00:01" comes from a topology file; change it there and send vtap a SIGHUP',
  ]);
  expect((await call("POST /hosts", { body: { name: "x" } })).status).toBe(422);
});

test("a set of hosts is applied, and prune deletes the others; a rejection has a pointer to the host", async () => {
  const { call } = await startApi();
  const host = (n: number) => ({ mac: `fa:00:00:00:00:1${n}`, switch: "s1", port: n });
  const read = { ...host(1), dpid: "0000000000000001", origin: "api" };
  const applied = await call("POST /hosts:apply", { body: { hosts: [read, host(2)] } });
  const counts = { created: 2, replaced: 0, unchanged: 0, deleted: 0 };
  expect([applied.status, applied.body]).toEqual([200, counts]);
  const pruned = await call("POST /hosts:apply", { body: { hosts: [host(2)], prune: true } });
  expect(pruned.body).toEqual({ created: 0, replaced: 1, unchanged: 0, deleted: 1 });
  const bad = await call("POST /hosts:apply", { body: { hosts: [host(3), { name: "x" }] } });
  expect([bad.status, bad.body.errors[0].pointer]).toEqual([422, "/hosts/1/mac"]);
  const unknown = await call("POST /hosts:apply", { body: { hosts: [], prunes: true } });
  expect([unknown.status, unknown.body.errors[0].pointer]).toEqual([422, "/prunes"]);
  expect((await call("POST /hosts:apply", { body: { hosts: {} } })).status).toBe(422);
});
