// SPDX-License-Identifier: Apache-2.0
/** Where labels go, so that none covers another. */
import { areClose, type Box, type Point } from "../layout/boxes.ts";

/** Side of the squares by which boxes are looked up, in map units. */
const CELL = 80;

/** What is taken of the map; in map units. */
export class LabelSpace {
  readonly #cells = new Map<string, Box[]>();

  constructor(taken: Iterable<Box> = []) {
    for (const box of taken) this.#take(box);
  }

  /**
   * The first of some points around which a label of this size covers nothing: it then takes the place. Undefined: there
   * is none.
   */
  place(points: readonly Point[], width: number, height: number): Point | undefined {
    for (const point of points) {
      const box = boxAround(point, width, height);
      if (!this.#isFree(box)) continue;
      this.#take(box);
      return point;
    }
    return undefined;
  }

  /** As `place`; without a free point, the first one. */
  placeAnyway(points: readonly Point[], width: number, height: number): Point | undefined {
    const found = this.place(points, width, height);
    const [first] = points;
    if (found || !first) return found;
    this.#take(boxAround(first, width, height));
    return first;
  }

  #isFree(box: Box): boolean {
    return cellsOf(box).every((cell) =>
      (this.#cells.get(cell) ?? []).every((taken) => !areClose(box, taken, 1)),
    );
  }

  #take(box: Box): void {
    for (const cell of cellsOf(box)) {
      const boxes = this.#cells.get(cell);
      if (boxes) boxes.push(box);
      else this.#cells.set(cell, [box]);
    }
  }
}

function boxAround({ x, y }: Point, width: number, height: number): Box {
  const [across, down] = [width / 2, height / 2];
  return { left: x - across, right: x + across, top: y - down, bottom: y + down };
}

/** A box reaches one unit further: `areClose` counts boxes that nearly touch. */
function cellsOf({ left, right, top, bottom }: Box): string[] {
  const cells: string[] = [];
  for (let x = Math.floor((left - 1) / CELL); x <= Math.floor((right + 1) / CELL); x++) {
    for (let y = Math.floor((top - 1) / CELL); y <= Math.floor((bottom + 1) / CELL); y++) {
      cells.push(`${x} ${y}`);
    }
  }
  return cells;
}
