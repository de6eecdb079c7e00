// SPDX-License-Identifier: Apache-2.0
import type { Transform } from "../view/transform.ts";
import { drawLinkLabels, freeSpace, placeSteps } from "./labels.ts";
import { drawLinks } from "./links.ts";
import { drawMarks, drawWays } from "./overlays.ts";
import type { Palette } from "./palette.ts";
import type { Context } from "./pen.ts";
import { concernedBy, type Scene } from "./scene.ts";
import { drawSwitches } from "./switches.ts";

/** Clears a canvas and sets its units to those of the map; `ratio`: device pixels per pixel. */
export function prepare(context: Context, { scale, x, y }: Transform, ratio: number): void {
  const { width, height } = context.canvas;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, width, height);
  context.setTransform(scale * ratio, 0, 0, scale * ratio, x * ratio, y * ratio);
}

/** Draws everything that does not move: links, ways, switches with hosts, marks; later ones on top. */
export function drawStatic(
  context: Context,
  palette: Palette,
  scene: Scene,
  view: Transform,
  ratio: number,
): void {
  prepare(context, view, ratio);
  const concerned = concernedBy(scene);
  const drawing = { context, palette, scene, concerned, scale: view.scale };
  drawLinks(drawing);
  drawWays(drawing);
  const space = freeSpace(drawing);
  const steps = placeSteps(drawing, space);
  drawLinkLabels(drawing, space);
  drawSwitches(drawing);
  drawMarks(drawing, steps);
}
