// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import {
  type HostConfig,
  hostChanges,
  TopologyState,
  topologyChangeSteps,
  topologyChanges,
} from "../../../src/topology/index.ts";
import { dpid, port } from "../networks.ts";

const s1 = dpid(1);

/** A network with this many hosts at one port. */
function networkOf(count: number, at: number) {
  const hosts = Array.from({ length: count }, (_, n): HostConfig => {
    return { mac: 0xfa00_0000_0000 + n, ips: [], dpid: s1, port: port(at).no };
  });
  const state = TopologyState.empty.withConfig({
    switches: [{ dpid: s1, forwarding: "paths" }],
    links: [],
    hosts,
  });
  const ports = [port(1), port(2)];
  return state.apply({ type: "switchConnected", dpid: s1, ports }).topology;
}

test("a change of thousands of hosts is found in steps, and the same object for later callers", () => {
  const [before, after] = [networkOf(2000, 1), networkOf(2000, 2)];
  const steps = topologyChangeSteps(before, after);
  let count = 0;
  let step = steps.next();
  for (; !step.done; step = steps.next()) count++;
  expect(count).toBeGreaterThan(90);
  const changes = step.value;
  expect(changes.hosts.size).toBe(2000);
  expect(changes.hosts.get(0xfa00_0000_0000)?.old?.port).toBe(1);
  expect(changes.hosts.get(0xfa00_0000_0000)?.now?.port).toBe(2);
  expect(topologyChanges(before, after)).toBe(changes);
  expect(hostChanges(before.hosts, after.hosts)).toBe(changes.hosts);
});

test("another pair is compared anew", () => {
  const [before, after] = [networkOf(3, 1), networkOf(3, 2)];
  expect(topologyChanges(before, after).hosts.size).toBe(3);
  expect(topologyChanges(networkOf(1, 1), after).hosts.size).toBe(3);
  expect(topologyChanges(after, after).hosts.size).toBe(0);
});
