// SPDX-License-Identifier: Apache-2.0
/** Paints a scene on two stacked canvases: the network when it changes, the dots while they move. */
import { type MovingMax, movingMax, packetsPerDot } from "../model/traffic.ts";
import type { Transform } from "../view/transform.ts";
import { countDots, type DotLane, dotLanes, drawDots, highestCopies, MOST_DOTS } from "./dots.ts";
import { type Palette, readPalette } from "./palette.ts";
import type { Scene } from "./scene.ts";
import { drawStatic, prepare } from "./static-layer.ts";

const FRAME_MS = 1000 / 30;

/** What the legend says of the dots. */
export interface Motion {
  /** Packets per second of one dot; undefined: there are no dots. */
  readonly perDot: number | undefined;
  readonly isStill: boolean;
}

export class Renderer {
  readonly #host: HTMLElement;
  readonly #still: HTMLCanvasElement;
  readonly #moving: HTMLCanvasElement;
  readonly #notify: (motion: Motion) => void;
  #palette: Palette;
  #scene: Scene | undefined;
  #view: Transform = { scale: 1, x: 0, y: 0 };
  #lanes: readonly DotLane[] = [];
  #max: MovingMax | undefined;
  #perDot: number | undefined;
  #isStill = false;
  #isPaused = false;
  #isDirty = false;
  #frame = 0;
  #lastDots = 0;

  constructor(
    host: HTMLElement,
    canvases: { readonly still: HTMLCanvasElement; readonly moving: HTMLCanvasElement },
    notify: (motion: Motion) => void,
  ) {
    this.#host = host;
    this.#still = canvases.still;
    this.#moving = canvases.moving;
    this.#notify = notify;
    this.#palette = readPalette(host);
  }

  /** Shows a scene in a view; `isPaused`: dots stand still. */
  show(scene: Scene, view: Transform, isPaused: boolean): void {
    this.#isPaused = isPaused;
    if (scene !== this.#scene) this.#max = this.#scaled(scene);
    this.#scene = scene;
    this.#view = view;
    this.#updateLanes();
    this.#isDirty = true;
    this.#request();
  }

  /** Reads the colours again: the theme has changed. */
  recolour(): void {
    this.#palette = readPalette(this.#host);
    this.#updateLanes();
    this.#isDirty = true;
    this.#request();
  }

  /** The canvases have another size, in pixels. */
  resize(width: number, height: number): void {
    for (const canvas of [this.#still, this.#moving]) {
      canvas.width = Math.round(width * devicePixelRatio);
      canvas.height = Math.round(height * devicePixelRatio);
    }
    this.#isDirty = true;
    this.#request();
  }

  stop(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#scene = undefined;
  }

  #scaled(scene: Scene): MovingMax {
    return movingMax(this.#max, highestCopies(scene), performance.now());
  }

  #updateLanes(): void {
    if (!this.#scene) return;
    const perDot = packetsPerDot(this.#max?.value ?? 0);
    this.#lanes = dotLanes(this.#scene, this.#palette, perDot);
    const shown = this.#lanes.length > 0 ? perDot : undefined;
    const isStill =
      this.#isPaused ||
      countDots(this.#lanes) > MOST_DOTS ||
      matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (shown === this.#perDot && isStill === this.#isStill) return;
    this.#perDot = shown;
    this.#isStill = isStill;
    this.#notify({ perDot: shown, isStill });
  }

  #request(): void {
    // The browser calls back no hidden page: nothing is painted there.
    if (this.#frame === 0) this.#frame = requestAnimationFrame((at) => this.#paint(at));
  }

  #paint(at: number): void {
    this.#frame = 0;
    const [still, moving] = [this.#still.getContext("2d"), this.#moving.getContext("2d")];
    if (!this.#scene || !still || !moving) return;
    const isDirty = this.#isDirty;
    this.#isDirty = false;
    if (isDirty) drawStatic(still, this.#palette, this.#scene, this.#view, devicePixelRatio);
    const isMoving = this.#lanes.length > 0 && !this.#isStill;
    if (isDirty || (isMoving && at - this.#lastDots >= FRAME_MS - 2)) {
      this.#lastDots = at;
      prepare(moving, this.#view, devicePixelRatio);
      if (isMoving) drawDots(moving, this.#lanes, at);
    }
    if (isMoving) this.#request();
  }
}
