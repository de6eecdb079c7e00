// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { Authenticator } from "../../src/access/authenticator.ts";
import { recordOf, tokenNamed } from "../access/tokens.ts";
import { policy, startApi } from "./api-server.ts";

test("status counts policies, switches, links and hosts", async () => {
  const { call } = await startApi();
  await call("PUT /policies/a", { body: policy("a", { enabled: false }) });
  const { body } = await call("GET /status");
  expect(body).toMatchObject({
    version: "1.2.3",
    policies: { total: 1, byState: { disabled: 1, active: 0 } },
    switches: { configured: 2, accepted: 0, quarantined: 0, connected: 1 },
  });
});

test("settings are for administrators, and status says where switches connect", async () => {
  const settings = [{ name: "page", description: "a page", value: true, isDefault: true }];
  const tokens = [
    recordOf("admin", "admin"),
    recordOf("viewer", "viewer"),
    recordOf("a", "viewer", { project: "a" }),
  ];
  const { call } = await startApi({ settings, authenticator: new Authenticator({ tokens }) });
  const as = (who: string, path: string) =>
    call(`GET ${path}`, { headers: { authorization: `Bearer ${tokenNamed(who)}` } });
  expect((await as("admin", "/settings")).body).toEqual({ items: settings });
  expect((await as("viewer", "/settings")).status).toBe(403);
  const openflow = [{ host: "127.0.0.1", port: 6653, tls: false }];
  expect((await as("viewer", "/status")).body).toMatchObject({ openflow });
  expect((await as("a", "/status")).body).not.toHaveProperty("openflow");
});

test("liveness and readiness are independent", async () => {
  const { call, controller } = await startApi();
  expect((await call("GET //readyz")).body).toEqual({ status: "ready" });
  controller.ready = false;
  expect((await call("GET //healthz")).body).toEqual({ status: "ok" });
  const answer = await call("GET //readyz");
  expect([answer.status, answer.body.detail]).toEqual([503, "the OpenFlow listener is not open"]);
  expect((await call("HEAD //healthz")).status).toBe(200);
});

test("metrics are in the text format of Prometheus", async () => {
  const { call } = await startApi();
  await call("GET /policies/none");
  await call("POST /policies:validate", { body: policy("a") });
  const answer = await call("GET //metrics");
  expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const lines = String(answer.body).trimEnd().split("\n");
  expect(lines).toContain('openvtap_build_info{version="1.2.3"} 1');
  expect(lines).toContain("openvtap_switches_connected 1");
  expect(lines).toContain(
    'openvtap_http_requests_total{method="GET",route="/api/v1/policies/:id",code="404"} 1',
  );
  expect(lines).toContain(
    'openvtap_http_requests_total{method="POST",route="/api/v1/policies:validate",code="200"} 1',
  );
  expect(lines).toContain('openvtap_mods_total{switch="odd \\"name\\"\\\\\\n"} 7');
  const sample = /^[a-z_]+(\{([a-z_]+="([^"\\]|\\.)*",?)+\})? \S+$/;
  expect(lines.filter((line) => !line.startsWith("#") && !sample.test(line))).toEqual([]);
  const names = lines.filter((line) => line.startsWith("# TYPE")).map((line) => line.split(" ")[2]);
  expect(new Set(names).size).toBe(names.length);
});
