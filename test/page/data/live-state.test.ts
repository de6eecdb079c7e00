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

const deleted = (id: string): LiveEvent => ({ type: "policyDeleted", id, old: written(id) });

const EMPTY: LiveState = { ...NOTHING, hosts: new Map(), links: new Map() };

function after(events: readonly LiveEvent[], before = EMPTY) {
  return reduceEvents(before, events);
}

const host = (n: number, port = n) => ({
  ...{ mac: `fa:00:00:00:00:0${n}`, ips: [], switch: "s1", dpid: "1", port },
  origin: "learned" as const,
});

test("a policy that is written, deleted or in another state changes the counts of the status", () => {
  const became: LiveEvent = {
    type: "policyStatus",
    id: "a",
    new: { state: "active", reasons: [] },
  };
  for (const event of [created("a"), deleted("a"), became]) {
    expect([...after([event]).stale]).toEqual(["status"]);
  }
});

test("the state before is not changed", () => {
  const before = after([{ type: "hostChanged", new: host(1) }]).state;
  const copy = new Map(before.hosts);
  after(
    [
      { type: "hostChanged", old: host(1) },
      { type: "hostChanged", new: host(2) },
    ],
    before,
  );
  expect(before.hosts).toEqual(copy);
});

test("however events are put together, they have the same result", () => {
  const changed = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }));
  const event: fc.Arbitrary<LiveEvent> = fc.oneof(
    changed.map(([n, port]): LiveEvent => ({ type: "hostChanged", new: host(n, port) })),
    changed.map(([n]): LiveEvent => ({ type: "hostChanged", old: host(n) })),
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
  expect([...stale].sort()).toEqual(["hosts", "links", "status", "switches"]);
  expect(state).toEqual(EMPTY);
});

test("parts that are not read yet stay so", () => {
  const { state } = reduceEvents(NOTHING, [created("a"), { type: "hostChanged", new: host(1) }]);
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
