// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { ControllerEvent } from "../../../src/contract/events.ts";
import { policy } from "../../api/api-server.ts";
import { waitFor } from "../../lab/wait-for.ts";
import { MemoryPolicyStore, standAlone } from "../stand-alone.ts";

const h = (n: number) => ({ host: `h${n}` });
const tap = (id: string, more: object = {}) =>
  policy(id, { sender: h(1), receiver: h(2), monitors: [h(3)], ...more });

/** A controller without switches, with the states of its policies. */
async function controller() {
  const started = await standAlone(new MemoryPolicyStore());
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
  expect((await call("GET /status")).body.policies.byState).toMatchObject({ suspended: 2 });
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
