// SPDX-License-Identifier: Apache-2.0
import { and, type Bits } from "./bits.ts";
import { type FieldName, fieldNamed } from "./fields.ts";
import { type Constraint, contains, isExact, isSame, overlaps, type Region } from "./region.ts";

/** An item with a region in match space. */
export interface Located {
  readonly region: Region;
}

/** Most items of a leaf, unless no field divides them. */
const LEAF_SIZE = 12;

/** The fields that may divide items; of equally good fields the first is chosen. */
const DIVIDING_FIELDS: readonly number[] = (
  [
    ...["inPort", "ethDst", "ethSrc", "ipv4Src", "ipv4Dst", "ipv6Src", "ipv6Dst", "ethType"],
    ...["tcpDst", "udpDst", "tcpSrc", "udpSrc", "sctpDst", "sctpSrc", "ipProto", "vlanVid"],
  ] as FieldName[]
).map((name) => fieldNamed(name).ordinal);

/** A node of the tree: a few items, or items divided by one field. */
type Node<T> = Leaf<T> | Inner<T>;
interface Leaf<T> {
  readonly items: T[];
  /** With more items than this, the leaf is divided if possible. */
  limit: number;
}
interface Inner<T> {
  /** Ordinal of the field. */
  readonly field: number;
  /** Items that fix the whole field, by its value. */
  readonly exact: Map<Bits, Node<T>>;
  /** By mask, then by value: items that fix some bits of the field. There are few masks. */
  readonly masked: Map<Bits, Map<Bits, Node<T>>>;
  /** Items that leave the field open. */
  open: Node<T> | undefined;
}

/**
 * Finds the regions that overlap a given one without visiting all others.
 *
 * Problem: ten thousand policies for pairs of hosts may use one in-port, and an edit must not compare
 * its region with all of them. Solution: a decision tree. More than a few items are divided by the
 * field with the most different values among them: items that fix it by value, items that fix some of
 * its bits by mask and value, and items that leave it open. A search for a region that fixes the field
 * visits one value, the open items, and one value for each mask; a search for another region visits
 * all, but then most of them overlap it.
 */
export class RegionIndex<T extends Located> {
  #root: Node<T> = leaf([]);

  add(item: T): void {
    this.#root = added(this.#root, item);
  }

  remove(item: T): void {
    const node = this.#leafOf(item.region);
    const at = node?.items.indexOf(item) ?? -1;
    const last = node?.items.pop();
    if (node === undefined || at < 0 || last === undefined) {
      throw new Error("removing an item that the index does not have");
    }
    if (at < node.items.length) node.items[at] = last;
    if (node.items.length === 0) this.#root = withoutEmpty(this.#root, item.region) ?? leaf([]);
  }

  /** The item with exactly this region; the first one, if there are several. */
  get(region: Region): T | undefined {
    return this.#leafOf(region)?.items.find((item) => isSame(item.region, region));
  }

  /** The items whose regions share frames with the given one. */
  overlapping(region: Region): T[] {
    return this.#find(region, "overlapping", (item) => overlaps(item.region, region));
  }

  /** The items whose regions contain the given one. */
  containing(region: Region): T[] {
    return this.#find(region, "containing", (item) => contains(item.region, region));
  }

  /** The items whose regions are inside the given one. */
  inside(region: Region): T[] {
    return this.#find(region, "inside", (item) => contains(region, item.region));
  }

  #find(region: Region, relation: Relation, test: (item: T) => boolean): T[] {
    const found: T[] = [];
    collect(this.#root, { region, relation, test, found });
    return found;
  }

  #leafOf(region: Region): Leaf<T> | undefined {
    let node: Node<T> | undefined = this.#root;
    while (node !== undefined && "field" in node) node = childFor(node, region);
    return node;
  }
}

function leaf<T>(items: T[]): Leaf<T> {
  return { items, limit: LEAF_SIZE };
}

/** A region's constraint on a field; undefined: none. */
function constraintOn({ constraints }: Region, field: number): Constraint | undefined {
  for (const item of constraints) {
    const { ordinal } = item.field;
    if (ordinal >= field) return ordinal === field ? item : undefined;
  }
  return undefined;
}

function childFor<T>(node: Inner<T>, region: Region): Node<T> | undefined {
  const item = constraintOn(region, node.field);
  if (item === undefined) return node.open;
  return isExact(item) ? node.exact.get(item.value) : node.masked.get(item.mask)?.get(item.value);
}

/** Adds an item below a node; returns the node that replaces it. */
function added<T extends Located>(root: Node<T>, item: T): Node<T> {
  let parent: Inner<T> | undefined;
  let node: Node<T> | undefined = root;
  while (node !== undefined && "field" in node) {
    parent = node;
    node = childFor(node, item.region);
  }
  if (node === undefined) return setChild(root, parent, item, leaf([item]));
  node.items.push(item);
  if (node.items.length <= node.limit) return root;
  const divided = divide(node.items);
  if (divided === undefined) {
    node.limit = node.items.length * 2;
    return root;
  }
  return setChild(root, parent, item, divided);
}

function setChild<T extends Located>(
  root: Node<T>,
  parent: Inner<T> | undefined,
  { region }: T,
  node: Node<T>,
): Node<T> {
  if (parent === undefined) return node;
  const item = constraintOn(region, parent.field);
  if (item === undefined) parent.open = node;
  else valuesOf(parent, item).set(item.value, node);
  return root;
}

/** The child nodes of items that fix the same bits of the field. */
function valuesOf<T>(node: Inner<T>, item: Constraint): Map<Bits, Node<T>> {
  if (isExact(item)) return node.exact;
  const known = node.masked.get(item.mask);
  if (known !== undefined) return known;
  const values = new Map<Bits, Node<T>>();
  node.masked.set(item.mask, values);
  return values;
}

/** Divides items by the field with the most values; undefined when no field divides them. */
function divide<T extends Located>(items: readonly T[]): Inner<T> | undefined {
  let best: number | undefined;
  let most = 1;
  for (const field of DIVIDING_FIELDS) {
    const values = new Set(items.map(({ region }) => kindOf(constraintOn(region, field))));
    if (values.size <= most) continue;
    most = values.size;
    best = field;
  }
  if (best === undefined) return undefined;
  const node: Inner<T> = { field: best, exact: new Map(), masked: new Map(), open: undefined };
  for (const item of items) added(node, item);
  return node;
}

/** Equal for equal constraints. */
function kindOf(item: Constraint | undefined): Bits | string | undefined {
  return item === undefined || isExact(item) ? item?.value : `${item.value}/${item.mask}`;
}

/** The relation of the items sought to the region. */
type Relation = "overlapping" | "containing" | "inside";

interface Search<T> {
  readonly region: Region;
  readonly relation: Relation;
  readonly test: (item: T) => boolean;
  readonly found: T[];
}

function collect<T extends Located>(node: Node<T>, search: Search<T>): void {
  if ("items" in node) {
    for (const item of node.items) if (search.test(item)) search.found.push(item);
    return;
  }
  const { region, relation } = search;
  const sought = constraintOn(region, node.field);
  // An item that leaves a field open is not inside a region that fixes some of it.
  const mayBeOpen = relation !== "inside" || sought === undefined;
  if (node.open !== undefined && mayBeOpen) collect(node.open, search);
  if (sought === undefined) {
    // An item that fixes some of a field does not contain a region that leaves it open.
    if (relation === "containing") return;
    for (const child of node.exact.values()) collect(child, search);
    for (const values of node.masked.values()) {
      for (const child of values.values()) collect(child, search);
    }
    return;
  }
  collectAmong(node.exact, sought.field.fullMask, sought, search);
  for (const [mask, values] of node.masked) collectAmong(values, mask, sought, search);
}

/** Searches items that fix the same bits of a field, of which the region also fixes some. */
function collectAmong<T extends Located>(
  values: ReadonlyMap<Bits, Node<T>>,
  mask: Bits,
  sought: Constraint,
  search: Search<T>,
): void {
  const common = and(mask, sought.mask);
  if (common === mask && (common === sought.mask || search.relation !== "inside")) {
    // The region fixes all bits that the items fix.
    const child = values.get(and(sought.value, mask));
    if (child !== undefined) collect(child, search);
    return;
  }
  if (search.relation === "containing") return;
  if (search.relation === "inside" && common !== sought.mask) return;
  const bits = and(sought.value, common);
  for (const [value, child] of values) if (and(value, common) === bits) collect(child, search);
}

/** The node without the empty leaf of a region; undefined when the node becomes empty. */
function withoutEmpty<T>(node: Node<T>, region: Region): Node<T> | undefined {
  if ("items" in node) return node.items.length > 0 ? node : undefined;
  const child = childFor(node, region);
  const rest = child && withoutEmpty(child, region);
  if (rest === undefined) {
    const item = constraintOn(region, node.field);
    if (item === undefined) node.open = undefined;
    else {
      const values = valuesOf(node, item);
      values.delete(item.value);
      if (values.size === 0) node.masked.delete(item.mask);
    }
  }
  return node.exact.size + node.masked.size > 0 || node.open !== undefined ? node : undefined;
}
