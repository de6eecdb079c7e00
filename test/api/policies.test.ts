// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { policy, startApi } from "./api-server.ts";

test("a policy is created with a location, an ETag and a status, and read back as it was written", async () => {
  const { call } = await startApi();
  const document = policy("web", {
    description: "as written",
    filters: { tcp_dst: [80, "8000-8099"] },
  });
  const created = await call("POST /policies", { body: document });
  expect(created.status).toBe(201);
  expect(created.headers.get("location")).toBe("/api/v1/policies/web");
  expect(created.headers.get("etag")).toBe('"1"');
  const { origin, revision, createdAt, updatedAt, status, health, counters, ...rest } =
    created.body;
  expect(rest).toEqual(document);
  expect(Object.keys(created.body).slice(0, 4)).toEqual(Object.keys(document).slice(0, 4));
  expect({ origin, revision }).toEqual({ origin: { kind: "api" }, revision: 1 });
  expect(createdAt).toBe(updatedAt);
  expect(counters).toMatchObject({ readAt: null });
  expect(health).toMatchObject({ state: "healthy", lost: 0, because: [] });
  expect(status).toEqual({ state: "pending", reasons: ["switch s1 has not confirmed it"] });
  const read = await call("GET /policies/web");
  expect(read.body).toEqual(created.body);
  expect(read.headers.get("etag")).toBe('"1"');
});

test("a policy without an id gets one", async () => {
  const { call } = await startApi();
  const { id: _, ...document } = policy("x");
  const created = await call("POST /policies", { body: document });
  expect(created.status).toBe(201);
  expect(created.headers.get("location")).toBe(`/api/v1/policies/${created.body.id}`);
});

test("an id that is taken is not created again", async () => {
  const { call } = await startApi();
  await call("POST /policies", { body: policy("web") });
  const again = await call("POST /policies", { body: policy("web") });
  expect(again.status).toBe(409);
  expect(again.body).toMatchObject({
    type: "urn:openvtap:problem:exists",
    status: 409,
    detail: 'there is already a policy "web"; use PUT to replace it',
    instance: "/api/v1/policies",
  });
});

test("PUT creates, replaces, and accepts the answer of a GET", async () => {
  const { call } = await startApi();
  const first = await call("PUT /policies/web", { body: policy("web") });
  expect(first.status).toBe(201);
  expect(first.headers.get("location")).toBe("/api/v1/policies/web");
  const second = await call("PUT /policies/web", { body: { ...first.body, name: "changed" } });
  expect(second.status).toBe(200);
  expect(second.body).toMatchObject({ name: "changed", revision: 2, origin: { kind: "api" } });
  expect(second.headers.get("location")).toBeNull();
});

test("PUT takes the id of the URL and rejects another in the body", async () => {
  const { call } = await startApi();
  const { id: _, ...document } = policy("x");
  expect((await call("PUT /policies/web", { body: document })).body.id).toBe("web");
  const other = await call("PUT /policies/web", { body: policy("other") });
  expect(other.status).toBe(422);
  expect(other.body.errors).toEqual([
    {
      pointer: "/id",
      detail: `the policy's id is "other" but the URL says "web"`,
      remedy: "omit it, or write the same id",
    },
  ]);
});

test("mistakes are reported one by one, with pointer and remedy", async () => {
  const { call } = await startApi();
  const body = { ...policy("web"), sendr: 1, receiver: { mac: "nonsense" }, status: "ignored" };
  const answer = await call("POST /policies", { body });
  expect(answer.status).toBe(422);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(answer.body.type).toBe("urn:openvtap:problem:invalid-document");
  expect(answer.body.errors).toEqual([
    { pointer: "/sendr", detail: 'unknown key "sendr"', remedy: 'did you mean "sender"?' },
  ]);
  const { sendr: _, ...second } = body;
  const { errors } = (await call("POST /policies", { body: second })).body;
  expect(errors).toMatchObject([{ pointer: "/receiver/mac" }]);
  expect((await call("GET /policies")).body.items).toEqual([]);
});

test("a merge patch changes what it names and nothing else", async () => {
  const { call } = await startApi();
  await call("PUT /policies/web", {
    body: policy("web", { name: "old", filters: { ip_proto: "tcp", tcp_dst: 80 } }),
  });
  const patched = await call("PATCH /policies/web", {
    headers: { "content-type": "application/merge-patch+json" },
    body: { name: null, enabled: false, filters: { tcp_dst: 443 }, revision: 77 },
  });
  expect(patched.status).toBe(200);
  expect(patched.headers.get("etag")).toBe('"2"');
  expect(patched.body).toMatchObject({
    enabled: false,
    filters: { ip_proto: "tcp", tcp_dst: 443 },
    revision: 2,
    status: { state: "disabled" },
  });
  expect(patched.body).not.toHaveProperty("name");
  const plain = await call("PATCH /policies/web", { body: { enabled: true } });
  expect(plain.body).toMatchObject({ enabled: true, revision: 3 });
});

test("a patch may not rename a policy, and an invalid patch changes nothing", async () => {
  const { call } = await startApi();
  await call("PUT /policies/web", { body: policy("web") });
  expect((await call("PATCH /policies/web", { body: { id: "other" } })).status).toBe(422);
  const broken = await call("PATCH /policies/web", { body: { monitors: [] } });
  expect(broken.status).toBe(422);
  expect(broken.body.errors).toMatchObject([{ pointer: "/monitors" }]);
  expect((await call("GET /policies/web")).body.revision).toBe(1);
  expect((await call("PATCH /policies/none", { body: {} })).status).toBe(404);
});

test("a deleted policy is gone", async () => {
  const { call } = await startApi();
  await call("PUT /policies/web", { body: policy("web") });
  const deleted = await call("DELETE /policies/web");
  expect([deleted.status, deleted.body]).toEqual([204, ""]);
  expect((await call("DELETE /policies/web")).status).toBe(404);
  expect((await call("GET /policies/web")).body.detail).toBe('there is no policy "web"');
});

test("a policy from a file is read-only, and the answer names the file", async () => {
  const { call, controller } = await startApi();
  controller.addFromFile(policy("web"), "/etc/openvtap/web.json");
  const read = await call("GET /policies/web");
  expect(read.body.origin).toEqual({ kind: "file", file: "/etc/openvtap/web.json" });
  const calls = [
    call("PUT /policies/web", { body: policy("web") }),
    call("PATCH /policies/web", { body: { enabled: false } }),
    call("DELETE /policies/web"),
  ];
  for (const answer of await Promise.all(calls)) {
    expect(answer.status).toBe(409);
    expect(answer.body.type).toBe("urn:openvtap:problem:read-only");
    expect(answer.body.detail).toContain("/etc/openvtap/web.json");
  }
});

test("a dry run reports what would happen and writes nothing", async () => {
  const { call } = await startApi();
  const dryRun = await call("POST /policies:validate", { body: policy("web") });
  expect([dryRun.status, dryRun.body.state]).toEqual([200, "active"]);
  expect((await call("GET /policies")).body.items).toEqual([]);
  expect((await call("POST /policies:validate", { body: {} })).status).toBe(422);
});

test("a write that cannot reach the disk is not acknowledged", async () => {
  const { call, controller } = await startApi();
  controller.diskFailure = "the disk is full";
  const answer = await call("POST /policies", { body: policy("web") });
  expect([answer.status, answer.body.detail]).toEqual([503, "the disk is full"]);
});

test("the ways of a policy are probed on demand", async () => {
  const { call } = await startApi();
  await call("POST /policies", { body: policy("web") });
  const { status, body } = await call("POST /policies/web:probe");
  expect(status).toBe(200);
  expect(body).toMatchObject({
    ...{ id: "web", health: { state: "healthy" } },
    ways: [{ monitor: "h3", from: "s1", to: "s2", state: "healthy", rttMs: 1.5, lost: 0 }],
  });
  expect((await call("POST /policies/none:probe")).status).toBe(404);
  expect((await call("POST /policies/web:probe?wait=1")).status).toBe(400);
  expect((await call("GET /policies/web:probe")).status).toBe(405);
});

test("the counters of a policy come with it, and for each monitor on their own", async () => {
  const { call } = await startApi();
  const created = await call("PUT /policies/web", { body: policy("web") });
  expect(created.body.counters).toMatchObject({ copied: { packets: 5 }, loss: { packets: 2 } });
  const { status, body } = await call("GET /policies/web/counters");
  expect([status, body.id]).toEqual([200, "web"]);
  expect(body).toMatchObject(created.body.counters);
  expect(body.monitors).toMatchObject([{ monitor: "h3", delivered: { bytes: 300 } }]);
  expect((await call("GET /policies/none/counters")).status).toBe(404);
  expect((await call("GET /policies/web/counters?monitor=h3")).status).toBe(400);
  expect((await call("DELETE /policies/web/counters")).status).toBe(405);
  // The answer of a GET can be sent back: counters are ignored.
  const again = await call("PUT /policies/web", { body: { ...created.body, counters: "many" } });
  expect(again.status).toBe(200);
  expect(again.body).not.toHaveProperty("counters", "many");
});
