// SPDX-License-Identifier: Apache-2.0

import { sumOfRates } from "../../data/rates.ts";
import type { MapLink } from "../model/graph.ts";
import { formatRate, linkWidth } from "../model/traffic.ts";
import {
  FIRST_LANE,
  LANE_GAP,
  type Line,
  linkLine,
  pointAt,
  shiftedLine,
  trimmed,
} from "../view/geometry.ts";
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

/** State is in the line: solid, dotted (doubtful), a cross (down). Never in the colour alone. */
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
  context.setLineDash(link.state === "up" ? [] : link.state === "down" ? [6, 5] : [1.5, 4]);
  strokeLine(context, line);
  context.setLineDash([]);
  if (link.state === "down") {
    context.lineWidth = 2 / Math.max(scale, 0.6);
    strokeCross(context, pointAt(line, 0.5), 5 / Math.max(scale, 0.6));
  }
}

/** Frames per second in both directions; null: not known, or not shown. */
function rateOfLink({ rates, traffic }: Scene, { a, b }: MapLink): number | null {
  if (traffic === "off") return null;
  const ends = [rates?.get(`${a.dpid}/${a.port}`), rates?.get(`${b.dpid}/${b.port}`)];
  return sumOfRates(ends.map((rate) => rate?.pps));
}

/** Ports at the ends of links, and the rate in each direction. */
export function drawLinkLabels(drawing: Drawing): void {
  const { context, palette, scene, concerned, scale } = drawing;
  if (!scene.showsLabels || scale < 0.5) return;
  context.font = `10px ${palette.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const link of scene.graph.links) {
    const line = linkLine(link, scene.places);
    if (!line || (concerned && !concerned.links.has(link.id))) continue;
    const short = trimmed(line);
    const length = Math.hypot(short.to.x - short.from.x, short.to.y - short.from.y);
    const inset = Math.min(0.3, 11 / Math.max(1, length));
    label(drawing, String(link.a.port), pointAt(short, inset));
    label(drawing, String(link.b.port), pointAt(short, 1 - inset));
    if (length < 90) continue;
    const back = { from: short.to, to: short.from };
    rateLabel(drawing, short, rateText(scene, `${link.a.dpid}/${link.a.port}`));
    rateLabel(drawing, back, rateText(scene, `${link.b.dpid}/${link.b.port}`));
  }
}

/** The rate of a direction, on the side of its lanes and beyond them. */
function rateLabel(drawing: Drawing, line: Line, text: string | undefined): void {
  if (text === undefined) return;
  const { context, scene } = drawing;
  const across = shiftedLine(line, 1);
  const [nx, ny] = [across.from.x - line.from.x, across.from.y - line.from.y];
  const lanes = FIRST_LANE + Math.max(1, scene.overlays.length) * LANE_GAP;
  const size = (Math.abs(nx) * context.measureText(text).width) / 2 + Math.abs(ny) * 6;
  label(drawing, text, pointAt(shiftedLine(line, lanes + size + 3), 0.5));
}

function rateText({ rates, traffic }: Scene, key: string): string | undefined {
  const rate = rates?.get(key);
  if (traffic === "off" || !rate) return undefined;
  return traffic === "pps" ? formatRate(rate.pps, "pps") : formatRate(rate.bps, "bit/s");
}

/** A text on a patch of the ground, so that lines do not cross it. */
function label({ context, palette }: Drawing, text: string, { x, y }: Line["from"]): void {
  const width = context.measureText(text).width + 6;
  context.fillStyle = palette.ground;
  context.beginPath();
  context.roundRect(x - width / 2, y - 7, width, 14, 3);
  context.fill();
  context.fillStyle = palette.muted;
  context.fillText(text, x, y + 0.5);
}
