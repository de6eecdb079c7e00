// SPDX-License-Identifier: Apache-2.0
/** Shapes on a canvas. */
import type { Point } from "../layout/boxes.ts";
import type { Line } from "../view/geometry.ts";

export type Context = CanvasRenderingContext2D;

export function strokeLine(context: Context, { from, to }: Line): void {
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.lineTo(to.x, to.y);
  context.stroke();
}

export function fillCircle(context: Context, { x, y }: Point, radius: number): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

export function strokeCircle(context: Context, { x, y }: Point, radius: number): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.stroke();
}

/** A square on its corner. */
export function diamondPath(context: Context, { x, y }: Point, radius: number): void {
  context.beginPath();
  context.moveTo(x, y - radius);
  context.lineTo(x + radius, y);
  context.lineTo(x, y + radius);
  context.lineTo(x - radius, y);
  context.closePath();
}

/** Two strokes that cross. */
export function strokeCross(context: Context, { x, y }: Point, radius: number): void {
  context.beginPath();
  context.moveTo(x - radius, y - radius);
  context.lineTo(x + radius, y + radius);
  context.moveTo(x + radius, y - radius);
  context.lineTo(x - radius, y + radius);
  context.stroke();
}

/** An open arrow head that points along a line. */
export function strokeChevron(context: Context, at: Point, line: Line, size: number): void {
  const angle = Math.atan2(line.to.y - line.from.y, line.to.x - line.from.x);
  context.beginPath();
  for (const [index, side] of [2.5, 0, -2.5].entries()) {
    const reach = side === 0 ? 0 : size;
    const x = at.x + reach * Math.cos(angle + side);
    const y = at.y + reach * Math.sin(angle + side);
    if (index === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  }
  context.stroke();
}

/** An eye: what a monitor is. */
export function strokeEye(context: Context, { x, y }: Point, radius: number): void {
  context.beginPath();
  context.moveTo(x - radius, y);
  context.quadraticCurveTo(x, y - radius * 1.25, x + radius, y);
  context.quadraticCurveTo(x, y + radius * 1.25, x - radius, y);
  context.closePath();
  context.stroke();
  context.beginPath();
  context.arc(x, y, radius * 0.34, 0, 2 * Math.PI);
  context.fill();
}

const widths = new Map<string, string>();

/** A text that fits, with an ellipsis if it is cut; in the present font of the context. */
export function shortened(context: Context, text: string, width: number): string {
  const key = `${context.font} ${width} ${text}`;
  const known = widths.get(key);
  if (known !== undefined) return known;
  let length = text.length;
  while (length > 1 && context.measureText(cut(text, length)).width > width) length--;
  if (widths.size > 5_000) widths.clear();
  widths.set(key, cut(text, length));
  return cut(text, length);
}

const cut = (text: string, length: number): string =>
  length === text.length ? text : `${text.slice(0, length)}…`;
