// SPDX-License-Identifier: Apache-2.0

import { sumOfRates } from "../../data/rates.ts";
import type { MapLink } from "../model/graph.ts";
import { linkWidth } from "../model/traffic.ts";
import { type Line, linkLine, pointAt } from "../view/geometry.ts";
import { itemKey } from "../view/items.ts";
import type { Palette } from "./palette.ts";
import { type Context, strokeCross, strokeLine } from "./pen.ts";
import type { Concerned, Scene } from "./scene.ts";

export interface Drawing {
  readonly context: Context;
  readonly palette: Palette;
  readonly scene: Scene;
  readonly concerned: Concerned | undefined;
  /** Pixels per map unit. */
  readonly scale: number;
}

const DIMMED = 0.3;
/** So many links would cover the network: they are drawn faintly. */
const MANY_LINKS = 300;

/**
 * State is in the line: solid, long dashes (outside the spanning tree), dotted (doubtful), a cross (down). Never in the
 * colour alone.
 */
export function drawLinks(drawing: Drawing): void {
  const { context, scene, concerned } = drawing;
  for (const link of scene.graph.links) {
    const line = linkLine(link, scene.places);
    if (!line) continue;
    // What is wrong stays in sight, whatever is selected.
    const isDimmed = concerned && !concerned.links.has(link.id) && link.state === "up";
    context.globalAlpha = isDimmed ? DIMMED : 1;
    drawLink(drawing, link, line);
  }
  context.globalAlpha = 1;
}

function drawLink({ context, palette, scene, scale }: Drawing, link: MapLink, line: Line): void {
  const isMarked = [scene.selected, scene.hovered, scene.focused].some(
    (item) => item && itemKey(item) === `link:${link.id}`,
  );
  if (isMarked) {
    context.strokeStyle = palette.focus;
    context.globalAlpha = 0.35;
    context.lineWidth = 10 / scale;
    strokeLine(context, line);
    context.globalAlpha = 1;
  }
  const up = scene.graph.links.length > MANY_LINKS ? palette.faint : palette.line;
  context.strokeStyle = { up, down: palette.bad, doubtful: palette.warn }[link.state];
  context.lineWidth = linkWidth(rateOfLink(scene, link)) / Math.max(scale, 0.6);
  context.setLineDash(dashOf(link));
  strokeLine(context, line);
  context.setLineDash([]);
  if (link.state === "down") {
    context.lineWidth = 2 / Math.max(scale, 0.6);
    strokeCross(context, pointAt(line, 0.5), 5 / Math.max(scale, 0.6));
  }
}

function dashOf({ state, isOutsideTree }: MapLink): number[] {
  if (state === "down") return [6, 5];
  if (state === "doubtful") return [1.5, 4];
  return isOutsideTree ? [11, 5] : [];
}

/** Frames per second in both directions; null: not known, or not shown. */
function rateOfLink({ rates, traffic }: Scene, { a, b }: MapLink): number | null {
  if (traffic === "off") return null;
  const ends = [rates?.get(`${a.dpid}/${a.port}`), rates?.get(`${b.dpid}/${b.port}`)];
  return sumOfRates(ends.map((rate) => rate?.pps));
}
