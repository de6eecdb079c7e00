// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { policy, startApi } from "./api-server.ts";

test("of two writers that read the same policy, one wins and the other gets a 412", async () => {
  const { call } = await startApi();
  const { headers } = await call("PUT /policies/web", { body: policy("web") });
  const ifMatch = { "if-match": headers.get("etag") ?? "" };
  const answers = await Promise.all(
    ["one", "two"].map((name) =>
      call("PUT /policies/web", { headers: ifMatch, body: policy("web", { name }) }),
    ),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
  const lost = answers.find(({ status }) => status === 412);
  expect(lost?.body.type).toBe("urn:openvtap:problem:precondition-failed");
  expect(lost?.headers.get("etag")).toBe('"2"');
});

test("PATCH and DELETE check preconditions alike", async () => {
  const { call } = await startApi();
  await call("PUT /policies/web", { body: policy("web") });
  const stale = { "if-match": '"9"' };
  expect((await call("PATCH /policies/web", { headers: stale, body: {} })).status).toBe(412);
  expect((await call("DELETE /policies/web", { headers: stale })).status).toBe(412);
  const fresh = { "if-match": '"9", "1"' };
  expect((await call("PATCH /policies/web", { headers: fresh, body: {} })).status).toBe(200);
  expect((await call("DELETE /policies/web", { headers: { "if-match": "*" } })).status).toBe(204);
});

test("patches of different members at the same time all take effect", async () => {
  const { call } = await startApi();
  await call("PUT /policies/web", { body: policy("web") });
  const patches = [{ name: "n" }, { description: "d" }, { enabled: false }, { direction: "both" }];
  const answers = await Promise.all(patches.map((body) => call("PATCH /policies/web", { body })));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect((await call("GET /policies/web")).body).toMatchObject(Object.assign({}, ...patches));
});

test("If-None-Match: * creates and never replaces", async () => {
  const { call } = await startApi();
  const create = { headers: { "if-none-match": "*" }, body: policy("web") };
  const answers = await Promise.all([
    call("PUT /policies/web", create),
    call("PUT /policies/web", create),
  ]);
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 412]);
});

test("If-Match never creates; weak and foreign tags never match; a malformed one is reported", async () => {
  const { call } = await startApi();
  const put = async (tag: string) =>
    (await call("PUT /policies/web", { headers: { "if-match": tag }, body: policy("web") })).status;
  expect(await put("*")).toBe(412);
  expect(await put('"1"')).toBe(412);
  await call("PUT /policies/web", { body: policy("web") });
  expect(await put('W/"1"')).toBe(412);
  expect(await put('"abc"')).toBe(412);
  expect(await put("1")).toBe(400);
  expect(await put('"1"')).toBe(200);
});

test("an ETag of a deleted policy does not match a new policy with the same id", async () => {
  const { call } = await startApi();
  const old = (await call("PUT /policies/web", { body: policy("web") })).headers.get("etag") ?? "";
  await call("DELETE /policies/web");
  await call("PUT /policies/web", { body: policy("web") });
  expect((await call("DELETE /policies/web", { headers: { "if-match": old } })).status).toBe(412);
});
