// SPDX-License-Identifier: Apache-2.0
import fastify from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { Authenticator } from "../../../src/access/authenticator.ts";
import { tagLists } from "../../../src/api/delivery/list-tags.ts";
import { recordOf, tokenNamed } from "../../access/tokens.ts";
import { startApi } from "../api-server.ts";

const LISTS = ["policies", "groups", "switches", "links", "hosts", "topology"];

test.each(LISTS)(
  "/%s: a client that has the list gets 304 until something happens",
  async (list) => {
    const { call, controller } = await startApi();
    // Two times, of which one at most is just before its tag ends.
    const unchanged = async () => {
      const { headers } = await call(`GET /${list}`);
      const etag = headers.get("etag") ?? "";
      expect(etag).toMatch(/^W\/"[\w-]{16}"$/);
      const again = await call(`GET /${list}`, { headers: { "if-none-match": `"x", ${etag}` } });
      return { etag, again };
    };
    let { etag, again } = await unchanged();
    if (again.status !== 304) ({ etag, again } = await unchanged());
    expect([again.status, again.body, again.headers.get("etag")]).toEqual([304, "", etag]);
    controller.emit({ type: "roleChanged", dpid: "1", switch: "s1", new: "slave" });
    const changed = await call(`GET /${list}`, { headers: { "if-none-match": etag } });
    expect(changed.status).toBe(200);
    expect(changed.headers.get("etag")).not.toBe(etag);
  },
);

test("a tag ends after ten seconds, because counters are no events", async () => {
  let now = 1_000_000;
  const app = fastify();
  onTestFinished(() => app.close());
  app.decorateRequest("identity");
  app.addHook("onRequest", async (request) => {
    Object.assign(request, { identity: { role: "admin" } });
  });
  tagLists(app, { subscribe: () => () => undefined }, () => now);
  app.get("/api/v1/links", async () => ({}));
  app.get("/api/v1/status", async () => ({}));
  const tagOf = async (url: string) => (await app.inject({ url: `/api/v1/${url}` })).headers.etag;
  const first = await tagOf("links");
  now += 9_999;
  expect(await tagOf("links")).toBe(first);
  now += 1;
  expect(await tagOf("links")).not.toBe(first);
  expect(await tagOf("status")).toBeUndefined();
});

test("a wrong request is an error whatever the client has; a project gets no tags", async () => {
  const tokens = [recordOf("admin", "admin"), recordOf("a", "member", { project: "a" })];
  const { call } = await startApi({ authenticator: new Authenticator({ tokens }) });
  const as = (who: string, path: string, headers = {}) =>
    call(`GET ${path}`, { headers: { authorization: `Bearer ${tokenNamed(who)}`, ...headers } });
  await as("admin", "/policies");
  const etag = (await as("admin", "/policies")).headers.get("etag");
  const wrong = await as("admin", "/policies?limit=0", { "if-none-match": etag });
  expect(wrong.status).toBe(400);
  expect((await as("a", "/policies")).headers.get("etag")).toBeNull();
  expect((await as("a", "/policies", { "if-none-match": etag })).status).toBe(200);
});
