// SPDX-License-Identifier: Apache-2.0
/** Ways and points above the network. */
import { CARD, hostPoint, type Place, type Point } from "../layout/boxes.ts";
import { lookOf } from "../model/hues.ts";
import type { MapOverlay, OverlayMark, OverlaySegment } from "../model/overlay.ts";
import {
  type Line,
  laneLine,
  linkAt,
  linkLine,
  pointAt,
  portPoint,
  trimmed,
} from "../view/geometry.ts";
import type { Drawing } from "./links.ts";
import {
  diamondPath,
  fillCircle,
  strokeChevron,
  strokeCircle,
  strokeEye,
  strokeLine,
} from "./pen.ts";

/** Where the numbers of steps are. */
export type StepPoints = ReadonlyMap<OverlaySegment, Point>;

/** Ways, below the cards of the switches. */
export function drawWays(drawing: Drawing): void {
  for (const [lane, overlay] of drawing.scene.overlays.entries()) {
    for (const segment of overlay.segments) drawSegment(drawing, overlay, segment, lane);
  }
}

function drawSegment(
  drawing: Drawing,
  overlay: MapOverlay,
  segment: OverlaySegment,
  lane: number,
): void {
  const { context, palette, scale } = drawing;
  const line = segmentLine(drawing, segment, lane);
  if (!line) return;
  const { hue, pattern } = lookOf(overlay.hue);
  const isCopy = segment.kind === "copy";
  context.strokeStyle = isCopy ? (palette.hues[hue] ?? palette.accent) : palette.text;
  context.lineWidth = (segment.isCurrent ? 4 : isCopy ? 2.5 : 1.75) / Math.max(scale, 0.7);
  context.lineCap = "round";
  context.setLineDash(isCopy ? [...pattern] : [1, 5]);
  strokeLine(context, line);
  context.setLineDash([]);
  context.lineWidth = 1.75 / Math.max(scale, 0.7);
  // Not where those of the opposite direction are.
  for (const part of [0.25, 0.62]) strokeChevron(context, pointAt(line, part), line, 6);
  context.lineCap = "butt";
}

/** Originals run on the link, copies in lanes beside it. */
export function segmentLine(
  { scene }: Drawing,
  { kind, from, to }: OverlaySegment,
  lane: number,
): Line | undefined {
  if (kind === "copy") return laneLine(scene.graph, scene.places, from, lane);
  const link = linkAt(scene.graph, from);
  const line = link && linkLine(link, scene.places);
  const start = scene.places.get(from.dpid);
  if (!line || !start || !scene.places.has(to.dpid)) return undefined;
  const isForward = Math.hypot(line.from.x - start.x, line.from.y - start.y) < CARD.width;
  return trimmed(isForward && link.a.dpid === from.dpid ? line : { from: line.to, to: line.from });
}

/** Numbers, ends and marks, above the cards. */
export function drawMarks(drawing: Drawing, steps: StepPoints): void {
  const { scene } = drawing;
  // Marks of one switch stand beside each other.
  const slots = new Map<string, number>();
  for (const overlay of scene.overlays) {
    for (const mark of overlay.marks) drawMark(drawing, overlay, mark, slots);
    for (const segment of overlay.segments) {
      const at = steps.get(segment);
      if (at) drawStep(drawing, overlay, segment, at);
    }
    const place = overlay.current === undefined ? undefined : scene.places.get(overlay.current);
    if (place) drawCurrent(drawing, place);
  }
}

function drawCurrent({ context, palette, scale }: Drawing, { x, y }: Place): void {
  context.strokeStyle = palette.focus;
  context.lineWidth = 2.5 / scale;
  context.beginPath();
  context.roundRect(
    x - CARD.width / 2 - 3,
    y - CARD.height / 2 - 3,
    CARD.width + 6,
    CARD.height + 6,
    9,
  );
  context.stroke();
}

function drawStep(drawing: Drawing, overlay: MapOverlay, segment: OverlaySegment, at: Point): void {
  const { context, palette } = drawing;
  const colour =
    segment.kind === "copy"
      ? (palette.hues[lookOf(overlay.hue).hue] ?? palette.accent)
      : palette.text;
  context.fillStyle = segment.isCurrent ? colour : palette.card;
  fillCircle(context, at, 9);
  context.strokeStyle = colour;
  context.lineWidth = 1.75;
  strokeCircle(context, at, 9);
  context.fillStyle = segment.isCurrent ? palette.card : palette.text;
  context.font = `600 11px ${palette.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(String(segment.step), at.x, at.y + 0.5);
}

function drawMark(
  drawing: Drawing,
  overlay: MapOverlay,
  mark: OverlayMark,
  slots: Map<string, number>,
): void {
  const { context, palette, scene } = drawing;
  const place = scene.places.get(mark.dpid);
  const entry = scene.graph.switches.get(mark.dpid);
  if (!place || !entry) return;
  const colour = palette.hues[lookOf(overlay.hue).hue] ?? palette.accent;
  if (mark.kind === "tap" || mark.kind === "recovery") {
    const slot = slots.get(mark.dpid) ?? 0;
    // One mark of a kind for a switch, however many ports it concerns.
    const key = `${overlay.hue} ${mark.kind} ${mark.dpid}`;
    if (slots.has(key)) return;
    slots.set(key, slot).set(mark.dpid, slot + 1);
    const at = {
      x: place.x + CARD.width / 2 - 10 - slot * 18,
      y: place.y + ((place.isUp ? 1 : -1) * CARD.height) / 2,
    };
    diamondPath(context, at, 8);
    context.fillStyle = mark.kind === "tap" ? colour : palette.card;
    context.fill();
    context.strokeStyle = mark.kind === "tap" ? palette.card : colour;
    context.lineWidth = 2;
    context.stroke();
    return;
  }
  const at = mark.port === undefined ? undefined : portPoint(entry, place, mark.port);
  if (!at || !scene.showsHosts) return;
  drawEnd(drawing, place, at, mark, colour);
}

/** The last piece of a way: from the card to the host. */
function drawEnd(
  { context, palette, scale }: Drawing,
  place: Place,
  at: Point,
  mark: OverlayMark,
  colour: string,
): void {
  const isMonitor = mark.kind === "monitor";
  const edge = hostPoint(place, -0.5);
  const shift = isMonitor ? 3 : 0;
  context.strokeStyle = isMonitor ? colour : palette.text;
  context.lineWidth = (isMonitor ? 2.5 : 1.75) / Math.max(scale, 0.7);
  context.setLineDash(isMonitor ? [] : [1, 4]);
  const start = { x: edge.x + shift, y: place.y + ((place.isUp ? -1 : 1) * CARD.height) / 2 };
  strokeLine(context, { from: start, to: { x: at.x + shift, y: at.y } });
  context.setLineDash([]);
  context.fillStyle = palette.ground;
  fillCircle(context, at, 8.5);
  context.strokeStyle = context.fillStyle = isMonitor ? colour : palette.text;
  context.lineWidth = 1.6;
  if (isMonitor) {
    strokeEye(context, at, 7);
  } else if (mark.kind === "entry") {
    fillCircle(context, at, 4.5);
  } else {
    strokeCircle(context, at, 4);
  }
  if (mark.text === undefined || scale < 0.5) return;
  context.font = `11px ${palette.font}`;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(mark.text, place.x + CARD.width / 2 + 4, at.y + 0.5);
}
