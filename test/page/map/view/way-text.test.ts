// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { mapGraph } from "../../../../src/page/map/model/graph.ts";
import { wayTexts } from "../../../../src/page/map/view/way-text.ts";
import { dpidOf, network } from "../networks.ts";

test("ways are written with the names of their switches", () => {
  const [from, to] = [
    { dpid: dpidOf(0), port: 3 },
    { dpid: dpidOf(1), port: 4 },
  ];
  const overlay = {
    hue: 0,
    segments: [{ kind: "copy", from, to } as const],
    marks: [
      { kind: "tap", dpid: dpidOf(0), port: 1 } as const,
      { kind: "recovery", dpid: "ff" } as const,
    ],
  };
  expect(wayTexts(mapGraph(network(2, [])), [overlay])).toEqual([
    "copy: s1 port 3 → s2 port 4",
    "tap point: s1 port 1",
    "restored: ff",
  ]);
});
