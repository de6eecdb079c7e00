// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arranged, boxesOf } from "../../../../src/page/map/layout/arrange.ts";
import { hull, type Places } from "../../../../src/page/map/layout/boxes.ts";
import { forcePoints } from "../../../../src/page/map/layout/force.ts";
import { type MapGraph, mapGraph } from "../../../../src/page/map/model/graph.ts";
import { laneLine, linkLine } from "../../../../src/page/map/view/geometry.ts";
import {
  isPresent,
  itemAt,
  itemKey,
  itemOfKey,
  type MapItem,
  pointOf,
} from "../../../../src/page/map/view/items.ts";
import { isTableMode } from "../../../../src/page/map/view/table-mode.ts";
import {
  fitted,
  panned,
  revealed,
  toMap,
  toScreen,
  zoomed,
} from "../../../../src/page/map/view/transform.ts";
import { dpidOf, leafSpine, network } from "../networks.ts";

const layout = (graph: MapGraph): Promise<Places> =>
  arranged(graph, new Map(), async (task) => forcePoints(task));

const coordinate = fc.double({ min: -5000, max: 5000, noNaN: true });
const point = fc.record({ x: coordinate, y: coordinate });
const transform = fc.record({
  scale: fc.double({ min: 0.1, max: 2.5, noNaN: true }),
  x: coordinate,
  y: coordinate,
});

describe("the view", () => {
  test("pixels and map points convert into each other", () => {
    fc.assert(
      fc.property(transform, point, (view, at) => {
        const back = toMap(view, toScreen(view, at));
        expect(back.x).toBeCloseTo(at.x, 4);
        expect(back.y).toBeCloseTo(at.y, 4);
      }),
    );
  });

  test("the point under the pointer stays there when the map is zoomed", () => {
    fc.assert(
      fc.property(
        transform,
        point,
        fc.double({ min: 0.2, max: 5, noNaN: true }),
        (view, at, by) => {
          const back = toMap(zoomed(view, by, at), at);
          const before = toMap(view, at);
          expect(back.x).toBeCloseTo(before.x, 3);
          expect(back.y).toBeCloseTo(before.y, 3);
        },
      ),
    );
  });

  test("a fitted network is inside the screen, whatever its size", () => {
    const size = { width: 800, height: 600 };
    fc.assert(
      fc.property(point, fc.double({ min: 1, max: 6000, noNaN: true }), ({ x, y }, extent) => {
        const box = { left: x, top: y, right: x + extent, bottom: y + extent };
        const view = fitted(box, size);
        const corner = toScreen(view, { x: box.right, y: box.bottom });
        expect(toScreen(view, { x, y }).x).toBeGreaterThanOrEqual(0);
        expect(corner.x).toBeLessThanOrEqual(size.width);
        expect(corner.y).toBeLessThanOrEqual(size.height);
      }),
    );
  });

  test("a point outside is brought into view, one inside moves nothing", () => {
    const size = { width: 800, height: 600 };
    const view = { scale: 1, x: 0, y: 0 };
    expect(revealed(view, { x: 400, y: 300 }, size)).toEqual(view);
    expect(revealed(view, { x: 2000, y: 300 }, size)).toEqual(panned(view, 740 - 2000, 0));
  });
});

describe("what is under the pointer", () => {
  test("each switch, host, fan and link is found at its own point", async () => {
    const graph = mapGraph(leafSpine(2, 4, 3));
    const places = await layout(graph);
    const items: MapItem[] = [
      ...[...graph.switches.keys()].map((dpid) => ({ kind: "switch", dpid }) as const),
      ...graph.hosts.map(({ mac }) => ({ kind: "host", mac }) as const),
    ];
    for (const item of items) {
      const at = pointOf(graph, places, item);
      expect(at && itemAt(graph, places, at, 4)).toEqual(item);
      expect(itemOfKey(itemKey(item))).toEqual(item);
      expect(isPresent(graph, item)).toBe(true);
    }
    const box = hull(boxesOf(graph, places));
    expect(itemAt(graph, places, { x: (box?.right ?? 0) + 50, y: 0 }, 4)).toBeUndefined();
  });

  test("of parallel links each is found on its own line", async () => {
    const graph = mapGraph(
      network(2, [
        [0, 1],
        [0, 1],
      ]),
    );
    const places = await layout(graph);
    for (const { id } of graph.links) {
      const at = pointOf(graph, places, { kind: "link", id });
      expect(at && itemAt(graph, places, at, 4)).toEqual({ kind: "link", id });
    }
  });

  test("texts that name no item are none", () => {
    for (const text of ["", "switch", "switch:", "port:1"]) expect(itemOfKey(text)).toBeUndefined();
  });
});

test("lanes of opposite directions are on opposite sides of a link", async () => {
  const graph = mapGraph(network(2, [[0, 1]]));
  const places = await layout(graph);
  const [link] = graph.links;
  const line = link && linkLine(link, places);
  const there = laneLine(graph, places, { dpid: dpidOf(0), port: 1 }, 0);
  const back = laneLine(graph, places, { dpid: dpidOf(1), port: 1 }, 0);
  if (!line || !there || !back) throw new Error("there is no line");
  expect(Math.sign(there.from.y - line.from.y)).toBe(-Math.sign(back.from.y - line.from.y));
  expect(there.from.x).toBeLessThan(there.to.x);
  expect(back.from.x).toBeGreaterThan(back.to.x);
});

test("a network opens as a table above 150 switches, and as a map again at 120", () => {
  const of = (size: number) => mapGraph(network(size, []));
  expect([150, 151].map((size) => isTableMode(of(size), false))).toEqual([false, true]);
  expect([121, 120].map((size) => isTableMode(of(size), true))).toEqual([true, false]);
});
