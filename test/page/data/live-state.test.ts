// SPDX-License-Identifier: Apache-2.0
import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  type LiveEvent,
  type LiveState,
  linkKey,
  NOTHING,
  reduceEvents,
} from "../../../src/page/data/live-state.ts";

const TIME = "2026-01-01T00:00:00.000Z";

function written(id: string, revision = 1) {
  return {
    ...{ id, revision, origin: { kind: "api" as const }, createdAt: TIME, updatedAt: TIME },
    ...{ sender: { host: "h1" }, receiver: "any", monitors: [{ host: "h3" }] },
  };
}

const created = (id: string): LiveEvent => ({
  ...{ type: "policyCreated", id, revision: 1, origin: { kind: "api" }, new: written(id) },
});

const became = (id: string, state: "active" | "pending" | "degraded"): LiveEvent => ({
  ...{ type: "policyStatus", id, new: { state, reasons: state === "active" ? [] : ["because"] } },
});

const deleted = (id: string): LiveEvent => ({ type: "policyDeleted", id, old: written(id) });

const EMPTY: LiveState = { ...NOTHING, policies: new Map(), hosts: new Map(), links: new Map() };

function after(events: readonly LiveEvent[], before = EMPTY) {
  return reduceEvents(before, events);
}

test("a policy is created, becomes active, is replaced and deleted", () => {
  const made = after([created("a"), became("a", "active")]).state;
  expect(made.policies?.get("a")).toMatchObject({ state: "active", reasons: [], revision: 1 });
  const replaced: LiveEvent = {
    ...{ type: "policyReplaced", id: "a", revision: 2, origin: { kind: "api" } },
    ...{ old: written("a"), new: { ...written("a", 2), name: "A" } },
  };
  const changed = after([replaced], made).state.policies?.get("a");
  expect(changed).toMatchObject({ state: "active", name: "A", revision: 2 });
  expect(after([deleted("a")], made).state.policies?.size).toBe(0);
});

test("the state before is not changed", () => {
  const before = after([created("a")]).state;
  const copy = new Map(before.policies);
  after([became("a", "active"), created("b"), deleted("a")], before);
  expect(before.policies).toEqual(copy);
});

test("however events are put together, they have the same result", () => {
  const id = fc.constantFrom("a", "b", "c");
  const event: fc.Arbitrary<LiveEvent> = fc.oneof(
    id.map(created),
    id.map(deleted),
    fc
      .tuple(id, fc.constantFrom("active" as const, "degraded" as const))
      .map((each) => became(...each)),
  );
  fc.assert(
    fc.property(fc.array(event), fc.nat(20), (events, cut) => {
      const once = after(events).state;
      const twice = after(events.slice(cut), after(events.slice(0, cut)).state).state;
      expect(twice).toEqual(once);
    }),
  );
});

test("a gap makes everything stale", () => {
  const { stale, state } = after([{ type: "gap" }]);
  expect([...stale].sort()).toEqual(["hosts", "links", "policies", "status", "switches"]);
  expect(state).toEqual(EMPTY);
});

test("parts that are not read yet stay so", () => {
  const { state } = reduceEvents(NOTHING, [created("a"), became("a", "active")]);
  expect(state).toEqual(NOTHING);
});

test("a link that changes its state is one link; one that is gone is none", () => {
  const at = (name: string, port: number) => ({ switch: name, dpid: name, port });
  const link = (state: "up" | "down") => ({
    ...{ a: at("s1", 1), b: at("s2", 2), weight: 1, direct: true, up: state === "up" },
    ...{ origin: "file" as const, state },
  });
  const up = after([{ type: "linkChanged", new: link("up") }]).state;
  const down = after([{ type: "linkChanged", old: link("up"), new: link("down") }], up).state;
  expect([...(down.links?.values() ?? [])].map(({ state }) => state)).toEqual(["down"]);
  expect(after([{ type: "linkChanged", old: link("down") }], down).state.links?.size).toBe(0);
  expect(linkKey({ a: at("s2", 2), b: at("s1", 1) })).toBe(linkKey(link("up")));
});

test("an event of a switch makes the switches stale, and nothing else", () => {
  const event: LiveEvent = {
    type: "switchDisconnected",
    dpid: "1",
    switch: "s1",
    reason: "closed",
  };
  expect([...after([event]).stale]).toEqual(["switches"]);
});
