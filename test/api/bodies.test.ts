// SPDX-License-Identifier: Apache-2.0
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ProblemDetails } from "../../src/api/http/problem.ts";
import { type Answer, type ApiServer, openApi, policy } from "./api-server.ts";

const HEADERS = { "content-type": "application/json" };
const POLICY = JSON.stringify(policy("a", { name: "caf\u00e9" }));

let api: ApiServer;
beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api.close());

async function put(body: Uint8Array, headers: Record<string, string> = HEADERS) {
  const url = `${api.url}/api/v1/policies/a`;
  const answer = await fetch(url, { method: "PUT", headers, body: new Uint8Array(body) });
  const { status } = answer;
  return { status, body: (await answer.json()) as Answer["body"] };
}

/** The status and the problem of a request written by hand, over a connection that it closes. */
async function raw(...lines: readonly string[]) {
  const socket = connect(Number(new URL(api.url).port), "127.0.0.1");
  socket.write([...lines, "Connection: close", "", ""].join("\r\n"));
  const answer = await text(socket);
  const [head = "", body = ""] = answer.split("\r\n\r\n");
  return { status: Number(head.split(" ")[1]), body };
}

test("a body that is not UTF-8 is rejected, never repaired", async () => {
  for (const bytes of [Buffer.from(POLICY, "latin1"), Buffer.from("\ufeff{}", "utf16le")]) {
    const { status, body } = await put(bytes);
    expect([status, body.type]).toEqual([400, "urn:openvtap:problem:malformed-json"]);
    expect(body.detail).toContain("UTF-8");
  }
});

test.each([
  ["another charset", "content-type", "application/json; charset=utf-16", 415],
  ["another charset in quotes", "content-type", 'application/json;charset="ISO-8859-1"', 415],
  ["a compression", "content-encoding", "gzip", 415],
  ["UTF-8 by name", "content-type", "application/json; charset=UTF-8", 200],
  ["no compression by name", "content-encoding", "identity", 200],
] as const)("a body in %s", async (_name, header, value, expected) => {
  await put(Buffer.from(POLICY));
  const bytes = value === "gzip" ? gzipSync(POLICY) : Buffer.from(POLICY);
  const { status, body } = await put(bytes, { ...HEADERS, [header]: value });
  expect(status).toBe(expected);
  if (status === 200) expect(body.name).toBe("caf\u00e9");
  else expect(body.type).toBe("urn:openvtap:problem:unsupported-media-type");
});

test("null is a body, but not an object", async () => {
  const { status, body } = await put(Buffer.from("null"));
  expect([status, body.errors]).toEqual([
    422,
    [{ pointer: "", detail: "a policy is a JSON object", remedy: "send { … }" }],
  ]);
});

test("DELETE may declare an empty body to be JSON", async () => {
  await put(Buffer.from(POLICY));
  expect((await api.call("DELETE /policies/a", { headers: HEADERS })).status).toBe(204);
});

test.each([
  ["no Host", 400, ["GET /api/v1/status HTTP/1.1"]],
  ["no Host, nowhere", 400, ["GET /nowhere HTTP/1.1"]],
  [
    "an unknown expectation",
    417,
    ["GET /api/v1/status HTTP/1.1", "Host: localhost", "Expect: foo"],
  ],
] as const)("a request with %s is a problem document", async (_name, status, lines) => {
  const answer = await raw(...lines);
  expect(answer.status).toBe(status);
  const problem = ProblemDetails.parse(JSON.parse(answer.body));
  expect([problem.status, problem.type]).toEqual([status, "urn:openvtap:problem:invalid-header"]);
});

test("HTTP/1.0 needs no Host, and a supported expectation is met", async () => {
  expect((await raw("GET /healthz HTTP/1.0")).status).toBe(200);
  const waiting = ["POST /api/v1/policies HTTP/1.1", "Host: localhost", "Content-Length: 2"];
  expect((await raw(...waiting, "Expect: 100-continue")).status).toBe(100);
});
