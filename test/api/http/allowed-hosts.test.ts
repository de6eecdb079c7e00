// SPDX-License-Identifier: Apache-2.0
import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiServer, openApi } from "../api-server.ts";
import { rawRequest } from "./raw-request.ts";

const STATUS = "GET /api/v1/status HTTP/1.1";

let api: ApiServer;
beforeAll(async () => {
  api = await openApi({ hosts: ["vtap.example.org", "192.0.2.7", "fd00::0007", "[fd00::8]"] });
});
afterAll(() => api.close());

/** The status of a request, and the kind of its problem. */
async function outcome(requestLine: string, ...headers: readonly string[]) {
  const { status, body } = await rawRequest(api.url, requestLine, ...headers);
  const { type = "" } = body.startsWith("{") ? JSON.parse(body) : {};
  return [status, String(type).replace("urn:openvtap:problem:", "")];
}

describe("the Host of a request", () => {
  test.each([
    "localhost",
    "localhost:8080",
    "localhost:",
    "LocalHost",
    "localhost.",
    "localhost.:8080",
    "127.0.0.1",
    "127.0.0.1:9000",
    "127.8.9.10",
    "[::1]",
    "[::1]:8080",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "vtap.example.org",
    "VTAP.Example.ORG.:443",
    "192.0.2.7",
    "[fd00::7]:8080",
    "[FD00::8]",
  ])("%s is allowed", async (host) => {
    expect(await outcome(STATUS, `Host: ${host}`)).toEqual([200, ""]);
  });

  test.each([
    "evil.example",
    "evil.example:8080",
    "localhost.evil.example",
    "localhost.localdomain",
    "127.0.0.1.evil.example",
    "sub.vtap.example.org",
    "vtap.example.org.evil.example",
    "example.org",
    "0.0.0.0",
    "192.0.2.8",
    "[fd00::9]",
    "[::]",
    "128.0.0.1",
  ])("%s is not", async (host) => {
    expect(await outcome(STATUS, `Host: ${host}`)).toEqual([421, "host-not-allowed"]);
  });

  test.each([
    "",
    "local host",
    "localhost/",
    "localhost:80:80",
    "user@localhost",
    "localhost, evil.example",
    "localhost#",
    "l%6fcalhost",
    "[::1",
    "::1",
    "localhost:99999",
  ])("%j is malformed", async (host) => {
    expect(await outcome(STATUS, `Host: ${host}`)).toEqual([400, "invalid-header"]);
  });

  test("a second Host is malformed, whichever is allowed", async () => {
    for (const hosts of [
      ["Host: localhost", "Host: evil.example"],
      ["Host: evil.example", "Host: localhost"],
    ]) {
      expect(await outcome(STATUS, ...hosts)).toEqual([400, "invalid-header"]);
    }
  });

  test("HTTP/1.0 needs none; HTTP/1.1 does", async () => {
    expect(await outcome("GET /api/v1/status HTTP/1.0")).toEqual([200, ""]);
    expect(await outcome("GET /api/v1/status HTTP/1.0", "Host: evil.example")).toEqual([
      421,
      "host-not-allowed",
    ]);
    expect(await outcome(STATUS)).toEqual([400, "invalid-header"]);
  });

  test("a proxy's word on the host is none", async () => {
    const headers = ["Host: evil.example", "X-Forwarded-Host: localhost"];
    expect(await outcome(STATUS, ...headers)).toEqual([421, "host-not-allowed"]);
  });

  test.each([
    ["http://localhost/api/v1/status", "localhost", 200],
    ["http://127.0.0.1:8080/api/v1/status", "localhost", 200],
    ["HTTP://LOCALHOST/api/v1/status", "localhost", 200],
    ["HTTP://EVIL.example/api/v1/status", "localhost", 421],
    ["http://evil.example/api/v1/status", "localhost", 421],
    ["http://localhost/api/v1/status", "evil.example", 421],
    ["https://evil.example/api/v1/status", "localhost", 421],
    ["http://localhost@evil.example/api/v1/status", "localhost", 400],
    ["http:///api/v1/status", "localhost", 400],
  ])("the target %s with Host %s: %i", async (target, host, status) => {
    const answer = await rawRequest(api.url, `GET ${target} HTTP/1.1`, `Host: ${host}`);
    expect(answer.status).toBe(status);
  });
});

test.each(["GET /nowhere", "GET /docs", "GET /docs/static/index.css", "GET /openapi.json"])(
  "%s is refused for another host, as everything is",
  async (request) => {
    expect(await outcome(`${request} HTTP/1.1`, "Host: evil.example")).toEqual([
      421,
      "host-not-allowed",
    ]);
  },
);

test("a write for another host does nothing", async () => {
  const answer = await outcome("POST /api/v1/taps:suspend HTTP/1.1", "Host: evil.example");
  expect(answer).toEqual([421, "host-not-allowed"]);
  expect(api.controller.taps().state).toBe("running");
});

test.each(["/healthz", "/readyz", "/metrics", "/metrics?x=1"])(
  "%s answers probes and scrapers, whatever they take the host for",
  async (path) => {
    for (const host of ["evil.example", "192.0.2.99:9090", "[fd00::99]"]) {
      expect((await outcome(`GET ${path} HTTP/1.1`, `Host: ${host}`))[0]).toBe(200);
    }
  },
);

test("the problem names the setting", async () => {
  const { body } = await rawRequest(api.url, STATUS, "Host: Evil.Example:99");
  const { errors, detail } = JSON.parse(body);
  expect(errors).toMatchObject([
    { header: "Host", detail: '"evil.example" is not a name of this server' },
  ]);
  expect(detail).toContain("the setting httpHosts (--http-hosts, VTAP_HTTP_HOSTS)");
});

test("a listener on all addresses is reached by each of the machine's own", async () => {
  const everywhere = await openApi({ listen: "0.0.0.0" });
  try {
    const own = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ family }) => family === "IPv4")
      .map(({ address }) => address);
    const { port } = new URL(everywhere.url);
    for (const address of own) {
      const url = `http://${address}:${port}`;
      expect((await rawRequest(url, STATUS, `Host: ${address}:${port}`)).status).toBe(200);
      // Another address of the same machine is not where this connection arrived.
      expect((await rawRequest(url, STATUS, "Host: 192.0.2.7")).status).toBe(421);
    }
    expect(own).toContain("127.0.0.1");
  } finally {
    await everywhere.close();
  }
});
