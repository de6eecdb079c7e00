// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { Explanation } from "../../src/contract/explain.ts";
import { startApi } from "./api-server.ts";

const frame = "fa0000000002fa000000000188b5";

test("a frame is explained", async () => {
  const { call } = await startApi();
  const answer = await call("POST /explain", {
    body: { frame, at: { host: "h1" }, policies: ["web"] },
  });
  expect(answer.status).toBe(200);
  expect(Explanation.parse(answer.body)).toEqual(answer.body);
  expect(answer.body.policies).toMatchObject([{ id: "web", matches: true }]);
});

test.each<[object | unknown[], string, string]>([
  [{}, "/frame", '"frame" is missing'],
  [{ frame: { tcp_dst: 80 } }, "/frame", "only bytes here"],
  [{ frame: [1] }, "/frame", "a list is not allowed here"],
  [{ frame, at: {} }, "/at", "this is neither a host nor a port"],
  [{ frame, at: { host: "h1", port: 1 } }, "/at", "this is neither a host nor a port"],
  [{ frame, at: { switch: "s1", prot: 1 } }, "/at/prot", 'unknown key "prot"'],
  [{ frame, form: 1 }, "/form", 'unknown key "form"'],
  [[], "", "a question is a JSON object"],
])("%j is rejected at %s", async (body, pointer, detail) => {
  const { call } = await startApi();
  const answer = await call("POST /explain", { body });
  expect(answer.status).toBe(422);
  expect(answer.body.errors).toContainEqual(expect.objectContaining({ pointer, detail }));
});

test("without a body there is nothing to explain", async () => {
  const { call } = await startApi();
  expect((await call("POST /explain")).status).toBe(400);
});
