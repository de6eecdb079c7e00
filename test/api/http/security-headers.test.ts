// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { SECURITY_HEADERS } from "../../../src/api/http/security-headers.ts";
import { startApi } from "../api-server.ts";
import { rawRequest } from "./raw-request.ts";

const LENGTH = `Content-Length: ${2 * 1024 * 1024}`;
const JSON_TYPE = "Content-Type: application/json";

test("every answer carries the security headers once, errors included", async () => {
  const { url, controller } = await startApi();
  const { host } = new URL(url);
  const requests: [status: number, request: string, ...headers: string[]][] = [
    [200, "GET /api/v1/status"],
    [200, "HEAD /api/v1/status"],
    [200, "HEAD /api/v1/events"],
    [200, "POST /api/v1/taps:suspend"],
    [200, "GET /healthz"],
    [200, "GET /metrics"],
    [200, "GET /openapi.json"],
    [400, "GET /api/v1/policies/%zz"],
    [400, "POST /api/v1/policies"],
    [400, "GET /api/v1/status", "Host: a b"],
    [403, "DELETE /api/v1/policies/a", "Origin: null"],
    [404, "GET /nowhere"],
    [404, "GET /docs/nowhere"],
    [404, "DELETE /api/v1/policies/none"],
    [414, `GET /api/v1/policies/${"x".repeat(200)}`],
    [405, "PUT /api/v1/status"],
    [413, "POST /api/v1/policies", JSON_TYPE, LENGTH],
    [415, "POST /api/v1/policies", "Content-Type: text/plain", "Content-Length: 1", "", "x"],
    [417, "GET /healthz", "Expect: more"],
    [421, "GET /api/v1/status", "Host: evil.example"],
    [431, "GET /healthz", `X: ${"x".repeat(20_000)}`],
    [400, "no request"],
  ];
  const answers = requests.map(async ([status, request, ...headers]) => {
    const hosts = headers.some((header) => header.startsWith("Host:")) ? [] : [`Host: ${host}`];
    const answer = await rawRequest(url, `${request} HTTP/1.1`, ...hosts, ...headers);
    const carried = Object.keys(SECURITY_HEADERS).map((name) => [name, answer.headers.get(name)]);
    expect([request, answer.status]).toEqual([request, status]);
    expect([request, Object.fromEntries(carried)]).toEqual([request, SECURITY_HEADERS]);
  });
  await Promise.all(answers);
  controller.bug = new Error("defect");
  const { status, headers } = await rawRequest(
    url,
    "GET /api/v1/policies/a HTTP/1.1",
    `Host: ${host}`,
  );
  expect([status, headers.get("cache-control")]).toEqual([500, "no-store"]);
});

test("a stream of events carries them", async () => {
  const { url } = await startApi();
  const leave = new AbortController();
  const { headers } = await fetch(`${url}/api/v1/events`, { signal: leave.signal });
  leave.abort();
  expect(Object.fromEntries(headers)).toMatchObject(SECURITY_HEADERS);
});

test("the pages at /docs may load their own files, and nothing else", async () => {
  const { url } = await startApi();
  for (const path of ["/docs", "/docs/", "/docs/json", "/docs/static/swagger-ui-bundle.js"]) {
    const { status, headers } = await fetch(url + path);
    expect([path, status]).toEqual([path, 200]);
    const policy = headers.get("content-security-policy");
    expect(policy).toContain("default-src 'none'; script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    const { "content-security-policy": _, "cache-control": __, ...others } = SECURITY_HEADERS;
    expect(Object.fromEntries(headers)).toMatchObject(others);
  }
});

test("the policy is as strict as it is meant to be", () => {
  expect(SECURITY_HEADERS).toEqual({
    "content-security-policy":
      "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy":
      "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cache-control": "no-store",
  });
});
