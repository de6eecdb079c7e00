// SPDX-License-Identifier: Apache-2.0
/** Texts at links, placed so that none covers another: numbers of steps first, then ports, then rates. */
import { boxOf, type Point } from "../layout/boxes.ts";
import type { OverlaySegment } from "../model/overlay.ts";
import { formatRate } from "../model/traffic.ts";
import {
  FIRST_LANE,
  LANE_GAP,
  type Line,
  linkLine,
  pointAt,
  shiftedLine,
  trimmed,
} from "../view/geometry.ts";
import { LabelSpace } from "../view/label-space.ts";
import type { Drawing } from "./links.ts";
import { type StepPoints, segmentLine } from "./overlays.ts";
import type { Scene } from "./scene.ts";

const STEP_SIZE = 20;
const TEXT_HEIGHT = 14;

/** Parts of a line at which a label may be, in the order of preference. */
const ALONG = [0.5, 0.42, 0.58, 0.35, 0.65, 0.28, 0.72];

/** Links shorter than this have no room for rates. */
const LEAST_FOR_RATES = 90;

/** What the cards and hosts leave of the map. */
export function freeSpace({ scene: { graph, places } }: Drawing): LabelSpace {
  return new LabelSpace(
    [...graph.switches.values()].flatMap((entry) => {
      const place = places.get(entry.dpid);
      return place ? [boxOf(entry, place)] : [];
    }),
  );
}

/** Places the numbers of steps. Originals and copies on one link have theirs at different parts of it. */
export function placeSteps(drawing: Drawing, space: LabelSpace): StepPoints {
  const points = new Map<OverlaySegment, Point>();
  for (const [lane, { segments }] of drawing.scene.overlays.entries()) {
    for (const segment of segments) {
      const line = segment.step === undefined ? undefined : segmentLine(drawing, segment, lane);
      if (!line) continue;
      const first = segment.kind === "copy" ? 0.58 : 0.42;
      const candidates = [first, ...ALONG].map((part) => pointAt(line, part));
      const at = space.placeAnyway(candidates, STEP_SIZE, STEP_SIZE);
      if (at) points.set(segment, at);
    }
  }
  return points;
}

/** Ports at the ends of links, and the rate in each direction; what has no room is left out. */
export function drawLinkLabels(drawing: Drawing, space: LabelSpace): void {
  const { context, palette, scene, concerned, scale } = drawing;
  if (!scene.showsLabels || scale < 0.5) return;
  context.font = `10px ${palette.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const shown = scene.graph.links.flatMap((link) => {
    const line = linkLine(link, scene.places);
    if (!line || (concerned && !concerned.links.has(link.id))) return [];
    const short = trimmed(line);
    return [{ link, short, length: lengthOf(short) }];
  });
  for (const { link, short, length } of shown) {
    const inset = Math.min(0.3, 11 / Math.max(1, length));
    // A little further along the link where another link begins at the same place.
    const near = [1, 2.2, 3.4].map((times) => Math.min(0.45, inset * times));
    label(
      drawing,
      space,
      String(link.a.port),
      near.map((part) => pointAt(short, part)),
    );
    label(
      drawing,
      space,
      String(link.b.port),
      near.map((part) => pointAt(short, 1 - part)),
    );
  }
  for (const { link, short, length } of shown) {
    if (length < LEAST_FOR_RATES) continue;
    const back = { from: short.to, to: short.from };
    rateLabel(drawing, space, short, rateText(scene, `${link.a.dpid}/${link.a.port}`));
    rateLabel(drawing, space, back, rateText(scene, `${link.b.dpid}/${link.b.port}`));
  }
}

function lengthOf({ from, to }: Line): number {
  return Math.hypot(to.x - from.x, to.y - from.y);
}

/** The rate of a direction, on the side of its lanes and beyond them. */
function rateLabel(
  drawing: Drawing,
  space: LabelSpace,
  line: Line,
  text: string | undefined,
): void {
  if (text === undefined) return;
  const { context, scene } = drawing;
  const across = shiftedLine(line, 1);
  const [nx, ny] = [across.from.x - line.from.x, across.from.y - line.from.y];
  const lanes = FIRST_LANE + Math.max(1, scene.overlays.length) * LANE_GAP;
  const size = (Math.abs(nx) * context.measureText(text).width) / 2 + Math.abs(ny) * 6;
  const beside = shiftedLine(line, lanes + size + 3);
  label(
    drawing,
    space,
    text,
    ALONG.map((part) => pointAt(beside, part)),
  );
}

function rateText({ rates, traffic }: Scene, key: string): string | undefined {
  const rate = rates?.get(key);
  if (traffic === "off" || !rate) return undefined;
  return traffic === "pps" ? formatRate(rate.pps, "pps") : formatRate(rate.bps, "bit/s");
}

/** A text on a patch of the ground, so that lines do not cross it; at the first free point, if there is one. */
function label(
  { context, palette }: Drawing,
  space: LabelSpace,
  text: string,
  points: readonly Point[],
): void {
  const width = context.measureText(text).width + 6;
  const at = space.place(points, width, TEXT_HEIGHT);
  if (!at) return;
  context.fillStyle = palette.ground;
  context.beginPath();
  context.roundRect(at.x - width / 2, at.y - TEXT_HEIGHT / 2, width, TEXT_HEIGHT, 3);
  context.fill();
  context.fillStyle = palette.muted;
  context.fillText(text, at.x, at.y + 0.5);
}
