// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { ControllerEvent } from "../../../src/contract/events.ts";
import { waitFor } from "../../lab/wait-for.ts";
import { MemoryPolicyStore, standAlone } from "../stand-alone.ts";

const WEB = { id: "web", sender: { host: "h1" }, receiver: { host: "h2" }, monitors: [h(3)] };
const VOICE = { ...WEB, id: "voice", filters: { udp_dst: 5060 } };
const DMZ = { id: "dmz", members: [{ host: "h1" }] };
const GUESTS = { ...WEB, id: "guests", sender: { group: "dmz" } };

function h(n: number) {
  return { host: `h${n}` };
}

type Alone = Awaited<ReturnType<typeof standAlone>>;

/** The tap rules of all switches. */
function rules({ parts }: Alone) {
  const { topology } = parts.network;
  return [...topology.switches.keys()].map((at) => parts.compilation.tapRules(at));
}

const results = (list: readonly { id: string; result: string }[]) =>
  list.map(({ id, result }) => `${id} ${result}`);

test("a set is applied as one change, and again: unchanged, with its revisions", async () => {
  const store = new MemoryPolicyStore();
  const alone = await standAlone(store);
  const { call, parts } = alone;
  const events: ControllerEvent[] = [];
  parts.events.subscribe((event) => events.push(event));
  const { changes } = parts.desired;
  const set = { groups: [DMZ], policies: [WEB, VOICE, GUESTS] };
  const first = await call("POST /policies:apply", set);
  expect(first).toMatchObject({ status: 200, body: { effects: [], unlistedEffects: 0 } });
  expect(results(first.body.policies)).toEqual(["web created", "voice created", "guests created"]);
  expect(first.body.policies[0].status.state).toBe("pending");
  expect(results(first.body.groups)).toEqual(["dmz created"]);
  await parts.desired.idle();
  expect(parts.desired.changes).toBe(changes + 1);
  expect(store.writing.most).toBe(1);
  // Events are published in later turns; these are the last.
  const waitsForSwitch = (event: ControllerEvent) =>
    event.type === "policyStatus" && event.new.reasons.includes("switch s1 is not connected");
  await waitFor(() => events.filter(waitsForSwitch).length === 3, { what: "the last statuses" });
  const written = ["groupChanged", "policyCreated", "policyReplaced", "policyDeleted"];
  expect(events.map(({ type }) => type).filter((type) => written.includes(type))).toEqual([
    "groupChanged",
    "policyCreated",
    "policyCreated",
    "policyCreated",
  ]);
  expect((await call("GET /policies/web")).body.origin).toEqual({ kind: "api", set: "default" });

  events.length = 0;
  const again = await call("POST /policies:apply", set);
  expect(results(again.body.policies)).toEqual([
    "web unchanged",
    "voice unchanged",
    "guests unchanged",
  ]);
  const revisions = ({ body }: typeof first) =>
    body.policies.map((each: { revision: number }) => each.revision);
  expect(revisions(again)).toEqual(revisions(first));
  expect(events).toEqual([]);

  const changed = { ...set, policies: [WEB, { ...VOICE, enabled: false }, GUESTS] };
  const third = await call("POST /policies:apply", changed);
  expect(results(third.body.policies)).toEqual([
    "web unchanged",
    "voice updated",
    "guests unchanged",
  ]);
});

test("one bad policy, and nothing of the set is applied; every error has its place", async () => {
  const store = new MemoryPolicyStore();
  const groups = new MemoryPolicyStore();
  const alone = await standAlone(store, {}, groups);
  const before = rules(alone);
  const set = {
    groups: [DMZ, { id: "bad", members: ["@dmz"] }],
    policies: [WEB, { ...VOICE, sendr: 1 }, { ...GUESTS, filters: { tcp_dst: 70_000 } }, 7, WEB],
  };
  for (const route of ["POST /policies:validate", "POST /policies:apply"]) {
    const { status, body } = await alone.call(route, set);
    expect([status, body.type]).toEqual([422, "urn:openvtap:problem:invalid-document"]);
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      "/groups/1/members/0",
      "/policies/1/sendr",
      "/policies/2/filters/tcp_dst",
      "/policies/3",
      "/policies/4/id",
    ]);
  }
  expect([store.documents.size, groups.documents.size]).toEqual([0, 0]);
  expect(rules(alone)).toEqual(before);
});

test("a set is one write to disk: when that fails, nothing is in effect", async () => {
  const store = new MemoryPolicyStore();
  const alone = await standAlone(store);
  const before = rules(alone);
  store.failure = new Error("no space left on device");
  const failed = await alone.call("POST /policies:apply", { policies: [WEB, VOICE] });
  expect([failed.status, failed.body.detail]).toEqual([503, "no space left on device"]);
  await alone.parts.desired.idle();
  expect(rules(alone)).toEqual(before);
  expect((await alone.call("GET /policies")).body.items).toEqual([]);
});

test("prune deletes what the set has applied and no longer has, and nothing else", async () => {
  const alone = await standAlone(new MemoryPolicyStore());
  const { call, parts } = alone;
  await call("PUT /policies/by-hand", { ...WEB, id: "by-hand" });
  await call("POST /policies:apply", { set: "b", policies: [{ ...WEB, id: "of-b" }] });
  await call("POST /policies:apply", { set: "a", groups: [DMZ], policies: [WEB, VOICE, GUESTS] });
  // A change by hand leaves it in its set.
  await call("PUT /policies/voice", { ...VOICE, enabled: false });
  const set = { set: "a", policies: [WEB], prune: true };
  const plan = await call("POST /policies:validate", set);
  expect(results(plan.body.policies)).toEqual(["web unchanged", "guests deleted", "voice deleted"]);
  expect(results(plan.body.groups)).toEqual(["dmz deleted"]);
  const { changes } = parts.desired;
  const applied = await call("POST /policies:apply", set);
  expect(results(applied.body.policies)).toEqual(results(plan.body.policies));
  expect(results(applied.body.groups)).toEqual(results(plan.body.groups));
  await parts.desired.idle();
  expect(parts.desired.changes).toBe(changes + 1);
  const { items } = (await call("GET /policies")).body;
  expect(items.map(({ id }: { id: string }) => id)).toEqual(["by-hand", "of-b", "web"]);
  expect((await call("GET /groups")).body.items).toEqual([]);
});

test("a group that another policy names is not pruned, and nothing else is done", async () => {
  const { call } = await standAlone(new MemoryPolicyStore());
  await call("POST /policies:apply", { groups: [DMZ], policies: [WEB] });
  await call("PUT /policies/guests", GUESTS);
  const { status, body } = await call("POST /policies:apply", { policies: [], prune: true });
  expect([status, body.errors]).toEqual([
    409,
    [
      expect.objectContaining({
        detail: 'policy "guests" names group "dmz", which the set prunes',
      }),
    ],
  ]);
  expect((await call("GET /policies/web")).status).toBe(200);
});

test("a set with a policy that does not fit is rejected; one that makes room for it is applied", async () => {
  const ports = Array.from({ length: 20 }, (_, n) => 1001 + 2 * n);
  const limits = { intersectionsPerSwitch: 100 };
  const { call } = await standAlone(new MemoryPolicyStore(), limits);
  const one = { ...WEB, id: "one", filters: { tcp_dst: ports } };
  const two = { ...WEB, id: "two", filters: { tcp_src: ports } };
  await call("POST /policies:apply", { policies: [one] });
  const { status, body } = await call("POST /policies:apply", {
    policies: [{ ...VOICE, id: "a" }, two],
  });
  expect([status, body.errors]).toEqual([
    409,
    [
      {
        pointer: "/policies/1",
        detail: expect.stringMatching(/^its \d+ match regions overlap those of .*one/),
        remedy: "narrow the policies, or raise overlapLimit",
      },
    ],
  ]);
  expect((await call("GET /policies/a")).status).toBe(404);
  const swap = await call("POST /policies:apply", { policies: [two], prune: true });
  expect(results(swap.body.policies)).toEqual(["two created", "one deleted"]);
});

test("a change of a group of a set is an effect on the policies that name it", async () => {
  const alone = await standAlone(new MemoryPolicyStore());
  const { call, parts } = alone;
  await call("PUT /groups/dmz", { members: DMZ.members });
  await call("PUT /policies/guests", GUESTS);
  await parts.desired.idle();
  const set = { groups: [{ ...DMZ, members: ["10.0.0.1", "10.0.0.9"] }] };
  const plan = await call("POST /policies:validate", set);
  expect(plan.body.effects).toMatchObject([
    { id: "guests", why: ["it names groups whose members may change: dmz"] },
  ]);
  expect((await call("POST /policies:apply", set)).body.effects).toEqual(plan.body.effects);
  await parts.desired.idle();
  const unfit = await call("POST /policies:apply", { groups: [{ ...DMZ, members: [h(3)] }] });
  expect(unfit.body.errors).toMatchObject([
    {
      pointer: "/groups/0/members",
      detail: expect.stringMatching(/^policy "guests" cannot have these members: /),
    },
  ]);
});

test("a policy of a file is unchanged, or the set is rejected with the file's name", async () => {
  const { call, parts } = await standAlone(new MemoryPolicyStore());
  await call("PUT /policies/web", WEB);
  const entry = parts.registry.get("web" as never);
  if (entry)
    parts.registry.set({ ...entry, origin: { kind: "file", file: "p.json" }, revision: 0 });
  const same = await call("POST /policies:apply", { policies: [WEB], prune: true });
  expect(results(same.body.policies)).toEqual(["web unchanged"]);
  const set = { policies: [VOICE, { ...WEB, enabled: false }] };
  for (const route of ["POST /policies:validate", "POST /policies:apply"]) {
    const { status, body } = await call(route, set);
    expect([status, body.errors]).toEqual([
      409,
      [
        expect.objectContaining({
          pointer: "/policies/1/id",
          detail: '"web" comes from the file p.json',
        }),
      ],
    ]);
  }
});

test("the ETag of a validated set guards its application", async () => {
  const { call, url } = await standAlone(new MemoryPolicyStore());
  const post = async (route: string, body: unknown, ifMatch?: string) => {
    const answer = await fetch(`${url}/api/v1/policies:${route}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(ifMatch ? { "if-match": ifMatch } : {}) },
      body: JSON.stringify(body),
    });
    return { status: answer.status, etag: answer.headers.get("etag") ?? "" };
  };
  const set = { policies: [WEB, VOICE] };
  const { etag } = await post("validate", set);
  // Another policy does not concern the set.
  await call("PUT /policies/other", { ...WEB, id: "other" });
  const applied = await post("apply", set, etag);
  expect(applied.status).toBe(200);
  expect((await post("apply", set, etag)).status).toBe(412);
  expect(await post("validate", set)).toEqual(applied);
  await call("PUT /policies/voice", { ...VOICE, enabled: false });
  const late = await post("apply", set, applied.etag);
  expect(late.status).toBe(412);
  expect(late.etag).toBe((await post("validate", set)).etag);
  expect((await call("GET /policies/voice")).body.enabled).toBe(false);
});

test("a set is still there after a restart", async () => {
  const store = new MemoryPolicyStore();
  const first = await standAlone(store);
  await first.call("POST /policies:apply", { policies: [WEB, VOICE] });
  const second = await standAlone(store);
  const applied = await second.call("POST /policies:apply", { policies: [WEB], prune: true });
  expect(results(applied.body.policies)).toEqual(["web unchanged", "voice deleted"]);
});

test("a set that is no set is rejected with the reason", async () => {
  const { call } = await standAlone(new MemoryPolicyStore());
  const errors = async (body: unknown) =>
    (await call("POST /policies:apply", body)).body.errors?.map(
      ({ pointer, detail }: { pointer: string; detail: string }) => `${pointer}: ${detail}`,
    );
  expect(await errors({ prune: true })).toEqual(['/policies: "policies" is missing']);
  expect(await errors({ policies: [], purge: true })).toEqual(['/purge: unknown key "purge"']);
  expect(await errors({ policies: [], set: "No" })).toEqual([
    '/set: "No" cannot be the name of a set',
  ]);
  expect((await call("POST /policies:apply", { policies: [] })).status).toBe(200);
});
