// SPDX-License-Identifier: Apache-2.0
import type { MapLink } from "../model/graph.ts";
import { sumOfRates } from "../model/rates.ts";
import { formatRate, linkWidth } from "../model/traffic.ts";
import { type Line, linkLine, pointAt, trimmed } from "../view/geometry.ts";
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

/** State is in the line: solid, dotted (doubtful), a cross (down). Never in the colour alone. */
export function drawLinks(drawing: Drawing): void {
  const { context, scene, concerned } = drawing;
  for (const link of scene.graph.links) {
    const line = linkLine(link, scene.places);
    if (!line) continue;
    context.globalAlpha = concerned && !concerned.links.has(link.id) ? DIMMED : 1;
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
  context.strokeStyle = { up: palette.line, down: palette.bad, doubtful: palette.warn }[link.state];
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
    const rates = [link.a, link.b].map((end) => rateText(scene, `${end.dpid}/${end.port}`));
    if (rates[0] !== undefined) label(drawing, rates[0], pointAt(short, 0.36));
    if (rates[1] !== undefined) label(drawing, rates[1], pointAt(short, 0.64));
  }
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
