// SPDX-License-Identifier: Apache-2.0
import fastify from "fastify";
import { expect, test } from "vitest";
import { Authenticator } from "../../../src/access/authenticator.ts";
import { requireRules } from "../../../src/api/access/operation-rules.ts";
import { recordOf, tokenNamed } from "../../access/tokens.ts";
import { waitFor } from "../../lab/wait-for.ts";
import { startApi } from "../api-server.ts";

const bearer = (name: string) => ({ authorization: `Bearer ${tokenNamed(name)}` });

test("a request without a valid token gets a challenge, and no token is logged or returned", async () => {
  const tokens = [
    recordOf("viewer", "viewer"),
    recordOf("old", "admin", { expiresAt: "2020-01-01T00:00:00Z" }),
  ];
  const { call, log } = await startApi({ authenticator: new Authenticator({ tokens }) });
  const missing = await call("GET /policies");
  expect(missing.headers.get("www-authenticate")).toBe('Bearer realm="openvtap"');
  expect(missing.body).toMatchObject({
    type: "urn:openvtap:problem:unauthorized",
    status: 401,
    detail: "this server requires a token; send the header Authorization: Bearer TOKEN",
  });
  for (const name of ["old", "unknown"]) {
    const { status, headers, body } = await call("GET /policies", { headers: bearer(name) });
    expect(status).toBe(401);
    expect(headers.get("www-authenticate")).toBe('Bearer realm="openvtap", error="invalid_token"');
    expect(JSON.stringify(body)).not.toContain(tokenNamed(name));
  }
  const forbidden = await call("POST /taps:suspend", { headers: bearer("viewer") });
  expect(forbidden.body).toMatchObject({
    type: "urn:openvtap:problem:forbidden",
    status: 403,
    detail: "this needs the role operator or admin, and the token has the role viewer",
  });
  for (let n = 0; n < 10; n++) await call("GET /policies", { headers: bearer("unknown") });
  const locked = await call("GET /policies", { headers: bearer("unknown") });
  expect([locked.status, locked.body.type]).toEqual([
    429,
    "urn:openvtap:problem:too-many-failures",
  ]);
  expect(Number(locked.headers.get("retry-after"))).toBeGreaterThan(50);
  expect((await call("GET /policies", { headers: bearer("viewer") })).status).toBe(200);
  const warnings = log.map((line) => JSON.parse(line)).filter(({ msg }) => /locked/.test(msg));
  expect(warnings).toMatchObject([{ address: "127.0.0.1", seconds: 60 }]);
  expect(log.join("")).not.toContain("vtap_");
});

test("a token whose service does not answer is answered with 503, never with 401", async () => {
  const oidc = { issuer: "https://id.example.org", audience: "openvtap", roleClaim: "roles" };
  const service = {
    name: "the OIDC issuer",
    validate: async () => ({ type: "unavailable" }) as const,
  };
  const factories = { oidc: () => service, keystone: () => service };
  const authenticator = new Authenticator({ tokens: [], oidc }, { factories });
  const { call } = await startApi({ authenticator });
  const headers = { authorization: "Bearer a.b.c" };
  for (let n = 0; n < 20; n++) {
    const { status, headers: sent, body } = await call("GET /policies", { headers });
    expect([status, sent.get("retry-after"), sent.get("www-authenticate")]).toEqual([
      503,
      "5",
      null,
    ]);
    expect(body).toMatchObject({
      type: "urn:openvtap:problem:identity-unavailable",
      detail:
        "the OIDC issuer does not answer, and only it can validate the token; try again later",
    });
  }
});

test("a write that is not allowed is rejected before its body is read", async () => {
  const authenticator = new Authenticator({ tokens: [recordOf("viewer", "viewer")] });
  const { call } = await startApi({ authenticator });
  const text = "x".repeat(2 * 1024 * 1024);
  const headers = { ...bearer("viewer"), "content-type": "text/plain" };
  const { status } = await call("POST /policies", { headers, text }).catch(() => ({ status: 403 }));
  expect(status).toBe(403);
});

test("an event stream ends at the next event after its token is revoked", async () => {
  const tokens = [recordOf("stays", "viewer"), recordOf("goes", "viewer")];
  const authenticator = new Authenticator({ tokens });
  const { url, controller } = await startApi({ authenticator });
  const open = async (name: string) => {
    const response = await fetch(`${url}/api/v1/events`, { headers: bearer(name) });
    const received = { text: "", hasEnded: false };
    const read = async () => {
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? []) received.text += decoder.decode(chunk);
    };
    read().then(
      () => (received.hasEnded = true),
      () => (received.hasEnded = true),
    );
    await waitFor(() => received.text.includes("retry"));
    return received;
  };
  const [stays, goes] = [await open("stays"), await open("goes")];
  const publish = (reason: string) =>
    controller.emit({ type: "tapsSuspended", since: "2026-01-01T00:00:00.000Z", reason });
  publish("first");
  await waitFor(() => [stays, goes].every(({ text }) => text.includes("first")));
  authenticator.replace({ tokens: tokens.slice(0, 1) });
  publish("second");
  await waitFor(() => stays.text.includes("second") && goes.hasEnded);
  expect([stays.hasEnded, goes.text.includes("second")]).toEqual([false, false]);
});

test("the description names the token where one is required", async () => {
  const authenticator = new Authenticator({ tokens: [recordOf("viewer", "viewer")] });
  const { call } = await startApi({ authenticator });
  const { body } = await call("GET //openapi.json", { headers: bearer("viewer") });
  expect(body.security).toEqual([{ token: [] }, { keystoneToken: [] }, { session: [] }]);
  expect(body.components.securitySchemes.keystoneToken).toMatchObject({ name: "X-Auth-Token" });
  expect(body.components.securitySchemes.token).toMatchObject({ type: "http", scheme: "bearer" });
  expect(body.paths["/healthz"].get.security).toEqual([]);
  expect(body.paths["/metrics"].get.security).toBeUndefined();
});

test("a route without a row in the table of operations is an error at the start", async () => {
  const app = fastify();
  requireRules(app);
  expect(() => app.get("/api/v1/policies", () => "")).not.toThrow();
  expect(() => app.get("/api/v1/secrets", () => "")).toThrow("GET /api/v1/secrets is no row");
  expect(() => app.delete("/api/v1/policies", () => "")).toThrow("DELETE /api/v1/policies is no");
  expect(() =>
    app.route({ method: ["GET", "POST"], url: "/api/v1/groups", handler: () => "" }),
  ).toThrow();
  expect(() => app.get("/constructor", () => "")).toThrow();
});
