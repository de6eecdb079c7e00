// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { ControllerEvent } from "../../src/contract/events.ts";
import { EventBus } from "../../src/controller/events.ts";
import { policy } from "../api/api-server.ts";
import { MemoryPolicyStore, standAlone } from "./stand-alone.ts";

/** A controller over REST and its events; every event matches its REST schema. */
async function published(store = new MemoryPolicyStore()) {
  const { parts, call } = await standAlone(store);
  const events: ControllerEvent[] = [];
  parts.events.subscribe((event) => {
    ControllerEvent.parse(event);
    events.push(event);
  });
  return { call, of: (type: ControllerEvent["type"]) => events.filter((e) => e.type === type) };
}

test("policy writes are published with the documents before and after", async () => {
  const { call, of } = await published();
  const before = policy("a", { name: "one" });
  const after = policy("a", { name: "two" });
  await call("POST /policies", before);
  await call("PUT /policies/a", after);
  await call("DELETE /policies/a");
  const [origin, a] = [{ kind: "api" }, { id: "a" }];
  const old = { ...before, origin, revision: 1 };
  const now = { ...after, origin, revision: 2 };
  expect(of("policyCreated")).toMatchObject([{ ...a, revision: 1, new: old }]);
  expect(of("policyReplaced")).toMatchObject([{ ...a, revision: 2, origin, old, new: now }]);
  expect(of("policyDeleted")).toMatchObject([{ ...a, old: now }]);
  // Status and counters are not part of a written policy.
  const [created] = of("policyCreated");
  expect(created && "new" in created && created.new).not.toHaveProperty("status");
});

test("a policy that is no longer valid is published as it was stored", async () => {
  const store = new MemoryPolicyStore();
  for (const id of ["a", "b"]) store.keep(id, { id, sender: 1 });
  const { call, of } = await published(store);
  await call("PUT /policies/a", policy("a"));
  await call("DELETE /policies/b");
  expect(of("policyReplaced")).toMatchObject([{ old: { id: "a", sender: 1 } }]);
  expect(of("policyDeleted")).toMatchObject([{ old: { id: "b", sender: 1 } }]);
});

test("resumed taps are published with the operator, time and reason of the suspension", async () => {
  const { call, of } = await published();
  await call("POST /taps:suspend", { by: "ops", reason: "maintenance" });
  await call("POST /taps:resume");
  const { since } = of("tapsSuspended")[0] as { since: string };
  const old = { since, by: "ops", reason: "maintenance" };
  expect(of("tapsResumed")).toEqual([{ type: "tapsResumed", old }]);
});

test("many events are published in slices, and one that comes meanwhile after them", async () => {
  const bus = new EventBus();
  const at = { dpid: "0000000000000001", address: "127.0.0.1:1" };
  const event = (name: string): ControllerEvent => {
    return { type: "switchConnected", ...at, switch: name };
  };
  let hasTurn = false;
  setImmediate(() => {
    hasTurn = true;
  });
  // Goes on until the event loop has had a turn.
  function* many(): Generator<ControllerEvent> {
    while (!hasTurn) yield event("one of many");
    yield event("last of many");
  }
  const seen: unknown[] = [];
  const isSeen = new Promise<void>((resolve) => {
    bus.subscribe((each) => {
      if (each.type === "switchConnected") seen.push(each.switch);
      if (seen.at(-1) === "single") resolve();
    });
  });
  bus.publishAll(many());
  bus.publish(event("single"));
  expect(seen.at(-1)).toBe("one of many");
  await isSeen;
  expect(seen.slice(-2)).toEqual(["last of many", "single"]);
});
