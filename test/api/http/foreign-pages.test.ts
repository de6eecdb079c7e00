// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, test } from "vitest";
import { type ApiServer, policy, startApi } from "../api-server.ts";
import { rawRequest } from "./raw-request.ts";

let api: ApiServer;
let host: string;
beforeEach(async () => {
  api = await startApi();
  ({ host } = new URL(api.url));
  await api.call("PUT /policies/a", { body: policy("a") });
});

/** Suspends the taps; `own` stands for the server's host and port. */
async function suspend(...headers: readonly string[]) {
  const { status, body } = await rawRequest(
    api.url,
    "POST /api/v1/taps:suspend HTTP/1.1",
    ...(headers.some((header) => header.startsWith("Host:")) ? [] : [`Host: ${host}`]),
    ...headers.map((header) => header.replaceAll("own", host)),
  );
  const problem = status === 200 ? "" : JSON.parse(body).type.replace("urn:openvtap:problem:", "");
  return [status, problem, api.controller.taps().state];
}

describe("a write is done", () => {
  test.each([
    ["without Origin and Sec-Fetch-Site, as curl and scripts send it", []],
    ["from a page of this server", ["Origin: http://own", "Sec-Fetch-Site: same-origin"]],
    ["from such a page in a browser without Sec-Fetch-Site", ["Origin: http://own"]],
    ["by the user's own action", ["Sec-Fetch-Site: none"]],
    ["through a port forward", ["Host: localhost:9000", "Origin: http://localhost:9000"]],
    ["behind a proxy that ends TLS", ["Host: localhost", "Origin: https://localhost"]],
    ["with default ports omitted", ["Host: localhost:80", "Origin: http://localhost"]],
    ["with a Host in upper case", ["Host: LOCALHOST:80", "Origin: http://localhost"]],
    ["from an IPv6 page", ["Host: [0::1]:8080", "Origin: http://[::1]:8080"]],
    ["with the fetch headers of Node", ["Sec-Fetch-Mode: cors"]],
  ])("%s", async (_what, headers) => {
    expect(await suspend(...headers)).toEqual([200, "", "suspended"]);
  });
});

describe("a write is rejected", () => {
  test.each([
    ["from another host", ["Origin: http://evil.example"]],
    ["from another port", ["Origin: http://127.0.0.1:1"]],
    ["from the default port", ["Origin: http://127.0.0.1"]],
    ["from another name of this machine", ["Host: 127.0.0.1:80", "Origin: http://localhost"]],
    ["from a sandboxed frame or a file", ["Origin: null"]],
    ["with an empty Origin", ["Origin:"]],
    ["from an extension", ["Origin: chrome-extension://abcdef"]],
    ["from another scheme", ["Origin: ftp://own"]],
    ["from a longer name", ["Origin: http://own.evil.example"]],
    ["with a path in Origin", ["Origin: http://own/x"]],
    ["with a user in Origin", ["Origin: http://own@evil.example"]],
    ["with two origins", ["Origin: http://own", "Origin: http://evil.example"]],
    ["with a list of origins", ["Origin: http://own, http://evil.example"]],
    ["cross-site", ["Sec-Fetch-Site: cross-site"]],
    ["same-site", ["Sec-Fetch-Site: same-site"]],
    ["from an unknown relation", ["Sec-Fetch-Site: new-site"]],
    ["with two relations", ["Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site"]],
    ["cross-site with an own Origin", ["Origin: http://own", "Sec-Fetch-Site: cross-site"]],
    ["foreign Origin, same-origin", ["Origin: http://x.example", "Sec-Fetch-Site: same-origin"]],
    ["cross-site as JSON", ["Origin: http://x.example", "Content-Type: application/json"]],
  ])("%s", async (_what, headers) => {
    expect(await suspend(...headers)).toEqual([403, "foreign-page", "running"]);
  });

  test("a proxy cannot make a foreign Origin its own", async () => {
    const headers = ["Origin: http://evil.example", "X-Forwarded-Host: evil.example"];
    expect(await suspend(...headers)).toEqual([403, "foreign-page", "running"]);
  });

  test("the target's host counts, not Host", async () => {
    const { status } = await rawRequest(
      api.url,
      "POST http://localhost:1/api/v1/taps:suspend HTTP/1.1",
      `Host: ${host}`,
      `Origin: http://${host}`,
    );
    expect([status, api.controller.taps().state]).toEqual([403, "running"]);
  });
});

test("no route with an effect accepts a foreign page, whatever its method", async () => {
  const { body } = await api.call("GET //openapi.json");
  const writes = Object.entries<Record<string, unknown>>(body.paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => method !== "get")
      .map((method) => `${method.toUpperCase()} ${path.replace(/\{\w+\}/, "a")}`),
  );
  expect(writes.length).toBeGreaterThan(10);
  for (const write of [...writes, "OPTIONS /api/v1/policies", "POST /nowhere", "POST /healthz"]) {
    const answer = await rawRequest(
      api.url,
      `${write} HTTP/1.1`,
      `Host: ${host}`,
      "Origin: http://evil.example",
    );
    expect([write, answer.status]).toEqual([write, 403]);
  }
});

/** What HTML forms and `no-cors` requests can send without a preflight, and near misses of JSON. */
const SIMPLE_TYPES = [
  "text/plain",
  "text/plain;charset=UTF-8",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "text/plain; application/json",
  "text/plain, application/json",
  "application/jsonp",
  "application/json-patch+json",
  "text/json",
  "json",
  "*/*",
  "",
];

describe.each([
  ["PUT", "/policies/b"],
  ["POST", "/policies"],
  ["POST", "/policies/a:resume"],
  ["POST", "/taps:suspend"],
  ["POST", "/taps:resume"],
  ["POST", "/switches:resync"],
  ["DELETE", "/policies/a"],
])("%s %s: a body that is not declared JSON is refused, even without Origin", (method, path) => {
  test.each(SIMPLE_TYPES)("%j", async (type) => {
    const before = await api.call("GET /policies");
    const text = JSON.stringify(policy("b"));
    const answer = await rawRequest(
      api.url,
      `${method} /api/v1${path} HTTP/1.1`,
      `Host: ${host}`,
      ...(type === "" ? [] : [`Content-Type: ${type}`]),
      `Content-Length: ${text.length}`,
      "",
      text,
    );
    expect(answer.status).toBe(415);
    expect(api.controller.taps().state).toBe("running");
    expect((await api.call("GET /policies")).body).toEqual(before.body);
  });
});

test("no request receives a header that lets another origin read or write", async () => {
  for (const [request, ...headers] of [
    ["GET /api/v1/policies"],
    ["GET /api/v1/nowhere"],
    ["HEAD /api/v1/events"],
    ["OPTIONS /api/v1/policies", "Access-Control-Request-Method: PUT"],
    ["POST /api/v1/taps:suspend"],
  ]) {
    const answer = await rawRequest(
      api.url,
      `${request} HTTP/1.1`,
      `Host: ${host}`,
      "Origin: http://evil.example",
      ...headers,
    );
    const cors = [...answer.headers.keys()].filter((name) => name.startsWith("access-control-"));
    expect([request, cors]).toEqual([request, []]);
  }
});

test("an upgrade to WebSocket is not made", async () => {
  const headers = ["Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: eA=="];
  for (const path of ["/api/v1/policies", "/api/v1/nowhere"]) {
    const answer = await rawRequest(
      api.url,
      `GET ${path} HTTP/1.1`,
      `Host: ${host}`,
      "Origin: http://evil.example",
      ...headers,
    );
    expect([200, 404]).toContain(answer.status);
    expect(answer.headers.get("upgrade")).toBeUndefined();
  }
});
