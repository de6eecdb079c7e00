// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { ProjectPort } from "../../../src/api/projects/project-port.ts";
import type { Cause } from "../../../src/contract/audit/actor.ts";
import type { ControllerEvent } from "../../../src/contract/events.ts";
import type { MetricsService } from "../../../src/contract/metrics.ts";
import type { ControllerOptions } from "../../../src/controller/index.ts";
import { policy } from "../../api/api-server.ts";
import { waitFor } from "../../lab/wait-for.ts";
import { MemoryPolicyStore, standAlone } from "../stand-alone.ts";

const h = (n: number) => ({ host: `h${n}` });
const tap = (id: string, more: object = {}) =>
  policy(id, { sender: h(1), receiver: h(2), monitors: [h(3)], ...more });

/** A controller without switches, with the states of its policies. */
async function controller(more: Partial<ControllerOptions> = {}) {
  const store = new MemoryPolicyStore();
  const started = await standAlone(store, {}, new MemoryPolicyStore(), more);
  const { call } = started;
  const states = async () => {
    const { items } = (await call("GET /policies")).body;
    return Object.fromEntries(
      items.map((each: { id: string; status: { state: string } }) => [each.id, each.status.state]),
    );
  };
  return { ...started, states };
}

test("while taps are suspended, enabled policies are suspended, whatever they wait for", async () => {
  const { call, states, parts } = await controller();
  const later = { schedule: { from: "2027-01-01T00:00:00Z" } };
  for (const document of [
    tap("off", { enabled: false }),
    tap("on"),
    tap("over", { expiresAt: "2025-01-01T00:00:00Z" }),
    tap("waits", later),
  ])
    expect((await call("POST /policies", document)).status).toBe(201);
  const running = { off: "disabled", on: "pending", over: "expired", waits: "pending" };
  expect(await states()).toEqual(running);
  // From here on no event reports a state from before the suspension.
  const reported = async () => (await call("GET /status")).body.policies.byState;
  await waitFor(async () => {
    const { disabled, pending, expired } = await reported();
    return disabled === 1 && pending === 2 && expired === 1;
  });
  const seen: ControllerEvent[] = [];
  parts.events.subscribe((event) => seen.push(event));
  await call("POST /taps:suspend", { by: "ops", reason: "maintenance" });
  const { since } = (await call("GET /taps")).body;
  await waitFor(async () => (await states()).on === "suspended");
  expect(await states()).toEqual({ ...running, on: "suspended", waits: "suspended" });
  const status = {
    state: "suspended",
    reasons: [`taps are suspended since ${since} by ops: maintenance`],
  };
  const listed = (await call("GET /policies?state=suspended")).body.items;
  expect(listed.map(({ id }: { id: string }) => id)).toEqual(["on", "waits"]);
  expect(listed[0]).toMatchObject({ status, health: { state: "unknown" } });
  await waitFor(async () => (await reported()).suspended === 2);
  // Suspended is settled: a write does not wait.
  const written = await call("POST /policies?wait=60000", tap("new"));
  expect(written.body.status).toEqual(status);
  await waitFor(() => seen.filter(({ type }) => type === "policyStatus").length >= 3);
  const changed = seen.filter((each) => each.type === "policyStatus" && each.id !== "new");
  expect(changed).toMatchObject([
    { id: "on", old: { state: "pending" }, new: status },
    { id: "waits", old: { state: "pending" }, new: status },
  ]);
  await call("POST /taps:resume");
  await waitFor(async () => (await states()).on === "pending");
  expect(await states()).toEqual({ ...running, new: "pending" });
});

/** An operator of the whole network, or of a project. */
function operator(project?: string): Cause {
  const user = project === undefined ? "root" : `${project}-op`;
  const actor = { user, token: "t", role: "operator", address: "127.0.0.1" };
  return { actor: { ...actor, ...(project && { project }) }, operation: "test" };
}

/** Two projects with a policy each, beside one of none. */
async function tenants(more: Partial<ControllerOptions> = {}) {
  const started = await controller(more);
  const { port, call, states } = started;
  for (const [id, project] of [
    ["blue.tap", "blue"],
    ["net", undefined],
    ["red.tap", "red"],
  ] as const)
    expect((await call("POST /policies", tap(id, { project }))).status).toBe(201);
  const red = new ProjectPort(port, "red");
  const blue = new ProjectPort(port, "blue");
  const expectStates = async (of: { red: string; blue?: string; net?: string }) => {
    const { red, blue = "pending", net = "pending" } = of;
    await waitFor(async () => (await states())["red.tap"] === red);
    await waitFor(async () => (await states()).net === net);
    expect(await states()).toEqual({ "blue.tap": blue, net, "red.tap": red });
  };
  return { ...started, red, blue, expectStates };
}

async function suspendedByMetrics(port: MetricsService) {
  const found = (await port.metrics()).find(({ name }) => name === "project_taps_suspended");
  return [...(found?.samples ?? [])];
}

describe("the taps of a project", () => {
  test("are suspended and resumed by an operator of the network, and those of others go on", async () => {
    const { port, call, parts, red, blue, expectStates } = await tenants();
    const seen: ControllerEvent[] = [];
    parts.events.subscribe((event) => {
      if (event.type.startsWith("taps")) seen.push(event);
    });
    const answer = await call("POST /taps:suspend", { project: "red", by: "ops", reason: "abuse" });
    expect([answer.status, answer.body.state]).toEqual([200, "running"]);
    await expectStates({ red: "suspended" });
    const [listed] = (await call("GET /taps")).body.projects;
    expect(listed).toMatchObject({ project: "red", by: "ops", reason: "abuse", byProject: false });
    const { reasons } = (await call("GET /policies/red.tap")).body.status;
    const why = `taps of project red are suspended since ${listed.since} by ops: abuse`;
    expect(reasons).toEqual([why]);
    const { since } = listed;
    expect(red.taps()).toMatchObject({ state: "suspended", since, projects: [{ project: "red" }] });
    expect(await suspendedByMetrics(port)).toEqual([{ labels: { project: "red" }, value: 1 }]);
    expect(blue.taps()).toEqual({ state: "running", remaining: [], projects: [], policies: [] });
    expect([(await red.status()).taps, (await blue.status()).taps]).toEqual([
      { state: "suspended", since, reason: "abuse" },
      { state: "running" },
    ]);
    // A second request changes nothing; neither does the project's own operator.
    await port.suspendTaps({ project: "red", reason: "other" }, operator());
    await red.suspendTaps({ reason: "own" }, operator("red"));
    expect(await red.resumeTaps({}, operator("red"))).toMatchObject({ type: "conflict" });
    expect((await call("GET /taps")).body.projects).toEqual([listed]);
    // Resuming all taps leaves it alone.
    await call("POST /taps:suspend");
    await expectStates({ red: "suspended", blue: "suspended", net: "suspended" });
    await call("POST /taps:resume");
    await expectStates({ red: "suspended" });
    const resumed = await call("POST /taps:resume", { project: "red" });
    expect(resumed.body.projects).toEqual([]);
    expect(await suspendedByMetrics(port)).toEqual([]);
    await expectStates({ red: "pending" });
    const notes = { by: "ops", reason: "abuse" };
    await waitFor(() => seen.length === 4);
    expect([seen[0], seen[3]]).toMatchObject([
      { type: "tapsSuspended", project: "red", since, ...notes },
      { type: "tapsResumed", project: "red", old: { since, ...notes } },
    ]);
  });

  test("are suspended by an operator of the project, which ends when one of the network takes over", async () => {
    const { port, call, red, blue, expectStates } = await tenants();
    expect(await red.suspendTaps({ reason: "own test" }, operator("red"))).toEqual({
      type: "done",
    });
    await expectStates({ red: "suspended" });
    expect((await call("GET /taps")).body.projects).toMatchObject([
      { project: "red", by: "red-op", reason: "own test", byProject: true },
    ]);
    expect(await red.resumeTaps({}, operator("red"))).toEqual({ type: "done" });
    await expectStates({ red: "pending" });
    for (const act of [blue.suspendTaps.bind(blue), blue.resumeTaps.bind(blue)])
      expect(await act({ project: "red" }, operator("blue"))).toMatchObject({
        type: "invalid",
        problems: [{ pointer: "/project" }],
      });
    await expectStates({ red: "pending" });
    await red.suspendTaps({}, operator("red"));
    await port.suspendTaps({ project: "red", reason: "abuse" }, operator());
    expect(await red.resumeTaps({ project: "red" }, operator("red"))).toMatchObject({
      type: "conflict",
    });
    await expectStates({ red: "suspended" });
  });

  test("stay suspended over a restart", async () => {
    const since = "2026-01-01T00:00:00.000Z";
    const done = async () => undefined;
    const suspensionStore = {
      load: async () => ({
        projects: [["red", { since, reason: "abuse", byProject: false }]] as const,
        policies: [],
      }),
      ...{ putAll: done, removeAll: done, putProject: done, removeProject: done },
      ...{ putPolicy: done, removePolicy: done },
    };
    const { expectStates, call } = await tenants({ suspensionStore });
    await expectStates({ red: "suspended" });
    await call("POST /taps:resume", { project: "red" });
    await expectStates({ red: "pending" });
  });
});
