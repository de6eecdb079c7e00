// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { waitFor } from "../lab/wait-for.ts";
import { policy, startApi } from "./api-server.ts";
import { openStream } from "./event-reader.ts";
import { NETWORK, NO_LINK_RATES } from "./network.ts";

test("rates come in pages, the links with the first one", async () => {
  const { controller, call } = await startApi();
  controller.sampleRates({ a: 1, b: 2, c: 3 });
  const first = await call("GET /rates?limit=2");
  expect(first.status).toBe(200);
  expect(first.body).toMatchObject({
    ...{ at: "1970-01-01T00:00:02.000Z", intervalMs: 10_000, complete: true },
    policies: { id: ["a", "b"], copiedPps: [1, 2], lostPps: [null, null] },
    links: NETWORK.linkRates,
  });
  const second = await call(`GET /rates?limit=2&cursor=${first.body.nextCursor}`);
  expect(second.body).toMatchObject({ policies: { id: ["c"] }, links: NO_LINK_RATES });
  expect(second.body.nextCursor).toBeNull();
  const one = await call("GET /rates?policy=b");
  expect(one.body).toMatchObject({ policies: { id: ["b"] }, links: NO_LINK_RATES });
  for (const query of ["limit=0", "limit=10001", "cursor=x", "links=1"]) {
    expect([query, (await call(`GET /rates?${query}`)).status]).toEqual([query, 400]);
  }
});

test("the history is that of one policy or of one link", async () => {
  const { call } = await startApi();
  await call("PUT /policies/a", { body: policy("a") });
  const ofPolicy = await call("GET /rates/history?policy=a");
  expect(ofPolicy.body).toMatchObject({ stepMs: 10_000, copiedPps: [5], lostPps: [0] });
  const ofLink = await call("GET /rates/history?link=0000000000000001:10");
  expect(ofLink.body).toMatchObject({ pps: [1], copiesPps: [null] });
  for (const [query, status] of [
    ["", 400],
    ["policy=a&link=0000000000000001:10", 400],
    ["link=s1:10", 400],
    ["policy=b", 404],
    ["link=0000000000000001:11", 404],
  ] as const) {
    expect([query, (await call(`GET /rates/history?${query}`)).status]).toEqual([query, status]);
  }
});

test("a stream with rates begins with all of them, and continues with those that changed", async () => {
  const api = await startApi();
  const { controller } = api;
  controller.sampleRates({ a: 1, b: 2 });
  expect(controller.rateWatchers).toBe(0);
  const { next, close } = await openStream(api, { query: "?rates=1" });
  const first = await next();
  expect(first).toMatchObject({ event: "rates", data: { complete: true, intervalMs: 2000 } });
  expect(first?.id).toBeUndefined();
  expect(first?.data.policies).toMatchObject({ id: ["a", "b"], copiedPps: [1, 2] });
  expect(controller.rateWatchers).toBe(1);
  controller.sampleRates({ b: 0 });
  const second = await next();
  expect(second?.data).toMatchObject({ complete: false, policies: { id: ["b"], copiedPps: [0] } });
  // Another client begins with all of them, and both are served by one subscription.
  const other = await openStream(api, { query: "?rates=1" });
  expect((await other.next())?.data).toMatchObject({
    complete: true,
    policies: { id: ["a", "b"] },
  });
  controller.sampleRates({ a: 4 });
  expect((await next())?.data.policies.id).toEqual(["a"]);
  expect((await other.next())?.data.policies.id).toEqual(["a"]);
  expect(controller.rateWatchers).toBe(1);
  // Events come on the same stream, with their ids.
  await api.call("PUT /policies/a", { body: policy("a") });
  expect(await next()).toMatchObject({ event: "policyCreated", id: expect.any(String) });
  close();
  other.close();
  await waitFor(() => controller.rateWatchers === 0, { what: "the end of the subscription" });
});

test("a stream without the parameter has no rates, and nothing is watched for it", async () => {
  const api = await startApi();
  const { next } = await openStream(api);
  api.controller.sampleRates({ a: 1 });
  await api.call("PUT /policies/a", { body: policy("a") });
  expect((await next())?.event).toBe("policyCreated");
  expect(api.controller.rateWatchers).toBe(0);
  expect((await api.call("GET /events?rates=2")).status).toBe(400);
});

test("a client that reads nothing gets no frames meanwhile, and then a complete one", async () => {
  const api = await startApi();
  const ids = Array.from({ length: 2000 }, (_, n) => `policy-${n}`);
  const sample = (pps: number) =>
    api.controller.sampleRates(Object.fromEntries(ids.map((id) => [id, pps])));
  sample(0);
  const { next } = await openStream(api, { query: "?rates=1" });
  expect((await next())?.data.policies.id).toHaveLength(ids.length);
  // Far more than a connection takes while nothing is read.
  for (let pps = 1; pps <= 100; pps++) {
    sample(pps);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const seen: boolean[] = [];
  for (let last = 0; last !== 101; ) {
    const frame = await next();
    seen.push(frame?.data.complete);
    last = frame?.data.policies.copiedPps[0];
    if (last !== 101) sample(101);
  }
  expect(seen.length).toBeLessThan(100);
  expect(seen).toContain(true);
});
