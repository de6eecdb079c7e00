// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { compileForwarding } from "../../../src/forwarding/index.ts";
import {
  type Discovered,
  type DiscoveredLinkState,
  LOCAL_PORT,
  type PortNo,
  TopologyState,
} from "../../../src/topology/index.ts";
import { configOf, dpid, type Plan, port, stateOf } from "../networks.ts";

/** Two switches with ports 1, 2 and 10, and a file that describes them. */
function network(plan: Partial<Plan>, discovered: Discovered | undefined) {
  let state = stateOf({ profiles: ["paths", "paths"], links: [], ...plan });
  for (const n of [1, 2]) {
    const ports = [1, 2, 10, LOCAL_PORT].map((no) => port(no));
    state = state.apply({ type: "switchConnected", dpid: dpid(n), ports });
  }
  return state.withDiscovered(discovered).topology;
}

const at = (n: number, no: number) => ({ dpid: dpid(n), port: no as PortNo });
const found = (a: [number, number], b: [number, number], state: DiscoveredLinkState = "up") => ({
  links: [{ a: at(...a), b: at(...b), state }],
  probing: new Map(),
});
const ports = (...numbers: number[]) => new Set(numbers as PortNo[]);
const roles = (topology: ReturnType<typeof network>, n: number) =>
  [1, 2, 10].map((no) => topology.portRole(dpid(n), no as PortNo));
const drops = (topology: ReturnType<typeof network>, n: number) =>
  (compileForwarding(topology).get(dpid(n)) ?? []).flatMap(({ match: [field], actions }) =>
    field?.field === "inPort" && actions.length === 0 ? [field.value] : [],
  );

describe("discovered links in the topology", () => {
  test("without discovery every port without a link of a file is an edge", () => {
    expect(roles(network({}, undefined), 1)).toEqual(["edge", "edge", "edge"]);
  });

  test("a link that is up is used for paths and floods", () => {
    const topology = network({}, found([1, 10], [2, 10]));
    expect(roles(topology, 1)).toEqual(["edge", "edge", "link"]);
    expect(topology.nextHop(dpid(1), dpid(2))).toBe(10);
    expect(topology.links).toMatchObject([{ origin: "discovered", state: "up", up: true }]);
  });

  test.each(["unidirectional", "shared", "down"] as const)(
    "one that is %s carries nothing",
    (state) => {
      const topology = network({}, found([1, 10], [2, 10], state));
      expect(topology.nextHop(dpid(1), dpid(2))).toBeUndefined();
      expect(topology.edgePorts(dpid(1))).toEqual([1, 2]);
      expect(drops(topology, 1)).toEqual([10]);
    },
  );

  test("a port that is being probed floods nothing and forwards nothing", () => {
    const topology = network({}, { links: [], probing: new Map([[dpid(1), ports(1, 10)]]) });
    expect(roles(topology, 1)).toEqual(["probing", "edge", "probing"]);
    expect(topology.edgePorts(dpid(1))).toEqual([2]);
    expect(drops(topology, 1)).toEqual([1, 10]);
  });

  test("a port with a host from a file is an edge at once, and one with a link from a file is a link", () => {
    const probing = new Map([[dpid(1), ports(1, 2, 10)]]);
    const plan = { hosts: [[1, 1]], links: [[1, 10, 2, 10, 1]] } as const;
    const topology = network(plan, { links: [], probing });
    expect(roles(topology, 1)).toEqual(["edge", "probing", "link"]);
    expect(topology.edgePorts(dpid(1))).toEqual([1]);
  });

  test.each([
    ["nothing says so", undefined, "nothing", false],
    ["probes pass", undefined, "up", true],
    ["the file says so", true, "nothing", true],
    ["the file says so, but there is a hub", true, "shared", false],
    ["probes pass one way only", undefined, "unidirectional", false],
  ] as const)("a link of a file is direct: %s", (_, direct, state, isDirect) => {
    const ends = { a: at(1, 10), b: at(2, 10) };
    const { switches } = configOf({ profiles: ["paths", "paths"], links: [] });
    const link = { ...ends, weight: 1, ...(direct ? { direct } : {}) };
    const { topology } = TopologyState.empty
      .withConfig({ switches, links: [link], hosts: [] })
      .withDiscovered(state === "nothing" ? undefined : found([1, 10], [2, 10], state));
    expect(topology.links).toMatchObject([{ direct: isDirect, up: true }]);
    expect(topology.directNextHop(dpid(1), dpid(2))).toBe(isDirect ? 10 : undefined);
    expect(topology.directReach(dpid(2))).toEqual(isDirect ? [dpid(1), dpid(2)] : [dpid(2)]);
  });

  test("a doubtful link is not direct", () => {
    const [link] = found([1, 10], [2, 10]).links;
    const links = link ? [{ ...link, isDoubtful: true as const }] : [];
    const topology = network({}, { links, probing: new Map() });
    expect(topology.links).toMatchObject([{ direct: false, up: true }]);
  });

  test("a link that is in a file and discovered is one link, with origin file", () => {
    const plan = { links: [[1, 10, 2, 10, 1]] } as const;
    expect(network(plan, found([1, 10], [2, 10])).links).toMatchObject([
      { origin: "file", state: "up" },
    ]);
    const oneWay = network(plan, found([1, 10], [2, 10], "unidirectional"));
    expect(oneWay.links).toMatchObject([{ origin: "file", state: "unidirectional", up: true }]);
  });

  test("a file takes precedence over a discovered link, and the other end carries nothing", () => {
    const topology = network({ links: [[1, 10, 2, 10, 1]] }, found([1, 10], [2, 2]));
    expect(topology.links).toMatchObject([
      { origin: "file", up: true },
      { origin: "discovered", state: "contradicted", up: false },
    ]);
    expect(topology.links[1]?.problem).toMatch(/port 10 is configured to lead to .* port 10$/);
    expect(topology.nextHop(dpid(1), dpid(2))).toBe(10);
    expect(drops(topology, 2)).toEqual([2]);
  });

  test("so does a host from a file", () => {
    const topology = network({ hosts: [[1, 1]] }, found([1, 1], [2, 2], "unidirectional"));
    expect(topology.links).toMatchObject([{ state: "contradicted", up: false }]);
    expect(roles(topology, 1)).toEqual(["edge", "edge", "edge"]);
    expect(roles(topology, 2)).toEqual(["edge", "link", "edge"]);
  });
});
