// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { mapGraph } from "../../../../src/page/map/model/graph.ts";
import { dpidOf, network } from "../networks.ts";

const rowsOf = (graph: ReturnType<typeof mapGraph>, index: number) =>
  (graph.switches.get(dpidOf(index))?.rows ?? []).map((row) =>
    row.kind === "host" ? row.host.label : `${row.hosts.length} hosts`,
  );

describe("hosts of a switch", () => {
  test("up to eight are shown one by one, in order of their names", () => {
    const graph = mapGraph(network(2, [[0, 1]], [3, 9]));
    expect(rowsOf(graph, 0)).toEqual(["h1-1", "h1-2", "h1-3"]);
    expect(rowsOf(graph, 1)).toEqual(["9 hosts"]);
  });

  test("all are aggregated when there are more than 300", () => {
    const graph = mapGraph(network(60, [], Array(60).fill(6)));
    expect(rowsOf(graph, 0)).toEqual(["6 hosts"]);
  });

  test("monitors and hosts of the selected policy stay visible", () => {
    const topology = network(1, [], [12]);
    const [first, second] = topology.hosts;
    if (!first || !second) throw new Error("the network has no hosts");
    const graph = mapGraph(topology, {
      monitors: new Set([first.mac]),
      shown: new Set([second.mac]),
    });
    expect(rowsOf(graph, 0)).toEqual(["10 hosts", "h1-2", "h1-1"]);
  });
});

describe("links", () => {
  test("parallel ones are numbered, whichever end is named first", () => {
    const { links } = mapGraph(
      network(2, [
        [0, 1],
        [1, 0],
        [0, 1],
      ]),
    );
    expect(links.map(({ parallel, parallels }) => [parallel, parallels])).toEqual([
      [0, 3],
      [1, 3],
      [2, 3],
    ]);
    expect(links.every(({ a }) => a.dpid === dpidOf(0))).toBe(true);
  });

  test("one that the controller does not use is doubtful, with its reason", () => {
    const topology = network(2, [[0, 1]]);
    const link = (change: object) =>
      mapGraph({ ...topology, links: topology.links.map((each) => ({ ...each, ...change })) })
        .links[0];
    expect(link({})).toMatchObject({ state: "up" });
    expect(link({ up: false, state: "down" })).toMatchObject({ state: "down" });
    expect(link({ up: false, state: "unidirectional" })).toMatchObject({
      state: "doubtful",
      problem: "probes pass in one direction only",
    });
  });
});
