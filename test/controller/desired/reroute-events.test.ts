// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { ControllerEvent } from "../../../src/contract/events.ts";
import type { DesiredDelta } from "../../../src/controller/desired/compilation.ts";
import { RerouteEvents } from "../../../src/controller/desired/reroute-events.ts";
import { EventBus } from "../../../src/controller/events.ts";
import type { LinkEvent } from "../../../src/controller/network/network.ts";
import type { PolicyId } from "../../../src/policy/index.ts";
import { silentLogger } from "../../../src/runtime/logger.ts";
import { FakeClock } from "../../openflow-session/fake-clock.ts";
import { dpidOf, forwarding } from "../../reconcile/specs.ts";

const end = (name: string) => ({ switch: name, dpid: name, port: 10 });
const link = (weight: number) => ({
  ...{ a: end("s1"), b: end("s2"), weight, direct: false, up: true },
  ...{ origin: "file" as const, state: "up" as const },
});
const linkChanged: LinkEvent = { type: "linkChanged", old: link(1), new: link(5) };

const nothing: DesiredDelta = { switches: new Map(), changed: [] };
const something: DesiredDelta = {
  switches: new Map([[dpidOf(1), { set: [forwarding(1), forwarding(2)], delete: [] }]]),
  changed: ["tap" as PolicyId],
};

/** The events published after a change if the compile takes 3 ms and the switches 20 ms. */
async function published(changes: readonly LinkEvent[], delta: DesiredDelta) {
  const clock = new FakeClock();
  const events = new EventBus();
  const published: ControllerEvent[] = [];
  events.subscribe((event) => published.push(event));
  const confirmed = async () => clock.advance(20);
  const reroutes = new RerouteEvents({ events, logger: silentLogger, clock, confirmed });
  const began = reroutes.now();
  clock.advance(3);
  reroutes.follow(changes, began, delta);
  await undefined;
  await undefined;
  return published;
}

test("a reroute is published when the switches have confirmed, with its cause", async () => {
  expect(await published([linkChanged], something)).toEqual([
    {
      type: "rerouted",
      links: [{ old: link(1), new: link(5) }],
      ...{ switches: 1, entries: 2, policies: 1, recomputeMs: 3, confirmMs: 20 },
    },
  ]);
});

test("nothing is published if no link changed, or if no switch is affected", async () => {
  expect(await published([], something)).toEqual([]);
  expect(await published([linkChanged], nothing)).toEqual([]);
});

test("changes without an event do not accumulate where switches are never at rest", async () => {
  const waits: (() => void)[] = [];
  const confirmed = () => new Promise<void>((over) => waits.push(over));
  const [events, clock] = [new EventBus(), new FakeClock()];
  const published: ControllerEvent[] = [];
  events.subscribe((event) => published.push(event));
  const reroutes = new RerouteEvents({ events, logger: silentLogger, clock, confirmed });
  for (let n = 0; n < 100; n++) reroutes.follow([], reroutes.now(), something);
  expect(waits).toHaveLength(1);
  reroutes.follow([linkChanged], reroutes.now(), something);
  expect(waits).toHaveLength(2);
  for (const over of waits) over();
  await undefined;
  expect(published).toHaveLength(1);
  reroutes.follow([], reroutes.now(), something);
  expect(waits).toHaveLength(3);
});
