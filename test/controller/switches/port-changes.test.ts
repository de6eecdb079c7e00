// SPDX-License-Identifier: Apache-2.0
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { PortChanges } from "../../../src/controller/switches/port-changes.ts";
import type { PortChange, Session } from "../../../src/openflow-session/index.ts";

const session = {} as Session;

function changes(count: number): PortChange[] {
  return Array.from({ length: count }, (_, index) => {
    return { reason: "modify", port: { portNo: index } } as unknown as PortChange;
  });
}

test("a burst is applied over several turns, in order and completely", async () => {
  const applied: PortChange[] = [];
  const ports = new PortChanges((_, change) => applied.push(change));
  const burst = changes(2500);
  for (const change of burst) ports.add(session, change);
  const counts = [applied.length];
  while (applied.length < burst.length) {
    await turn();
    counts.push(applied.length);
  }
  expect(counts).toEqual([250, 500, 750, 1000, 1250, 1500, 1750, 2000, 2250, 2500]);
  expect(applied).toEqual(burst);
});

test("what waits is applied at once before the session's next event", () => {
  const applied: PortChange[] = [];
  const ports = new PortChanges((_, change) => applied.push(change));
  const burst = changes(1500);
  for (const change of burst) ports.add(session, change);
  ports.flush();
  expect(applied).toEqual(burst);
});

test("a few changes are applied at once", () => {
  const applied: PortChange[] = [];
  const ports = new PortChanges((_, change) => applied.push(change));
  for (const change of changes(3)) ports.add(session, change);
  expect(applied).toHaveLength(3);
});
