// SPDX-License-Identifier: Apache-2.0
import { setImmediate as turn } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { Network } from "../../../src/controller/network/network.ts";
import {
  type HostConfig,
  TopologyState,
  topologyChangeSteps,
} from "../../../src/topology/index.ts";
import { dpid, port } from "../../topology/networks.ts";

const [s1, s2] = [dpid(1), dpid(2)];
const hosts = Array.from({ length: 100 }, (_, n): HostConfig => {
  return { name: `h${n}`, mac: 1000 + n, ips: [], dpid: s1, port: port(1).name };
});
const config = {
  switches: [s1, s2].map((dpid) => ({ dpid, forwarding: "paths" as const })),
  links: [],
  hosts,
};

/** A network of a hundred hosts, where each look at the clock takes a millisecond. */
function slowNetwork() {
  const network = new Network(TopologyState.empty.withConfig(config));
  let now = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => ++now);
  onTestFinished(() => clock.mockRestore());
  const connect = (dpid: typeof s1) =>
    network.apply({ type: "switchConnected", dpid, ports: [port(1)] });
  return { network, connect };
}

test("the topology of a change that concerns many hosts is made in several turns", async () => {
  const { network, connect } = slowNetwork();
  connect(s1);
  let made = 0;
  network.whenMade(() => made++);
  await turn();
  expect(made).toBe(0);
  for (let turns = 0; made === 0 && turns < 1000; turns++) await turn();
  expect(made).toBe(1);
  expect(network.topology.hosts.get(1000)?.port).toBe(1);
});

test("a network that changes meanwhile is made as it is at the end, however often it changes", async () => {
  const { network, connect } = slowNetwork();
  connect(s1);
  let made = 0;
  network.whenMade(() => made++);
  for (let turns = 0; made === 0 && turns < 1000; turns++) {
    if (turns % 2 === 0) connect(s2);
    else network.apply({ type: "switchDisconnected", dpid: s2 });
    await turn();
  }
  expect(made).toBe(1);
  expect(network.topology.hosts.get(1000)?.port).toBe(1);
});

test("what takes no time is made at once", () => {
  const network = new Network(TopologyState.empty.withConfig(config));
  let made = 0;
  network.whenMade(() => made++);
  expect(made).toBe(1);
});

test("when it is made, all hosts that have changed since the last events are known, and no later search is long", async () => {
  const { network, connect } = slowNetwork();
  const before = network.topology;
  network.takeEvents();
  connect(s1);
  let made = false;
  network.whenMade(() => (made = true));
  while (!made) await turn();
  expect(topologyChangeSteps(before, network.topology).next().done).toBe(true);
});
