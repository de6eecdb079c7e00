// SPDX-License-Identifier: Apache-2.0
/** Copies in motion: dots along lanes. */
import { lookOf } from "../model/hues.ts";
import { portKey } from "../model/overlay.ts";
import { DOT_SPEED, dotSpacing } from "../model/traffic.ts";
import { type Line, laneLine } from "../view/geometry.ts";
import type { Palette } from "./palette.ts";
import { type Context, fillCircle } from "./pen.ts";
import type { Scene } from "./scene.ts";

/** A lane with its dots; lengths in map units. */
export interface DotLane {
  readonly line: Line;
  readonly length: number;
  readonly spacing: number;
  readonly colour: string;
}

/** More dots than this are shown as still arrows with numbers. */
export const MOST_DOTS = 3_000;

/** The lanes with measured copies: of the selected policies, or of all together. */
export function dotLanes(scene: Scene, palette: Palette, perDot: number): readonly DotLane[] {
  const { graph, places, overlays, rates, traffic } = scene;
  if (traffic === "off" || !rates) return [];
  const lanes: DotLane[] = [];
  const add = (line: Line | undefined, pps: number | null | undefined, colour: string): void => {
    const spacing = dotSpacing(pps ?? 0, perDot);
    if (!line || spacing === undefined) return;
    const length = Math.hypot(line.to.x - line.from.x, line.to.y - line.from.y);
    lanes.push({ line, length, spacing, colour });
  };
  for (const [lane, { hue, segments, copiedPps }] of overlays.entries()) {
    const colour = palette.hues[lookOf(hue).hue] ?? palette.accent;
    for (const { kind, from } of segments) {
      if (kind !== "copy" || copiedPps === undefined || copiedPps === null) continue;
      // The policy's copies are split among its ways, and the link's are those of all policies.
      const copies = rates.get(portKey(from))?.copiesPps ?? copiedPps;
      add(laneLine(graph, places, from, lane), Math.min(copies, copiedPps), colour);
    }
  }
  if (overlays.length > 0) return lanes;
  for (const { a, b } of graph.links) {
    for (const { dpid, port } of [a, b]) {
      if (typeof port !== "number") continue;
      const copies = rates.get(`${dpid}/${port}`)?.copiesPps;
      add(laneLine(graph, places, { dpid, port }, 0), copies, palette.accent);
    }
  }
  return lanes;
}

/** Number of dots of all lanes. */
export function countDots(lanes: readonly DotLane[]): number {
  return lanes.reduce((sum, { length, spacing }) => sum + Math.ceil(length / spacing), 0);
}

/** The highest rate of copies that the scene shows: it scales the dots. */
export function highestCopies({ overlays, rates }: Scene): number {
  const shown = overlays.map(({ copiedPps }) => copiedPps ?? 0);
  const all =
    overlays.length > 0 ? [] : [...(rates?.values() ?? [])].map((rate) => rate.copiesPps ?? 0);
  return Math.max(0, ...shown, ...all);
}

/** Draws all dots at a time, in milliseconds. */
export function drawDots(context: Context, lanes: readonly DotLane[], atMs: number): void {
  for (const { line, length, spacing, colour } of lanes) {
    context.fillStyle = colour;
    const [dx, dy] = [(line.to.x - line.from.x) / length, (line.to.y - line.from.y) / length];
    for (let along = ((atMs / 1000) * DOT_SPEED) % spacing; along < length; along += spacing) {
      fillCircle(context, { x: line.from.x + dx * along, y: line.from.y + dy * along }, 3);
    }
  }
}
