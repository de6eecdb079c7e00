// SPDX-License-Identifier: Apache-2.0
import { CARD, hostPoint, type Place, type Point } from "../layout/boxes.ts";
import type { HostRow, MapSwitch } from "../model/graph.ts";
import { itemKey } from "../view/items.ts";
import type { Drawing } from "./links.ts";
import { fillCircle, shortened, strokeCircle, strokeCross, strokeEye } from "./pen.ts";

/** Below this scale a card shows its name only, */
const NAME_ONLY = 0.62;
/** and below this one nothing: it is a coloured square. */
const NO_TEXT = 0.3;
const DIMMED = 0.35;
const RADIUS = 7;

export function drawSwitches(drawing: Drawing): void {
  const { context, scene, concerned } = drawing;
  for (const entry of scene.graph.switches.values()) {
    const place = scene.places.get(entry.dpid);
    if (!place) continue;
    const isDimmed = concerned !== undefined && !concerned.switches.has(entry.dpid);
    if (scene.showsHosts) drawHosts(drawing, entry, place, isDimmed);
    context.globalAlpha = isDimmed ? DIMMED : 1;
    drawCard(drawing, entry, place, isDimmed);
    context.globalAlpha = 1;
  }
}

function drawCard(
  { context, palette, scene, scale }: Drawing,
  entry: MapSwitch,
  { x, y }: Place,
  isDimmed: boolean,
): void {
  const is = (item: typeof scene.selected) => item && itemKey(item) === `switch:${entry.dpid}`;
  const [left, top] = [x - CARD.width / 2, y - CARD.height / 2];
  context.beginPath();
  context.roundRect(left, top, CARD.width, CARD.height, RADIUS);
  // Links pass below cards: a dimmed card covers them, too.
  if (isDimmed) {
    context.globalAlpha = 1;
    context.fillStyle = palette.ground;
    context.fill();
    context.globalAlpha = DIMMED;
  }
  context.fillStyle = is(scene.selected) ? palette.selected : palette.card;
  context.fill();
  context.strokeStyle = entry.connected ? palette.line : palette.bad;
  context.lineWidth = 1 / Math.max(scale, 0.5);
  if (!entry.connected) context.setLineDash([4, 3]);
  context.stroke();
  context.setLineDash([]);
  if (is(scene.selected) || is(scene.focused) || is(scene.hovered)) {
    context.strokeStyle = palette.focus;
    context.lineWidth = (is(scene.hovered) && !is(scene.selected) ? 1.5 : 2.5) / scale;
    context.stroke();
  }
  drawSession({ context, palette, scale }, entry, {
    x: left + 14,
    y: top + (scale < NAME_ONLY ? CARD.height / 2 : 15),
  });
  if (scale < NO_TEXT) return;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillStyle = entry.connected ? palette.text : palette.muted;
  const isSmall = scale < NAME_ONLY;
  context.font = `600 ${isSmall ? 19 : 13}px ${palette.font}`;
  const name = shortened(context, entry.name, CARD.width - 36);
  context.fillText(name, left + 26, isSmall ? y + 1 : top + 15.5);
  if (isSmall) return;
  context.font = `11px ${palette.font}`;
  context.fillStyle = entry.connected ? palette.muted : palette.bad;
  context.fillText(
    entry.connected ? `${entry.portsUp} of ${entry.ports} ports up` : "not connected",
    left + 14,
    top + 32,
  );
}

/** Filled: connected. A ring with a cross: not. */
function drawSession(
  { context, palette, scale }: Pick<Drawing, "context" | "palette" | "scale">,
  { connected }: MapSwitch,
  at: Point,
): void {
  const radius = scale < NAME_ONLY ? 6 : 4;
  context.fillStyle = context.strokeStyle = connected ? palette.good : palette.bad;
  context.lineWidth = 1.5;
  if (connected) {
    fillCircle(context, at, radius);
    return;
  }
  strokeCircle(context, at, radius + 0.5);
  strokeCross(context, at, radius * 0.45);
}

function drawHosts(drawing: Drawing, entry: MapSwitch, place: Place, isDimmed: boolean): void {
  const { context, palette, scale } = drawing;
  const last = entry.rows.length - 1;
  if (last < 0) return;
  context.globalAlpha = isDimmed ? DIMMED : 1;
  context.strokeStyle = palette.faint;
  context.lineWidth = 1.25 / Math.max(scale, 0.6);
  context.beginPath();
  const end = hostPoint(place, last);
  context.moveTo(end.x, place.y);
  context.lineTo(end.x, end.y);
  context.stroke();
  for (const [index, row] of entry.rows.entries()) {
    const isMarked = isRowConcerned(drawing, entry, row);
    context.globalAlpha = drawing.concerned && !isMarked ? DIMMED : 1;
    drawRow(drawing, entry, row, hostPoint(place, index));
  }
  context.globalAlpha = 1;
}

function isRowConcerned({ concerned }: Drawing, { dpid }: MapSwitch, row: HostRow): boolean {
  if (!concerned) return true;
  const hosts = row.kind === "fan" ? row.hosts : [row.host];
  return hosts.some(({ port }) => concerned.ports.has(`${dpid}/${port}`));
}

function drawRow(drawing: Drawing, entry: MapSwitch, row: HostRow, at: Point): void {
  const { context, palette, scene, scale } = drawing;
  const key = row.kind === "fan" ? `fan:${entry.dpid}` : `host:${row.host.mac}`;
  const isAt = (item: typeof scene.selected) => item && itemKey(item) === key;
  const isMonitor = row.kind === "host" && row.host.isMonitor;
  if (isAt(scene.selected) || isAt(scene.hovered) || isAt(scene.focused)) {
    context.beginPath();
    context.roundRect(at.x - 10, at.y - 8, CARD.width - 4, 16, 4);
    context.fillStyle = palette.selected;
    context.fill();
    if (!isAt(scene.hovered)) {
      context.strokeStyle = palette.focus;
      context.lineWidth = 1.5 / scale;
      context.stroke();
    }
  }
  context.fillStyle = context.strokeStyle = isMonitor ? palette.text : palette.line;
  context.lineWidth = 1.3;
  if (isMonitor) {
    coveredGround(drawing, at, 8);
    context.fillStyle = palette.text;
    strokeEye(context, at, 6.5);
  } else if (row.kind === "fan") {
    for (const dx of [-3.5, 0, 3.5]) fillCircle(context, { x: at.x + dx, y: at.y }, 2.1);
  } else fillCircle(context, at, 3.2);
  if (scale < 0.5) return;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillStyle = row.kind === "fan" ? palette.muted : palette.text;
  context.font = `${isMonitor ? "600 " : ""}11px ${palette.font}`;
  const text = row.kind === "fan" ? `${row.hosts.length} hosts` : row.host.label;
  context.fillText(shortened(context, text, CARD.width - 30), at.x + 13, at.y + 0.5);
}

/** A patch of the ground, so that the rail does not cross what is drawn there. */
function coveredGround({ context, palette }: Drawing, at: Point, radius: number): void {
  context.fillStyle = palette.ground;
  fillCircle(context, at, radius);
}
