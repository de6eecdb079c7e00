// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { startApi } from "./api-server.ts";

test("taps are suspended with a reason and an author, and resumed", async () => {
  const { call } = await startApi();
  const running = { state: "running", remaining: [], projects: [], policies: [] };
  expect((await call("GET /taps")).body).toEqual(running);
  const body = { reason: "maintenance", by: "ops" };
  const suspended = await call("POST /taps:suspend?wait=100", { body });
  expect(suspended.status).toBe(200);
  expect(suspended.body).toMatchObject({ state: "suspended", ...body });
  expect((await call("GET /taps")).body).toEqual(suspended.body);
  expect((await call("POST /taps:resume")).body).toEqual(running);
});

test("a suspension needs no body; one with mistakes gets all of them reported", async () => {
  const { call } = await startApi();
  expect((await call("POST /taps:suspend")).status).toBe(200);
  const wrong = await call("POST /taps:suspend", { body: { reson: "x", by: 7 } });
  expect(wrong.status).toBe(422);
  expect(wrong.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
    "/by",
    "/reson",
  ]);
  expect((await call("POST /taps:suspend", { body: [] })).status).toBe(422);
  expect((await call("POST /taps:suspend?wait=soon")).status).toBe(400);
  expect((await call("POST /taps:pause")).status).toBe(404);
  expect((await call("GET /taps:suspend")).status).toBe(405);
});

test("one policy is resumed by its id, which may contain dots", async () => {
  const { call } = await startApi();
  const id = "web.to-ids_1";
  const document = { sender: "any", receiver: "any", monitors: [{ mac: "fa:00:00:00:00:03" }] };
  expect((await call(`PUT /policies/${id}`, { body: document })).status).toBe(201);
  const resumed = await call(`POST /policies/${id}:resume?wait=10`);
  expect([resumed.status, resumed.body.id]).toEqual([200, id]);
  expect((await call("POST /policies/other:resume")).status).toBe(404);
});
