// SPDX-License-Identifier: Apache-2.0
/** From map units to pixels of the screen: `pixel = unit × scale + offset`. */
import type { Box, Point } from "../layout/boxes.ts";

export interface Transform {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

const LEAST_SCALE = 0.08;
const MOST_SCALE = 2.5;
/** A small network is not blown up. */
const MOST_FITTED_SCALE = 1.2;

/** The transform that shows a box whole, in the middle; `margin` is in pixels. */
export function fitted(box: Box | undefined, size: Size, margin = 24): Transform {
  if (!box || size.width === 0 || size.height === 0) {
    return { scale: 1, x: size.width / 2, y: size.height / 2 };
  }
  const across = Math.max(1, size.width - 2 * margin) / Math.max(1, box.right - box.left);
  const down = Math.max(1, size.height - 2 * margin) / Math.max(1, box.bottom - box.top);
  const scale = Math.max(LEAST_SCALE, Math.min(across, down, MOST_FITTED_SCALE));
  return {
    scale,
    x: size.width / 2 - (scale * (box.left + box.right)) / 2,
    y: size.height / 2 - (scale * (box.top + box.bottom)) / 2,
  };
}

/** Zooms by a factor; the map point under the pixel stays there. */
export function zoomed({ scale, x, y }: Transform, factor: number, at: Point): Transform {
  const next = Math.max(LEAST_SCALE, Math.min(MOST_SCALE, scale * factor));
  const ratio = next / scale;
  return { scale: next, x: at.x - ratio * (at.x - x), y: at.y - ratio * (at.y - y) };
}

/** Moves the map by pixels. */
export function panned({ scale, x, y }: Transform, dx: number, dy: number): Transform {
  return { scale, x: x + dx, y: y + dy };
}

/** The pixel of a map point. */
export function toScreen({ scale, x, y }: Transform, point: Point): Point {
  return { x: point.x * scale + x, y: point.y * scale + y };
}

/** The map point of a pixel. */
export function toMap({ scale, x, y }: Transform, pixel: Point): Point {
  return { x: (pixel.x - x) / scale, y: (pixel.y - y) / scale };
}

/** The least shift that brings a point into view, if it is outside. */
export function revealed(transform: Transform, point: Point, size: Size, margin = 60): Transform {
  const { x, y } = toScreen(transform, point);
  const inside = (value: number, length: number) =>
    Math.max(Math.min(margin, length / 2), Math.min(value, length - Math.min(margin, length / 2)));
  return panned(transform, inside(x, size.width) - x, inside(y, size.height) - y);
}
