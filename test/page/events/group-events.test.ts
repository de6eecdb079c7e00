// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { LiveEvent } from "../../../src/page/data/live-state.ts";
import { filterEvents, groupEvents } from "../../../src/page/events/group-events.ts";

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();

function statusOf(id: string, second: number): LiveEvent {
  return { type: "policyStatus", id, new: { state: "active", reasons: [] }, time: at(second) };
}

function rerouted(second: number): LiveEvent {
  return {
    ...{ type: "rerouted", links: [], switches: 1, entries: 2, policies: 1, recomputeMs: 1 },
    ...{ confirmMs: 2, time: at(second) },
  };
}

const numbered = (events: readonly LiveEvent[]) =>
  events.map((event, index) => ({ number: index, event }));

const shape = (events: readonly LiveEvent[]) =>
  groupEvents(numbered(events)).map(({ head, others }) => [head.event.type, others.length]);

test("what happens to one object at a time is one group", () => {
  expect(shape([statusOf("a", 1), statusOf("b", 1), statusOf("a", 2), statusOf("a", 9)])).toEqual([
    ["policyStatus", 0],
    ["policyStatus", 1],
    ["policyStatus", 0],
  ]);
});

test("a cause has its consequences below it", () => {
  expect(shape([rerouted(1), statusOf("a", 1), statusOf("b", 2), statusOf("c", 8)])).toEqual([
    ["policyStatus", 0],
    ["rerouted", 2],
  ]);
});

test("a gap belongs to nothing", () => {
  expect(shape([statusOf("a", 1), { type: "gap" }, statusOf("a", 1)])).toEqual([
    ["policyStatus", 1],
    ["gap", 0],
  ]);
});

test("filters by kind and by words", () => {
  const events = numbered([statusOf("web", 1), statusOf("dns", 1), rerouted(5)]);
  const found = (kind: "policies" | "links" | undefined, text: string) =>
    filterEvents(events, { kind, text }).map(({ number }) => number);
  expect(found(undefined, "")).toEqual([0, 1, 2]);
  expect(found("policies", "")).toEqual([0, 1]);
  expect(found("links", "")).toEqual([2]);
  expect(found(undefined, "DNS")).toEqual([1]);
});
