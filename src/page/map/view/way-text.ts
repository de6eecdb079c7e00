// SPDX-License-Identifier: Apache-2.0
import type { MapGraph } from "../model/graph.ts";
import type { MapOverlay, MapPort } from "../model/overlay.ts";

/** What the map draws above the network, in words: `copy: s1 port 12 → s4 port 12`. */
export function wayTexts(
  { switches }: MapGraph,
  overlays: readonly MapOverlay[],
): readonly string[] {
  const name = (dpid: string) => switches.get(dpid)?.name ?? dpid;
  const port = ({ dpid, port }: MapPort) => `${name(dpid)} port ${port}`;
  return overlays.flatMap(({ segments, marks }) => [
    ...segments.map(({ kind, from, to }) => `${kind}: ${port(from)} → ${port(to)}`),
    ...marks.map(({ kind, dpid, port: at }) => {
      const place = at === undefined ? name(dpid) : port({ dpid, port: at });
      return `${MARKS[kind]}: ${place}`;
    }),
  ]);
}

const MARKS = {
  tap: "tap point",
  recovery: "restored",
  monitor: "monitor",
  entry: "enters",
  exit: "leaves",
} as const;
