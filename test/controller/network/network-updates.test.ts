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
  // Prepared again: it belongs to the same update.
  connect(2);
  await turn();
  expect([prepared, connected]).toEqual([2, [["s1", "s2"]]]);

  // What asks for the update at once has it at once.
  const { connected: others, connect: connectOther, updates: other } = networkOf("s1");
  other.prepare(() => vi.advanceTimersByTime(50));
  connectOther(1);
  other.flush();
  expect(others).toEqual([["s1"]]);
});
