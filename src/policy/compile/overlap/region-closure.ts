import { contains, intersect, isSame, type Region } from "../../match-region/region.ts";
import { RegionIndex } from "../../match-region/region-index.ts";

/** A region of the closure: one that was put in, or an intersection of such. */
export interface Element<P, D> {
  readonly region: Region;
  /** What was put in with exactly this region; none: a mere intersection. */
  readonly payloads: P[];
  /** How many of them count as asked for. */
  asked: number;
  /** No other element has ever shared frames with it. */
  isAlone: boolean;
  /** What the owner of the closure keeps with the element. */
  data: D | undefined;
}

/** What changed since `takeChanges` was last called. */
export interface ClosureChanges<P, D> {
  /** Elements that are new, or whose containing payloads or elements changed. */
  readonly dirty: ReadonlySet<Element<P, D>>;
  /** Elements that are no longer there. */
  readonly dead: readonly Element<P, D>[];
}

/**
 * A set of regions closed under intersection, kept while regions come and go.
 *
 * With the closure, every frame has one smallest element that holds it: the intersection of all
 * regions put in that hold it. So what is to be done with a frame depends on that element alone, and
 * flow entries whose priority is the number of bits their match fixes always find it:
 *
 * - If A is a proper part of B, A fixes every bit that B fixes (to the same value) and at least one
 *   more: were the bits the same, so were the regions. So A has the higher priority.
 * - If A and B overlap and neither holds the other, a frame in both is also in A∩B, which is an
 *   element, a proper part of both, and so of higher priority than either. That A and B may have
 *   the same priority then harms nobody: no frame is decided between them.
 *
 * An edit touches only elements inside the region that came or went: an element E that is not inside
 * r has the same payloads around it as before, and so have the elements that hold E. When r comes,
 * the closure of C ∪ {r} is C ∪ {r} ∪ {r∩c | c ∈ C}: (r∩c)∩(r∩d) = r∩(c∩d), and c∩d is in C.
 * When r goes, an element stays when it is the intersection of the regions put in that hold it.
 */
export class RegionClosure<P, D> {
  readonly #elements = new Set<Element<P, D>>();
  readonly #index = new RegionIndex<Element<P, D>>();
  #dirty = new Set<Element<P, D>>();
  #mayBeDead = false;
  #inputs = 0;

  /** How many elements there are. */
  get size(): number {
    return this.#elements.size;
  }

  /** How many of them are regions that were asked for, and not put in for the sake of others. */
  get inputs(): number {
    return this.#inputs;
  }

  get elements(): Iterable<Element<P, D>> {
    return this.#elements;
  }

  /**
   * Puts a region in, with what it stands for; `asked` tells whether it counts among `inputs`. False
   * when the closure would have more than `ceiling` elements: it is incomplete then, and what was put
   * in must be taken out again.
   */
  add(region: Region, payload: P, ceiling: number, asked = true): boolean {
    const overlapping = this.#index.overlapping(region);
    const known = overlapping.find((other) => isSame(other.region, region));
    const element = known ?? this.#create(region, [payload]);
    if (asked && element.asked++ === 0) this.#inputs++;
    if (known === undefined) element.isAlone = overlapping.length === 0;
    else known.payloads.push(payload);
    this.#dirty.add(element);
    for (const other of overlapping) if (other !== element) other.isAlone = false;
    for (const other of overlapping) {
      if (contains(region, other.region)) this.#dirty.add(other);
      else if (!known) this.#meet(other.region, region);
      if (this.size > ceiling) return false;
    }
    return this.size <= ceiling;
  }

  /** Takes a region out that was put in with the same payload and the same `asked`. */
  remove(region: Region, payload: P, asked = true): void {
    const element = this.#index.get(region);
    const at = element?.payloads.indexOf(payload) ?? -1;
    if (element === undefined || at < 0) throw new Error("removing a region that was not put in");
    element.payloads.splice(at, 1);
    if (asked && --element.asked === 0) this.#inputs--;
    this.#mayBeDead = true;
    this.markDirty(region);
  }

  /** Has every element inside a region looked at again. */
  markDirty(region: Region): void {
    for (const other of this.#index.inside(region)) this.#dirty.add(other);
  }

  /** Whether there is anything for `takeChanges`. */
  get hasChanges(): boolean {
    return this.#dirty.size > 0 || this.#mayBeDead;
  }

  /** The elements that hold a region (itself included, if it is an element). */
  holding(region: Region): Element<P, D>[] {
    return this.#index.holding(region);
  }

  /** The elements that hold an element, itself included. */
  holdersOf(element: Element<P, D>): Element<P, D>[] {
    return element.isAlone ? [element] : this.#index.holding(element.region);
  }

  /** The elements inside a region (itself included, if it is an element). */
  inside(region: Region): Element<P, D>[] {
    return this.#index.inside(region);
  }

  /** The elements that share frames with a region. */
  overlapping(region: Region): Element<P, D>[] {
    return this.#index.overlapping(region);
  }

  /** What changed since the last call; elements that have no reason to be there are dropped. */
  takeChanges(): ClosureChanges<P, D> {
    const dirty = this.#dirty;
    const dead = this.#mayBeDead ? [...dirty].filter((element) => !this.#hasReason(element)) : [];
    for (const element of dead) {
      dirty.delete(element);
      this.#elements.delete(element);
      this.#index.remove(element);
    }
    this.#dirty = new Set();
    this.#mayBeDead = false;
    return { dirty, dead };
  }

  #meet(a: Region, b: Region): void {
    const both = intersect(a, b);
    if (both === undefined) throw new Error("overlapping regions do not meet");
    if (this.#index.get(both) === undefined) this.#create(both, []);
  }

  #create(region: Region, payloads: P[]): Element<P, D> {
    const element = { region, payloads, asked: 0, isAlone: false, data: undefined };
    this.#elements.add(element);
    this.#index.add(element);
    this.#dirty.add(element);
    return element;
  }

  /** Whether an element was put in, or is the intersection of what was put in and holds it. */
  #hasReason(element: Element<P, D>): boolean {
    if (element.payloads.length > 0) return true;
    let meeting: Region | undefined;
    for (const other of this.#index.holding(element.region)) {
      if (other.payloads.length === 0) continue;
      meeting = meeting === undefined ? other.region : intersect(meeting, other.region);
      if (meeting !== undefined && isSame(meeting, element.region)) return true;
    }
    return false;
  }
}
