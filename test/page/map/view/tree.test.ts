// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { mapGraph } from "../../../../src/page/map/model/graph.ts";
import { treeMove, treeNodes } from "../../../../src/page/map/view/tree.ts";
import { dpidOf, network } from "../networks.ts";

const graph = mapGraph(network(2, [[0, 1]], [2, 0]));
const first = `switch:${dpidOf(0)}`;
const second = `switch:${dpidOf(1)}`;

test("switches say what they have, in words", () => {
  expect(treeNodes(graph, new Set()).map(({ label }) => label)).toEqual([
    "Switch s1, connected, 0 of 0 ports up, 1 link, 2 hosts",
    "Switch s2, connected, 0 of 0 ports up, 1 link, 0 hosts",
  ]);
});

test("an open switch shows its links and hosts, with their position", () => {
  const nodes = treeNodes(graph, new Set([first]));
  expect(
    nodes
      .slice(1, 4)
      .map(({ label, level, position, siblings }) => [label, level, position, siblings]),
  ).toEqual([
    ["Link from port 1 to s2 port 1, up", 2, 1, 3],
    ["Host h1-1 at port 2, 02:00:00:00:01:00, 10.0.0.1", 2, 2, 3],
    ["Host h1-2 at port 3, 02:00:00:00:01:01, 10.0.0.2", 2, 3, 3],
  ]);
  expect(new Set(nodes.map(({ key }) => key)).size).toBe(nodes.length);
});

describe("keys", () => {
  const closed = treeNodes(graph, new Set());
  const open = treeNodes(graph, new Set([first]));
  const child = open[1]?.key ?? "";

  test.each([
    ["down to the next node", closed, first, "ArrowDown", { type: "focus", key: second }],
    ["up from the first: nowhere", closed, first, "ArrowUp", undefined],
    ["right opens", closed, first, "ArrowRight", { type: "open", key: first }],
    [
      "right in an open node: to its first child",
      open,
      first,
      "ArrowRight",
      { type: "focus", key: child },
    ],
    ["left closes", open, first, "ArrowLeft", { type: "close", key: first }],
    ["left in a child: to its parent", open, child, "ArrowLeft", { type: "focus", key: first }],
    ["end", open, first, "End", { type: "focus", key: second }],
    [
      "without a focus: the first node",
      closed,
      undefined,
      "ArrowDown",
      { type: "focus", key: first },
    ],
    ["other keys", closed, first, "q", undefined],
  ])("%s", (_, nodes, focused, key, move) => {
    expect(treeMove(nodes, focused, key)).toEqual(move);
  });
});
