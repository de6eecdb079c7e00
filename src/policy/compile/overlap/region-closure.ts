// SPDX-License-Identifier: Apache-2.0

import { forEach, type Steps } from "../../../lang/steps.ts";
import { contains, intersect, isSame, type Region } from "../../match-region/region.ts";
import { RegionIndex } from "../../match-region/region-index.ts";

/** A region of the closure: one that was added, or an intersection of added regions. */
export interface Element<P, D> {
  readonly region: Region;
  /** The payloads added with exactly this region; empty for a pure intersection. */
  readonly payloads: P[];
  /** How many of the payloads count as input. */
  inputs: number;
  /** No other element has ever shared frames with this one. */
  isAlone: boolean;
  /** Data that the owner of the closure stores with the element. */
  data: D | undefined;
  /** Its place in the list of elements; -1: it is removed. */
  place: number;
  /** The round of changes in which it last became dirty. */
  dirtyIn: number;
}

/** How many regions are intersected in a step: each takes about a microsecond. */
const REGIONS_PER_STEP = 64;

/** The changes since `takeChanges` was last called. */
interface ClosureChanges<P, D> {
  /** Elements that are new, or for which the payloads or elements that contain them changed. */
  readonly dirty: readonly Element<P, D>[];
  isDirty(element: Element<P, D>): boolean;
  /** Elements that were removed. */
  readonly removed: readonly Element<P, D>[];
}

/**
 * A set of regions closed under intersection, maintained while regions come and go.
 *
 * With the closure, every frame has one smallest element that contains it: the intersection of all
 * added regions that contain it. The actions for a frame therefore depend on that element alone, and
 * flow entries whose priority is the number of bits that their match fixes always select it:
 *
 * - If A is a proper subset of B, A fixes every bit that B fixes (to the same value) and at least one
 *   more: with equal bits the regions would be equal. So A has the higher priority.
 * - If A and B overlap and neither contains the other, a frame in both is also in A∩B, which is an
 *   element, a proper subset of both, and so of higher priority than either. A and B may then have
 *   the same priority: no frame is decided between them.
 *
 * An edit affects only elements inside the region r that is added or removed: for an element E that is
 * not inside r, the payloads of the elements that contain E stay the same, and so do those for the
 * elements that contain E. When r is added, the closure of C ∪ {r} is C ∪ {r} ∪ {r∩c | c ∈ C}:
 * (r∩c)∩(r∩d) = r∩(c∩d), and c∩d is in C. When r is removed, an element stays if and only if it is the
 * intersection of the added regions that contain it.
 */
export class RegionClosure<P, D> {
  // Elements know their places in these lists. There may be hundreds of thousands: a Set of them would
  // take a tenth of a second to grow.
  readonly #elements: Element<P, D>[] = [];
  readonly #index = new RegionIndex<Element<P, D>>();
  #dirty: Element<P, D>[] = [];
  #round = 1;
  #mayRemove = false;
  #inputs = 0;

  /** How many elements there are. */
  get size(): number {
    return this.#elements.length;
  }

  /** How many elements are regions that policies request, as opposed to foreign pieces. */
  get inputs(): number {
    return this.#inputs;
  }

  get elements(): Iterable<Element<P, D>> {
    return this.#elements;
  }

  /**
   * Adds a region with its payload; `isInput`: the region counts among `inputs`. Returns false when
   * the closure would have more than `ceiling` elements: it is incomplete then, and the region must
   * be removed again.
   */
  *add(region: Region, payload: P, ceiling: number, isInput = true): Steps<boolean> {
    const overlapping = this.#index.overlapping(region);
    const known = overlapping.find((other) => isSame(other.region, region));
    const element = known ?? this.#create(region, [payload]);
    if (isInput && element.inputs++ === 0) this.#inputs++;
    if (known === undefined) element.isAlone = overlapping.length === 0;
    else known.payloads.push(payload);
    this.#markElement(element);
    for (const other of overlapping) if (other !== element) other.isAlone = false;
    let count = 0;
    for (const other of overlapping) {
      if (++count % REGIONS_PER_STEP === 0) yield;
      if (contains(region, other.region)) this.#markElement(other);
      else if (!known) this.#meet(other.region, region);
      if (this.size > ceiling) return false;
    }
    return this.size <= ceiling;
  }

  /** Removes a region that was added with the same payload and the same `isInput`. */
  remove(region: Region, payload: P, isInput = true): void {
    const element = this.#index.get(region);
    const at = element?.payloads.indexOf(payload) ?? -1;
    if (element === undefined || at < 0) throw new Error("removing a region that was not added");
    element.payloads.splice(at, 1);
    if (isInput && --element.inputs === 0) this.#inputs--;
    this.#mayRemove = true;
    this.markDirty(region);
  }

  /** Marks every element inside a region as changed. */
  markDirty(region: Region): void {
    for (const other of this.#index.inside(region)) this.#markElement(other);
  }

  /** Whether `takeChanges` may return a change. */
  get hasChanges(): boolean {
    return this.#dirty.length > 0 || this.#mayRemove;
  }

  /** The elements that contain a region (itself included, if it is an element). */
  containing(region: Region): Element<P, D>[] {
    return this.#index.containing(region);
  }

  /** The elements that contain an element, itself included. */
  containersOf(element: Element<P, D>): Element<P, D>[] {
    return element.isAlone ? [element] : this.#index.containing(element.region);
  }

  /** The elements inside a region (itself included, if it is an element). */
  inside(region: Region): Element<P, D>[] {
    return this.#index.inside(region);
  }

  /** The elements that share frames with a region. */
  overlapping(region: Region): Element<P, D>[] {
    return this.#index.overlapping(region);
  }

  /** The changes since the last call; removes elements that the closure no longer needs. */
  *takeChanges(): Steps<ClosureChanges<P, D>> {
    const dirty = this.#dirty;
    const round = this.#round++;
    const removed: Element<P, D>[] = [];
    if (this.#mayRemove) {
      for (const element of dirty) {
        if (!this.#isNeeded(element)) removed.push(element);
        yield;
      }
    }
    for (const element of removed) {
      yield;
      this.#unlist(element);
      this.#index.remove(element);
    }
    const left: Element<P, D>[] = removed.length === 0 ? dirty : [];
    if (removed.length > 0) {
      yield* forEach(dirty, (element) => {
        if (element.place >= 0) left.push(element);
      });
    }
    this.#dirty = [];
    this.#mayRemove = false;
    return {
      dirty: left,
      isDirty: ({ place, dirtyIn }) => place >= 0 && dirtyIn === round,
      removed,
    };
  }

  #markElement(element: Element<P, D>): void {
    if (element.dirtyIn === this.#round) return;
    element.dirtyIn = this.#round;
    this.#dirty.push(element);
  }

  /** The last element takes the place of one that is removed. */
  #unlist(element: Element<P, D>): void {
    const last = this.#elements.pop();
    if (last !== undefined && last !== element) {
      this.#elements[element.place] = last;
      last.place = element.place;
    }
    element.place = -1;
  }

  #meet(a: Region, b: Region): void {
    const both = intersect(a, b);
    if (both === undefined) throw new Error("overlapping regions do not meet");
    if (this.#index.get(both) === undefined) this.#create(both, []);
  }

  #create(region: Region, payloads: P[]): Element<P, D> {
    const element: Element<P, D> = {
      ...{ region, payloads, inputs: 0, isAlone: false, data: undefined },
      ...{ place: this.#elements.length, dirtyIn: 0 },
    };
    this.#elements.push(element);
    this.#index.add(element);
    this.#markElement(element);
    return element;
  }

  /** Whether an element was added, or is the intersection of the added regions that contain it. */
  #isNeeded(element: Element<P, D>): boolean {
    if (element.payloads.length > 0) return true;
    let meeting: Region | undefined;
    for (const other of this.#index.containing(element.region)) {
      if (other.payloads.length === 0) continue;
      meeting = meeting === undefined ? other.region : intersect(meeting, other.region);
      if (meeting !== undefined && isSame(meeting, element.region)) return true;
    }
    return false;
  }
}
