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

describe("roles whose policies may have no end", () => {
  const cause = (role?: string) => ({
    actor: { user: "u", address: "127.0.0.1", ...(role && { role }) },
    operation: "test",
  });
  const limited = (policyLife: ControllerOptions["policyLife"] = {}) =>
    controllerAt(NOW, { policyLife: { unlimitedRoles: ["admin"], ...policyLife } });
  const NEVER = (limit: string) => `it ends never, but ${limit}`;

  test("others state an end, over REST, in sets and in dry runs", async () => {
    const { port } = await limited();
    const signal = AbortSignal.timeout(60_000);
    const set = { set: "s", policies: [tap("set")], groups: [], prune: false };
    const results = async (role: string | undefined) => [
      await port.dryRunPolicy(tap("a"), signal, role),
      await port.planPolicySet({ ...set, ...(role && { role }) }, signal),
      await port.createPolicy(tap(`a-${role}`), cause(role)),
      await port.putPolicy(tap(`b-${role}`), {}, cause(role)),
      await port.applyPolicySet({ ...set, ...(role && { role }) }, cause(role)),
    ];
    const detail = NEVER("unlimitedLifeRoles allows that to admin only");
    for (const [at, outcome] of (await results("member")).entries()) {
      const pointer = at === 1 || at === 4 ? "/policies/0/expiresAt" : "/expiresAt";
      const problems = [{ pointer, detail, remedy: "write a moment" }];
      expect(outcome).toMatchObject({ type: "invalid", problems });
    }
    const done = ["compiled", "planned", "created", "created", "applied"];
    expect((await results("admin")).map(({ type }) => type)).toEqual(done);
    // Without authentication each client has the role admin.
    expect((await results(undefined)).map(({ type }) => type)).toEqual(done);
    const ending = tap("ends", { expiresAt: text(NOW + HOUR) });
    expect((await port.createPolicy(ending, cause("member"))).type).toBe("created");
  });

  test("others get the default life, and are within the longest one", async () => {
    const { port } = await limited({ maxMs: 2 * HOUR, defaultMs: HOUR });
    const expiresAt = async (role: string, more: object = {}) => {
      const outcome = await port.createPolicy(tap(`p-${role}`, more), cause(role));
      if (!("policy" in outcome)) return outcome.type;
      await port.deletePolicy(`p-${role}`, {}, cause(role));
      return outcome.policy.expiresAt;
    };
    const late = { expiresAt: text(NOW + 3 * HOUR) };
    expect([await expiresAt("member"), await expiresAt("admin")]).toEqual([
      text(NOW + HOUR),
      undefined,
    ]);
    expect([await expiresAt("member", late), await expiresAt("admin", late)]).toEqual([
      "invalid",
      late.expiresAt,
    ]);
  });

  test("a set of an unlimited role takes back the end that another was given", async () => {
    const { port, call } = await limited({ defaultMs: HOUR });
    const apply = (role: string) =>
      port.applyPolicySet(
        { set: "s", policies: [tap("a")], groups: [], prune: false, role },
        cause(role),
      );
    const end = async () => (await call("GET /policies/a")).body.expiresAt;
    await apply("member");
    expect(await end()).toBe(text(NOW + HOUR));
    await apply("admin");
    expect(await end()).toBeUndefined();
  });
});
