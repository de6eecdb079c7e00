// SPDX-License-Identifier: Apache-2.0
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { type ApiServer, policy, startApi } from "./api-server.ts";

async function someoneWaits({ controller }: ApiServer): Promise<void> {
  while (controller.waiting === 0) await turn();
}

test("?wait= answers with the settled status", async () => {
  const api = await startApi();
  const answer = api.call("POST /policies?wait=60000", { body: policy("web") });
  await someoneWaits(api);
  api.controller.settle("web");
  expect((await answer).body.status).toEqual({ state: "active", reasons: [] });
});

test("?wait= answers with the current status when the time is over", async () => {
  const { call } = await startApi();
  const answer = await call("PUT /policies/web?wait=20", { body: policy("web") });
  expect([answer.status, answer.body.status.state]).toEqual([201, "pending"]);
});

test("a client that disconnects, and a close of the API, end the wait", async () => {
  const api = await startApi();
  const gone = new AbortController();
  const aborted = fetch(`${api.url}/api/v1/policies/a?wait=60000`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(policy("a")),
    signal: gone.signal,
  }).catch(() => "aborted");
  await someoneWaits(api);
  gone.abort();
  expect(await aborted).toBe("aborted");
  while (api.controller.waiting > 0) await turn();

  const waiting = api.call("PUT /policies/b?wait=60000", { body: policy("b") });
  await someoneWaits(api);
  await api.close();
  expect((await waiting).status).toBe(201);
});

test("a wait that is too long or not a number is rejected before anything is written", async () => {
  const { call } = await startApi();
  for (const wait of ["60001", "-1", "abc", "", "1.5"]) {
    const answer = await call(`POST /policies?wait=${wait}`, { body: policy("web") });
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toMatchObject([{ parameter: "wait" }]);
  }
  expect((await call("GET /policies")).body.items).toEqual([]);
});
