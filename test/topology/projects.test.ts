// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import {
  type HostConfig,
  parseTopologyFile,
  type TopologyConfig,
  TopologyState,
  topologyChanges,
} from "../../src/topology/index.ts";
import { dpid, port } from "./networks.ts";

const [s1, s2] = [dpid(1), dpid(2)];

const FILE = {
  switches: [
    { dpid: s1, name: "s1" },
    { dpid: s2, name: "s2", project: "acme" },
  ],
  hosts: [{ name: "h1", mac: "fa:00:00:00:00:01", switch: "s1", port: 1, project: "acme" }],
};

function read(document: object): TopologyConfig {
  const parsed = parseTopologyFile(JSON.stringify(document), "t.json");
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.value;
}

const state = TopologyState.empty.withConfig(read(FILE));

/** The project of s1's port 1 beside h1 and other hosts. */
function projectWith(...hosts: Partial<HostConfig>[]): string | undefined {
  const added = hosts.reduce((before, host, n) => {
    const change = before.addHost({ mac: 0xfa0000000010 + n, ips: [], dpid: s1, port: 1, ...host });
    if (!change.ok) throw new Error(JSON.stringify(change.problems));
    return change.state;
  }, state);
  return added.topology.projectAt(s1, port(1).no);
}

test("a port belongs to the project of its switch, or of all hosts that are named there", () => {
  expect(state.topology.projectAt(s2, port(7).no)).toBe("acme");
  expect(state.topology.projectAt(s1, port(7).no)).toBeUndefined();
  expect(projectWith()).toBe("acme");
  expect(projectWith({ project: "acme" })).toBe("acme");
  expect(projectWith({ project: "other" })).toBeUndefined();
  expect(projectWith({})).toBeUndefined();
});

test("a learned host does not change the project of its port", () => {
  const learned = { mac: 0xfa0000000020, ips: [], vlans: [], dpid: s1, port: port(1).no };
  const { topology } = state.withLearnedHosts(new Map([[learned.mac, learned]]) as never);
  expect(topology.macsAt(s1, port(1).no)).toHaveLength(2);
  expect(topology.projectAt(s1, port(1).no)).toBe("acme");
});

test("another project in a file is a change of the host, and of the switch", () => {
  const [host] = FILE.hosts;
  const moved = state.withConfig(read({ ...FILE, hosts: [{ ...host, project: "other" }] }));
  expect(moved.topology.projectAt(s1, port(1).no)).toBe("other");
  const { hosts, switches } = topologyChanges(state.topology, moved.topology);
  expect([hosts.size, switches.size]).toEqual([1, 0]);
  const [first] = FILE.switches;
  const freed = state.withConfig(read({ ...FILE, switches: [first, { dpid: s2, name: "s2" }] }));
  expect(freed.topology.projectAt(s2, port(7).no)).toBeUndefined();
  expect([...topologyChanges(state.topology, freed.topology).switches]).toEqual([s2]);
});

test.each(["", "a b", "-a", "x".repeat(65)])("%j is not the name of a project", (project) => {
  const document = { ...FILE, switches: [{ dpid: s1, name: "s1", project }] };
  const parsed = parseTopologyFile(JSON.stringify(document), "t.json");
  expect(parsed.ok ? [] : parsed.errors.map(({ path }) => path)).toContain("/switches/0/project");
});
