// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arranged, boxesOf } from "../../../../src/page/map/layout/arrange.ts";
import { areClose, type Places } from "../../../../src/page/map/layout/boxes.ts";
import { forcePoints } from "../../../../src/page/map/layout/force.ts";
import { type MapGraph, mapGraph } from "../../../../src/page/map/model/graph.ts";
import { propertyRuns } from "../../../properties.ts";
import { anyGraph, dpidOf, leafSpine, network } from "../networks.ts";

const NONE: Places = new Map();
const layout = (graph: MapGraph, known: Places = NONE) =>
  arranged(graph, known, async (task) => forcePoints(task));

function overlaps(graph: MapGraph, places: Places): number {
  const boxes = boxesOf(graph, places);
  return boxes.reduce(
    (sum, box, index) =>
      sum + boxes.slice(index + 1).filter((each) => areClose(box, each, 0)).length,
    0,
  );
}

const rows = (places: Places) => new Set([...places.values()].map(({ y }) => Math.round(y))).size;

describe("layouts of any network", () => {
  test("place every switch, without overlaps, and the same each time", async () => {
    await fc.assert(
      fc.asyncProperty(anyGraph, async (graph) => {
        const places = await layout(graph);
        expect([...places.keys()].sort()).toEqual([...graph.switches.keys()].sort());
        expect(overlaps(graph, places)).toBe(0);
        expect(await layout(graph)).toEqual(places);
      }),
      { numRuns: propertyRuns(60) },
    );
  });

  test("do not depend on the order of the topology's lists", async () => {
    const topology = leafSpine(3, 7, 2);
    const turned = {
      switches: [...topology.switches].reverse(),
      links: [...topology.links].reverse().map((link) => ({ ...link, a: link.b, b: link.a })),
      hosts: [...topology.hosts].reverse(),
    };
    expect(await layout(mapGraph(turned))).toEqual(await layout(mapGraph(topology)));
  });

  test("move nothing when switches are added or removed", async () => {
    await fc.assert(
      fc.asyncProperty(anyGraph, anyGraph, async (before, after) => {
        const known = await layout(before);
        const places = await layout(after, known);
        const kept = [...after.switches.keys()].filter((dpid) => known.has(dpid));
        fc.pre(2 * kept.length >= after.switches.size);
        for (const dpid of kept) expect(places.get(dpid)).toEqual(known.get(dpid));
        expect(places.size).toBe(after.switches.size);
      }),
      { numRuns: propertyRuns(60) },
    );
  });
});

describe("the structure of a network", () => {
  test("spines are above their leaves, each layer in a row", async () => {
    const graph = mapGraph(leafSpine(2, 6, 3));
    const places = await layout(graph);
    const y = (index: number) => places.get(dpidOf(index))?.y ?? 0;
    expect(rows(places)).toBe(2);
    expect(y(0)).toBe(y(1));
    for (let leaf = 2; leaf < 8; leaf++) expect(y(leaf)).toBeGreaterThan(y(0));
  });

  test("a leaf without hosts stays with the leaves", async () => {
    const topology = leafSpine(4, 10, 1);
    const hosts = topology.hosts.filter(({ dpid }) => dpid !== dpidOf(9));
    expect(rows(await layout(mapGraph({ ...topology, hosts })))).toBe(2);
  });

  test("a chain is a row in its order, a tree has its root on top", async () => {
    const chain = await layout(
      mapGraph(
        network(
          3,
          [
            [0, 1],
            [1, 2],
          ],
          [1, 1, 1],
        ),
      ),
    );
    expect(rows(chain)).toBe(1);
    const across = [0, 1, 2].map((index) => chain.get(dpidOf(index))?.x ?? 0);
    expect(across).toEqual([...across].sort((a, b) => a - b));
    const tree = network(7, [
      [0, 1],
      [0, 2],
      [1, 3],
      [1, 4],
      [2, 5],
      [2, 6],
    ]);
    expect(rows(await layout(mapGraph(tree)))).toBe(3);
  });

  test("a new switch comes next to its neighbour", async () => {
    const known = await layout(
      mapGraph(
        network(4, [
          [0, 1],
          [1, 2],
          [2, 3],
        ]),
      ),
    );
    const places = await layout(
      mapGraph(
        network(5, [
          [0, 1],
          [1, 2],
          [2, 3],
          [3, 4],
        ]),
      ),
      known,
    );
    const [last, added] = [places.get(dpidOf(3)), places.get(dpidOf(4))];
    if (!last || !added) throw new Error("a switch has no place");
    expect(Math.hypot(added.x - last.x, added.y - last.y)).toBeLessThan(250);
  });

  test("forty leaves take several rows, not one that no screen shows", async () => {
    const graph = mapGraph(leafSpine(4, 36, 11));
    const places = await layout(graph);
    const across = [...places.values()].map(({ x }) => x);
    expect(Math.max(...across) - Math.min(...across)).toBeLessThan(1_600);
    expect(overlaps(graph, places)).toBe(0);
  });
});
