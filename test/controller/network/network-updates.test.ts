// SPDX-License-Identifier: Apache-2.0
import { setImmediate as turn } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { Network } from "../../../src/controller/network/network.ts";
import { NetworkUpdates } from "../../../src/controller/network/network-updates.ts";
import { dpid, port, stateOf } from "../../topology/networks.ts";

function networkOf(...names: string[]) {
  const network = new Network(stateOf({ profiles: names.map(() => "paths"), links: [] }));
  const updates = new NetworkUpdates(network);
  const connected: string[][] = [];
  updates.subscribe(({ topology }) => {
    connected.push([...topology.switches.values()].filter((each) => each.connected).map(nameOf));
  });
  const connect = (n: number) =>
    network.apply({ type: "switchConnected", dpid: dpid(n), ports: [port(1)] });
  return { updates, connected, connect };
}

const nameOf = ({ name }: { name: string }) => name;

test("changes of one turn, and those of preparations, are one update", async () => {
  const { updates, connected, connect } = networkOf("s1", "s2", "s3");
  updates.prepare(() => connect(3));
  connect(1);
  connect(2);
  expect(connected).toEqual([]);
  await turn();
  expect(connected).toEqual([["s1", "s2", "s3"]]);
  await turn();
  expect(connected).toHaveLength(1);
});

test("after long preparations subscribers have a turn of their own", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const { updates, connected, connect } = networkOf("s1", "s2");
  let prepared = 0;
  updates.prepare(() => {
    if (++prepared === 1) vi.advanceTimersByTime(50);
  });
  connect(1);
  await turn();
  expect([prepared, connected]).toEqual([1, []]);
  expect(updates.isIdle).toBe(false);
  // Prepared again: it belongs to the same update.
  connect(2);
  await turn();
  expect([prepared, connected]).toEqual([2, [["s1", "s2"]]]);
  expect(updates.isIdle).toBe(true);

  // What asks for the update at once has it at once.
  const { connected: others, connect: connectOther, updates: other } = networkOf("s1");
  other.prepare(() => vi.advanceTimersByTime(50));
  connectOther(1);
  other.flush();
  expect(others).toEqual([["s1"]]);
});

test("subscribers that take long have turns of their own, and get one update after the other", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const { updates, connected, connect } = networkOf("s1", "s2", "s3");
  const received: string[] = [];
  for (const name of ["a", "b", "c"]) {
    updates.subscribe(({ topology }) => {
      const count = [...topology.switches.values()].filter((each) => each.connected).length;
      received.push(`${name}${count}`);
      vi.advanceTimersByTime(50);
    });
  }
  connect(1);
  await turn();
  expect([received, updates.isIdle]).toEqual([["a1"], false]);
  connect(2);
  for (let turns = 0; !updates.isIdle && turns < 100; turns++) await turn();
  expect(received).toEqual(["a1", "b1", "c1", "a2", "b2", "c2"]);
  expect(connected).toEqual([["s1"], ["s1", "s2"]]);

  // At once: the rest of the update that is being announced, and the next one.
  connect(3);
  await turn();
  updates.flush();
  expect(received.slice(6)).toEqual(["a3", "b3", "c3"]);
  expect(updates.isIdle).toBe(true);
});

test("who waits for what has changed so far is called back after all subscribers", async () => {
  const { updates, connected, connect } = networkOf("s1", "s2");
  const seen: number[] = [];
  const look = () => seen.push(connected.length);
  updates.whenAnnounced(look);
  expect(seen).toEqual([0]);
  connect(1);
  updates.whenAnnounced(look);
  expect(seen).toEqual([0]);
  await turn();
  expect(seen).toEqual([0, 1]);
});
