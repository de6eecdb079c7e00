// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import type { ControllerOptions } from "../../../src/controller/index.ts";
import type { PolicyId } from "../../../src/policy/index.ts";
import { waitFor } from "../../lab/wait-for.ts";
import { MemoryPolicyStore, standAlone } from "../stand-alone.ts";

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 0, 2);
const text = (moment: number) => new Date(moment).toISOString();
const tap = (id: string, more: object = {}) => ({
  ...{ id, sender: { host: "h1" }, receiver: { host: "h2" }, monitors: [{ host: "h3" }] },
  ...more,
});

/** How many entries policy a has. */
function rulesOf({ compilation }: Awaited<ReturnType<typeof standAlone>>["parts"]): number {
  const plan = compilation.lastPlan("a" as PolicyId);
  return plan?.copies.flatMap(({ entries }) => entries).length ?? 0;
}

/** A controller whose wall clock the test sets. */
async function controllerAt(now: number, more: Partial<ControllerOptions> = {}) {
  const clock = { now };
  const store = new MemoryPolicyStore();
  const options = { now: () => text(clock.now), ...more };
  const controller = await standAlone(store, {}, undefined, options);
  const statusOf = async (id: string) => {
    return (await controller.call(`GET /policies/${id}`)).body?.status;
  };
  const becomes = (id: string, state: string) =>
    waitFor(async () => (await statusOf(id))?.state === state, { what: `${id} to be ${state}` });
  return { ...controller, clock, store, statusOf, becomes };
}

test("a policy expires, compiles to nothing, and is active again when PATCH extends it", async () => {
  const { call, clock, becomes, statusOf, parts } = await controllerAt(NOW);
  const entries = () => rulesOf(parts);
  const made = await call("POST /policies", tap("a", { expiresAt: text(NOW + HOUR) }));
  expect([made.status, made.body.expiresAt]).toEqual([201, text(NOW + HOUR)]);
  await parts.desired.idle();
  expect(entries()).toBe(1);
  clock.now += HOUR;
  await becomes("a", "expired");
  expect(entries()).toBe(0);
  expect((await statusOf("a")).reasons[0]).toContain(`it ended at ${text(NOW + HOUR)}`);
  const { body } = await call("GET /policies?state=expired");
  expect(body.items.map(({ id }: { id: string }) => id)).toEqual(["a"]);
  expect((await call("GET /status")).body.policies.byState).toMatchObject({ expired: 1 });

  const extended = await call("PATCH /policies/a", { expiresAt: text(NOW + 2 * HOUR) });
  expect([extended.status, extended.body.status.state]).toEqual([200, "pending"]);
  await parts.desired.idle();
  expect(entries()).toBe(1);
});

test("a stored policy that has expired is not compiled at the start, not for a moment", async () => {
  const store = new MemoryPolicyStore();
  store.keep("a", tap("a", { expiresAt: text(NOW - 1) }));
  const { parts, call } = await standAlone(store, {}, undefined, { now: () => text(NOW) });
  expect(rulesOf(parts)).toBe(0);
  expect((await call("GET /policies/a")).body.status.state).toBe("expired");
});

test("a policy whose retention is over is deleted, from the store too", async () => {
  const lifetimes = { retentionMs: 0 };
  const { call, clock, store } = await controllerAt(NOW, { lifetimes });
  await call("POST /policies", tap("a", { expiresAt: text(NOW + HOUR) }));
  await call("POST /policies", tap("b"));
  clock.now += HOUR;
  const isGone = async () => (await call("GET /policies/a")).status === 404;
  await waitFor(isGone, { what: "the policy to be deleted" });
  expect([...store.documents.keys()]).toEqual(["b"]);
});

test("a policy with a schedule waits for its start", async () => {
  const { call, clock, becomes, parts } = await controllerAt(NOW);
  const schedule = { from: text(NOW + HOUR), until: text(NOW + 2 * HOUR) };
  const made = await call("POST /policies?wait=60000", tap("a", { schedule }));
  expect(made.body.status).toEqual({
    state: "pending",
    reasons: [`it starts at ${text(NOW + HOUR)}`],
  });
  const copies = () => rulesOf(parts);
  expect(copies()).toBe(0);
  clock.now += HOUR;
  await waitFor(async () => copies() === 1, { what: "its copies to be planned" });
  clock.now += HOUR;
  await becomes("a", "expired");
});

test("explain says that a policy has ended", async () => {
  const { call, clock, becomes } = await controllerAt(NOW);
  await call("POST /policies", tap("a", { expiresAt: text(NOW + HOUR) }));
  clock.now += HOUR;
  await becomes("a", "expired");
  const body = { policies: ["a"], at: { host: "h1" }, to: { host: "h2" }, frame: { tcp_dst: 80 } };
  const { body: explained } = await call("POST /explain", body);
  expect(explained.policies).toMatchObject([
    { id: "a", state: "expired", matches: false, reason: expect.stringContaining("it ended at") },
  ]);
});

describe("limits", () => {
  const limited = (policyLife: ControllerOptions["policyLife"]) =>
    controllerAt(NOW, { policyLife: policyLife ?? {} });

  test.each([
    ["without an end", {}, "it ends never"],
    [
      "beyond the limit",
      { expiresAt: text(NOW + 25 * HOUR) },
      `it ends at ${text(NOW + 25 * HOUR)}`,
    ],
  ])("a policy %s is rejected, and the problem names the limit", async (_, more, what) => {
    const { call } = await limited({ maxMs: 24 * HOUR });
    const { status, body } = await call("POST /policies", tap("a", more));
    expect([status, body.errors]).toMatchObject([
      422,
      [
        {
          pointer: "/expiresAt",
          detail: `${what}, but maxPolicyLifeHours allows 24 h in effect`,
          remedy: `write a moment up to ${text(NOW + 24 * HOUR)}`,
        },
      ],
    ]);
  });

  test("a life is counted from a start that is later than now", async () => {
    const { call } = await limited({ maxMs: HOUR });
    const schedule = { from: text(NOW + 9 * HOUR), until: text(NOW + 10 * HOUR) };
    expect((await call("POST /policies", tap("a", { schedule }))).status).toBe(201);
  });

  test("a policy without an end gets the default one, and PATCH extends it up to the limit", async () => {
    const { call } = await limited({ defaultMs: HOUR, maxMs: 2 * HOUR });
    const made = await call("POST /policies", tap("a"));
    expect(made.body.expiresAt).toBe(text(NOW + HOUR));
    const patch = (hours: number) =>
      call("PATCH /policies/a", { expiresAt: text(NOW + hours * HOUR) });
    expect((await patch(3)).status).toBe(422);
    expect((await patch(2)).body.expiresAt).toBe(text(NOW + 2 * HOUR));
  });

  test("a set that is applied again changes nothing, and does not extend its policies", async () => {
    const { call, clock } = await limited({ defaultMs: HOUR });
    const set = { set: "s", policies: [tap("a")] };
    const apply = async () => (await call("POST /policies:apply", set)).body.policies;
    expect(await apply()).toMatchObject([{ id: "a", result: "created" }]);
    clock.now += HOUR / 2;
    expect(await apply()).toMatchObject([{ id: "a", result: "unchanged" }]);
    expect((await call("GET /policies/a")).body.expiresAt).toBe(text(NOW + HOUR));
  });

  test("a set that moves the start behind the end that a policy was given gives it another one", async () => {
    const { call } = await limited({ defaultMs: HOUR });
    const apply = (from: number) =>
      call("POST /policies:apply", {
        ...{ set: "s", policies: [tap("a", { schedule: { from: text(from) } })] },
      });
    const end = async () => (await call("GET /policies/a")).body.expiresAt;
    await apply(NOW + HOUR);
    expect(await end()).toBe(text(NOW + 2 * HOUR));
    await apply(NOW + 2 * HOUR - 1000);
    expect(await end()).toBe(text(NOW + 2 * HOUR));
    await apply(NOW + 2 * HOUR);
    expect(await end()).toBe(text(NOW + 3 * HOUR));
  });

  test("a set is rejected as a whole, and the problem has its place in it", async () => {
    const { call } = await limited({ maxMs: HOUR });
    const ends = { expiresAt: text(NOW + HOUR) };
    const { status, body } = await call("POST /policies:apply", {
      ...{ set: "s", policies: [tap("a", ends), tap("b")] },
    });
    const pointers = body.errors.map(({ pointer }: { pointer: string }) => pointer);
    expect([status, pointers]).toEqual([422, ["/policies/1/expiresAt"]]);
  });
});
