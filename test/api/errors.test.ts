// SPDX-License-Identifier: Apache-2.0
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ProblemDetails } from "../../src/api/http/problem.ts";
import { QueueClosedError } from "../../src/runtime/index.ts";
import { type ApiServer, type Call, openApi, policy, startApi } from "./api-server.ts";

const JSON_TYPE = { "content-type": "application/json" };

const CASES: readonly (readonly [request: string, call: Call, status: number, kind: string])[] = [
  ["GET //nowhere", {}, 404, "not-found"],
  ["GET /nowhere", {}, 404, "not-found"],
  ["GET //docs/nowhere", {}, 404, "not-found"],
  ["GET /policies/none", {}, 404, "not-found"],
  ["GET /switches/00000000000000ff", {}, 404, "not-found"],
  ["DELETE /hosts/fa:00:00:00:00:99", {}, 404, "not-found"],
  ["GET /paths?from=x&to=h2", {}, 404, "not-found"],
  ["GET /paths?from=h1&to=x", {}, 404, "no-path"],
  ["GET /paths?from=h1", {}, 400, "invalid-parameter"],
  ["DELETE /policies", {}, 405, "method-not-allowed"],
  ["PATCH //healthz", {}, 405, "method-not-allowed"],
  ["PUT /policies:validate", { text: "{", headers: JSON_TYPE }, 405, "method-not-allowed"],
  ["OPTIONS /policies", {}, 405, "method-not-allowed"],
  ["POST /policies", { text: "", headers: JSON_TYPE }, 400, "missing-body"],
  ["POST /policies", {}, 400, "missing-body"],
  ["POST /policies", { text: '{"a": 1,\n "b" 2}', headers: JSON_TYPE }, 400, "malformed-json"],
  ["POST /policies", { body: [1] }, 422, "invalid-document"],
  [
    "POST /policies",
    { text: "a=1", headers: { "content-type": "text/plain" } },
    415,
    "unsupported-media-type",
  ],
  [
    "PUT /policies/a",
    { body: policy("a"), headers: { "content-type": "application/merge-patch+json" } },
    415,
    "unsupported-media-type",
  ],
  [
    "PATCH /policies/a",
    { body: [], headers: { "content-type": "application/json-patch+json" } },
    415,
    "unsupported-media-type",
  ],
  ["POST /policies", { body: { filler: "x".repeat(1024 * 1024) } }, 413, "body-too-large"],
  ["GET /policies/%zz", {}, 400, "bad-request"],
  ["GET /status?verbose=1", {}, 400, "invalid-parameter"],
];

let shared: ApiServer;
beforeAll(async () => {
  shared = await openApi();
});
afterAll(() => shared.close());

test.each(CASES)("%s is a problem document", async (request, call, status, kind) => {
  const answer = await shared.call(request, call);
  expect([answer.status, answer.body.type]).toEqual([status, `urn:openvtap:problem:${kind}`]);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(ProblemDetails.parse(answer.body)).toEqual(answer.body);
  expect(answer.body.status).toBe(status);
});

test("a 405 lists the allowed methods", async () => {
  const { call } = await startApi();
  expect((await call("DELETE /policies")).headers.get("allow")).toBe("GET, HEAD, POST");
});

test("malformed JSON is reported with its position, and a duplicate key with both", async () => {
  const { call } = await startApi();
  const malformed = await call("POST /policies", { text: '{"a": 1,\n "b" 2}' });
  expect(malformed.body.errors).toEqual([
    {
      pointer: "",
      detail: 'line 2, column 6: "2" where ":" was expected',
      remedy: 'write "key": value',
    },
  ]);
  const twice = await call("POST /policies", { text: '{"id": "a",\n"id": "b"}' });
  expect(twice.body.errors).toMatchObject([{ pointer: "/id", remedy: "keep one of them" }]);
});

test("a bug is a 500 that reveals nothing internal, and the log has the details", async () => {
  const api = await startApi();
  api.controller.bug = new Error("secret of the inside");
  const answer = await api.call("GET /policies/a");
  expect(answer.status).toBe(500);
  expect(JSON.stringify(answer.body)).not.toContain("secret");
  expect(answer.body.detail).toMatch(/its log has the details under reqId req-\w+/);
  expect(api.log.join()).toContain("secret of the inside");
});

test("a request whose work the end of the controller cuts off is answered with 503", async () => {
  const api = await startApi();
  api.controller.bug = new QueueClosedError();
  const { status, body } = await api.call("GET /policies/a");
  expect([status, body.type]).toEqual([503, "urn:openvtap:problem:stopping"]);
  expect(body.detail).toContain("has changed nothing; send it again");
});

test("input that is not HTTP is answered too, and does not affect other clients", async () => {
  const api = await startApi();
  const socket = connect(Number(new URL(api.url).port), "127.0.0.1");
  socket.end("\u0000\u0001garbage\r\n\r\n");
  const answer = await text(socket);
  expect(answer).toMatch(/^HTTP\/1.1 400 /);
  expect(answer).toContain('"type":"urn:openvtap:problem:bad-request"');
  expect((await api.call("GET //healthz")).status).toBe(200);
});

test("keys that attack prototypes are data", async () => {
  const { call } = await startApi();
  await call("PUT /policies/a", { body: policy("a") });
  const patch =
    '{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}';
  const answer = await call("PATCH /policies/a", { text: patch });
  expect(answer.status).toBe(422);
  expect({}).not.toHaveProperty("polluted");
});
