import { type FieldName, fieldNamed } from "./fields.ts";
import { contains, isExact, overlaps, type Region } from "./region.ts";

/** Something that has its place in match space. */
export interface Located {
  readonly region: Region;
}

/** The fields that tell most regions apart, level by level. */
const LEVELS: readonly (readonly FieldName[])[] = [
  ["inPort"],
  ["ethDst", "ethSrc"],
  ["ipv4Src", "ipv4Dst", "ipv6Src", "ipv6Dst"],
];

const LEVEL_OF = new Map<number, number>(
  LEVELS.flatMap((names, level) => names.map((name) => [fieldNamed(name).ordinal, level] as const)),
);

/** A place in the index: below the last level the items, else by pattern and then by values. */
type Node<T> = Leaf<T> | Inner<T>;
interface Leaf<T> {
  readonly items: T[];
}
interface Inner<T> {
  /** By which of the level's fields are fixed, then by the values they are fixed to. */
  readonly patterns: Map<string, Map<string, Node<T>>>;
}

/** What a region fixes on each level: which fields, and to what. */
interface Address {
  readonly patterns: readonly string[];
  readonly values: readonly string[];
  readonly region: Region;
}

/**
 * Finds the regions that overlap a given one without looking at the others, however many there are.
 *
 * Problem: ten thousand policies for pairs of hosts may hang on one in-port, and an edit must not
 * compare its region with all of them. Solution: tuple space search. On each level items are kept by
 * the set of fields they fix exactly (their pattern), and under it by the values. A region that fixes
 * all fields of a pattern looks up one place in it; one that does not must look at all of them, but
 * then most of those do overlap it. There are few patterns: most policies are of a few kinds.
 */
export class RegionIndex<T extends Located> {
  readonly #root: Inner<T> = { patterns: new Map() };

  add(item: T): void {
    const { patterns, values } = addressOf(item.region);
    let node: Node<T> = this.#root;
    for (let level = 0; "patterns" in node; level++) {
      const pattern = patterns[level] ?? "";
      const value = values[level] ?? "";
      let children: Map<string, Node<T>> | undefined = node.patterns.get(pattern);
      if (children === undefined) {
        children = new Map();
        node.patterns.set(pattern, children);
      }
      let child: Node<T> | undefined = children.get(value);
      if (child === undefined) {
        child = level === LEVELS.length - 1 ? { items: [] } : { patterns: new Map() };
        children.set(value, child);
      }
      node = child;
    }
    node.items.push(item);
  }

  remove(item: T): void {
    removeFrom(this.#root, addressOf(item.region), 0, item);
  }

  /** The items whose regions share frames with the given one. */
  overlapping(region: Region): T[] {
    return this.#find(region, (item) => overlaps(item.region, region));
  }

  /** The items whose regions hold all of the given one. */
  holding(region: Region): T[] {
    return this.#find(region, (item) => contains(item.region, region));
  }

  /** The items whose regions are inside the given one. */
  inside(region: Region): T[] {
    return this.#find(region, (item) => contains(region, item.region));
  }

  #find(region: Region, test: (item: T) => boolean): T[] {
    const found: T[] = [];
    collect(this.#root, addressOf(region), 0, { test, found });
    return found;
  }
}

function addressOf(region: Region): Address {
  const patterns = ["", "", ""];
  const values = ["", "", ""];
  for (const item of region.constraints) {
    const { ordinal } = item.field;
    const level = LEVEL_OF.get(ordinal);
    if (level === undefined || !isExact(item)) continue;
    patterns[level] += String.fromCharCode(ordinal + 32);
    values[level] += `${item.value.toString(36)},`;
  }
  return { patterns, values, region };
}

interface Search<T> {
  readonly test: (item: T) => boolean;
  readonly found: T[];
}

function collect<T>(node: Node<T>, address: Address, level: number, search: Search<T>): void {
  if ("items" in node) {
    for (const item of node.items) if (search.test(item)) search.found.push(item);
    return;
  }
  for (const [pattern, children] of node.patterns) {
    const value =
      pattern === address.patterns[level] ? address.values[level] : valueUnder(pattern, address);
    if (value === undefined) {
      for (const child of children.values()) collect(child, address, level + 1, search);
    } else {
      const child = children.get(value);
      if (child !== undefined) collect(child, address, level + 1, search);
    }
  }
}

/** What a region fixes the fields of a pattern to; undefined when it leaves one of them open. */
function valueUnder(pattern: string, { region }: Address): string | undefined {
  let value = "";
  for (let i = 0; i < pattern.length; i++) {
    const ordinal = pattern.charCodeAt(i) - 32;
    const item = region.constraints.find((each) => each.field.ordinal === ordinal);
    if (item === undefined || !isExact(item)) return undefined;
    value += `${item.value.toString(36)},`;
  }
  return value;
}

/** Removes an item; says whether the node is empty now. */
function removeFrom<T>(node: Node<T>, address: Address, level: number, item: T): boolean {
  if ("items" in node) {
    const at = node.items.indexOf(item);
    const last = node.items.pop();
    if (at < 0) throw new Error("removing an item that the index does not have");
    if (at < node.items.length && last !== undefined) node.items[at] = last;
    return node.items.length === 0;
  }
  const pattern = address.patterns[level] ?? "";
  const value = address.values[level] ?? "";
  const children = node.patterns.get(pattern);
  const child = children?.get(value);
  if (children === undefined || child === undefined) {
    throw new Error("removing an item that the index does not have");
  }
  if (removeFrom(child, address, level + 1, item)) {
    children.delete(value);
    if (children.size === 0) node.patterns.delete(pattern);
  }
  return level > 0 && node.patterns.size === 0;
}
