// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { startApi } from "../api-server.ts";
import { BUILT_PAGE } from "./built-page.ts";

const open = () => startApi({ page: BUILT_PAGE });

test("the page is asked for again each time, and is not sent again unchanged", async () => {
  const { call } = await open();
  const first = await call("GET //");
  expect([first.status, first.body]).toEqual([200, expect.stringContaining("<title>OpenVTAP")]);
  expect(Object.fromEntries(first.headers)).toMatchObject({
    "cache-control": "no-cache",
    "content-type": "text/html; charset=utf-8",
    vary: "accept-encoding",
    "x-content-type-options": "nosniff",
  });
  // Without a cache-control of its own fetch asks for no copy.
  const etag = first.headers.get("etag") ?? "";
  const headers = { "if-none-match": etag, "cache-control": "max-age=0" };
  expect((await call("GET //", { headers })).status).toBe(304);
});

test("the content policy of the page allows files of this origin, and nothing inline", async () => {
  const { call } = await open();
  const policy = (await call("GET //")).headers.get("content-security-policy") ?? "";
  const directives = Object.fromEntries(
    policy.split("; ").map((directive) => [directive.split(" ")[0], directive.split(" ").slice(1)]),
  );
  expect(directives).toEqual({
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "connect-src": ["'self'"],
    "worker-src": ["'self'"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "frame-ancestors": ["'none'"],
  });
});

test("an asset is kept for a year, and sent in the form that the client takes", async () => {
  const { call } = await open();
  const forms = [
    ["br", "br"],
    ["identity", null],
  ] as const;
  for (const [accepted, encoding] of forms) {
    const asset = await call("GET //assets/page.js", { headers: { "accept-encoding": accepted } });
    expect([asset.status, asset.body]).toEqual([200, 'document.title = "OpenVTAP";\n']);
    expect(asset.headers.get("content-encoding")).toBe(encoding);
    expect(asset.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  }
});

test("no other file is served", async () => {
  const { call } = await open();
  const paths = [
    ...["/index.html", "/assets/none.js", "/assets/..%2findex.html", "/assets/%2e%2e/index.html"],
    ...["/assets/..%5cindex.html", "/assets/", "/assets", "/assets/../../page-files.test.ts"],
  ];
  for (const path of paths) {
    const { status, headers } = await call(`GET /${path}`);
    expect([path, status, headers.get("content-type")]).toEqual([
      ...[path, 404, "application/problem+json"],
    ]);
  }
});

test("the page is read, not written", async () => {
  const { call } = await open();
  for (const path of ["//", "//assets/page.js"]) {
    expect([path, (await call(`POST ${path}`)).status]).toEqual([path, 405]);
    expect([path, (await call(`HEAD ${path}`)).status]).toEqual([path, 200]);
  }
});

test("without the page there is nothing at its address", async () => {
  const { call } = await startApi();
  expect((await call("GET //")).status).toBe(404);
});
