// SPDX-License-Identifier: Apache-2.0
import { complete, forEach, type Steps } from "./steps.ts";

/** An entry that differs between two maps; undefined on the side that lacks it. */
export type Difference<K, V> = readonly [key: K, old: V | undefined, now: V | undefined];

type Entry<K, V> = [key: K, value: V];

/** Entries whose hashes share the bits above; few, or of equal hashes. */
interface Leaf<K, V> {
  readonly entries: readonly Entry<K, V>[];
  readonly size: number;
}

/** A child for each value of the next bits of the hash. */
interface Branch<K, V> {
  readonly children: readonly Node<K, V>[];
  readonly size: number;
}

type Node<K, V> = Leaf<K, V> | Branch<K, V>;

/** Bits of the hash that a level distinguishes. */
const BITS = 5;
const WIDTH = 2 ** BITS;
const HASH_BITS = 30;
/** Maximum size of a leaf above the last level. */
const LEAF = 8;

const EMPTY: Leaf<never, never> = { entries: [], size: 0 };

/**
 * An immutable map: a changed copy shares everything else with the original, so it costs O(log n), and
 * the differences of two copies are found in the time of their number. A hash trie. Its iteration order
 * depends on its keys only, and is not that of their insertion.
 */
export class PersistentMap<K extends number | string, V> implements ReadonlyMap<K, V> {
  readonly #root: Node<K, V>;

  private constructor(root: Node<K, V>) {
    this.#root = root;
  }

  static empty<K extends number | string, V>(): PersistentMap<K, V> {
    return new PersistentMap<K, V>(EMPTY);
  }

  /** The map itself when it is a persistent one. */
  static from<K extends number | string, V>(
    entries: Iterable<readonly [K, V]>,
  ): PersistentMap<K, V> {
    if (entries instanceof PersistentMap) return entries as PersistentMap<K, V>;
    const unique = new Map(entries);
    return new PersistentMap(nodeOf([...unique], 0));
  }

  get size(): number {
    return this.#root.size;
  }

  get(key: K): V | undefined {
    return this.#find(key)?.[1];
  }

  has(key: K): boolean {
    return this.#find(key) !== undefined;
  }

  /** A map in which the key has the value; the same map when it has it already. */
  with(key: K, value: V): PersistentMap<K, V> {
    const found = this.#find(key);
    if (found && found[1] === value) return this;
    return new PersistentMap(withEntry(this.#root, [key, value], hashOf(key), 0));
  }

  /** A map without the key; the same map when it lacks it already. */
  without(key: K): PersistentMap<K, V> {
    if (!this.#find(key)) return this;
    return new PersistentMap(withoutKey(this.#root, key, hashOf(key), 0));
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.#list().values();
  }

  entries(): MapIterator<[K, V]> {
    return this.#list().values();
  }

  keys(): MapIterator<K> {
    return this.#list()
      .map(([key]) => key)
      .values();
  }

  values(): MapIterator<V> {
    return this.#list()
      .map(([, value]) => value)
      .values();
  }

  forEach(each: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this.#list()) each(value, key, this);
  }

  /** The entries whose values are not identical; shared parts are skipped. */
  differencesTo(now: PersistentMap<K, V>): Difference<K, V>[] {
    return complete(this.differenceSteps(now));
  }

  /** As `differencesTo`, in steps. */
  *differenceSteps(now: PersistentMap<K, V>): Steps<Difference<K, V>[]> {
    const found: Difference<K, V>[] = [];
    for (const [old, next] of differingParts(this.#root, now.#root)) {
      addDifferences(old, next, found);
      yield;
    }
    return found;
  }

  #list(): Entry<K, V>[] {
    const entries: Entry<K, V>[] = [];
    addEntries(this.#root, entries);
    return entries;
  }

  #find(key: K): Entry<K, V> | undefined {
    let node = this.#root;
    for (let hash = hashOf(key); "children" in node; hash >>>= BITS) {
      node = node.children[hash % WIDTH] ?? EMPTY;
    }
    return node.entries.find((each) => each[0] === key);
  }
}

/**
 * The entries whose values are not identical. Of two persistent maps the shared parts are skipped;
 * otherwise every entry is looked at.
 */
export function mapDifferences<K extends number | string, V>(
  before: ReadonlyMap<K, V>,
  after: ReadonlyMap<K, V>,
): readonly Difference<K, V>[] {
  if (before === after) return [];
  if (before instanceof PersistentMap && after instanceof PersistentMap) {
    return (before as PersistentMap<K, V>).differencesTo(after as PersistentMap<K, V>);
  }
  return complete(mapDifferenceSteps(before, after));
}

/** As `mapDifferences`, in steps. */
export function* mapDifferenceSteps<K extends number | string, V>(
  before: ReadonlyMap<K, V>,
  after: ReadonlyMap<K, V>,
): Steps<readonly Difference<K, V>[]> {
  if (before === after) return [];
  if (before instanceof PersistentMap && after instanceof PersistentMap) {
    return yield* (before as PersistentMap<K, V>).differenceSteps(after as PersistentMap<K, V>);
  }
  const found: Difference<K, V>[] = [];
  yield* forEach(before, ([key, old]) => {
    const now = after.get(key);
    if (now !== old) found.push([key, old, now]);
  });
  yield* forEach(after, ([key, now]) => {
    if (!before.has(key)) found.push([key, undefined, now]);
  });
  return found;
}

function nodeOf<K extends number | string, V>(
  entries: readonly Entry<K, V>[],
  depth: number,
): Node<K, V> {
  if (isLeaf(entries.length, depth)) return leaf(entries);
  const groups: Entry<K, V>[][] = Array.from({ length: WIDTH }, () => []);
  for (const entry of entries) groups[(hashOf(entry[0]) >>> depth) % WIDTH]?.push(entry);
  const children = groups.map((group) =>
    group.length === 0 ? EMPTY : nodeOf(group, depth + BITS),
  );
  return { children, size: entries.length };
}

/** The form depends on the content alone, so that maps of equal keys share the order of iteration. */
function isLeaf(size: number, depth: number): boolean {
  return size <= LEAF || depth >= HASH_BITS;
}

function leaf<K extends number | string, V>(entries: readonly Entry<K, V>[]): Leaf<K, V> {
  const sorted = [...entries].sort(([x], [y]) => (x < y ? -1 : 1));
  return { entries: sorted, size: sorted.length };
}

function withEntry<K extends number | string, V>(
  node: Node<K, V>,
  entry: Entry<K, V>,
  hash: number,
  depth: number,
): Node<K, V> {
  if ("children" in node) {
    const index = (hash >>> depth) % WIDTH;
    const old = node.children[index] ?? EMPTY;
    const child = withEntry(old, entry, hash, depth + BITS);
    const children = node.children.slice();
    children[index] = child;
    return { children, size: node.size + child.size - old.size };
  }
  const others = node.entries.filter(([key]) => key !== entry[0]);
  return nodeOf([...others, entry], depth);
}

function withoutKey<K extends number | string, V>(
  node: Node<K, V>,
  key: K,
  hash: number,
  depth: number,
): Node<K, V> {
  if (!("children" in node)) return leaf(node.entries.filter((each) => each[0] !== key));
  const size = node.size - 1;
  const index = (hash >>> depth) % WIDTH;
  const children = node.children.slice();
  children[index] = withoutKey(node.children[index] ?? EMPTY, key, hash, depth + BITS);
  const smaller = { children, size };
  if (!isLeaf(size, depth)) return smaller;
  const entries: Entry<K, V>[] = [];
  addEntries<K, V>(smaller, entries);
  return leaf(entries);
}

function addEntries<K, V>(node: Node<K, V>, to: Entry<K, V>[]): void {
  if ("children" in node) for (const child of node.children) addEntries(child, to);
  else to.push(...node.entries);
}

/** Parts of two maps that together hold all their differences; a large map has some tens. */
function* differingParts<K extends number | string, V>(
  before: Node<K, V>,
  after: Node<K, V>,
): Generator<readonly [Node<K, V>, Node<K, V>]> {
  if (!("children" in before && "children" in after)) {
    if (before !== after) yield [before, after];
    return;
  }
  for (let index = 0; index < WIDTH; index++) {
    const [old, now] = [before.children[index] ?? EMPTY, after.children[index] ?? EMPTY];
    if (old !== now) yield [old, now];
  }
}

function addDifferences<K extends number | string, V>(
  before: Node<K, V>,
  after: Node<K, V>,
  to: Difference<K, V>[],
): void {
  if (before === after) return;
  if ("children" in before && "children" in after) {
    // Most of a large map is shared: an iterator would cost more than the comparison.
    for (let index = 0; index < WIDTH; index++) {
      const [old, now] = [before.children[index] ?? EMPTY, after.children[index] ?? EMPTY];
      if (old !== now) addDifferences(old, now, to);
    }
    return;
  }
  const [olds, nows]: [Entry<K, V>[], Entry<K, V>[]] = [[], []];
  addEntries(before, olds);
  addEntries(after, nows);
  if (olds.length === 0) {
    for (const [key, now] of nows) to.push([key, undefined, now]);
    return;
  }
  if (olds.length > LEAF || nows.length > LEAF) {
    to.push(...mapDifferences(new Map(olds), new Map(nows)));
    return;
  }
  // Few: a search is faster than a map.
  for (const [key, old] of olds) {
    const now = nows.find((each) => each[0] === key)?.[1];
    if (now !== old) to.push([key, old, now]);
  }
  for (const [key, now] of nows) {
    if (!olds.some((each) => each[0] === key)) to.push([key, undefined, now]);
  }
}

/** Non-negative, of `HASH_BITS` bits, with the differences of close keys in its lowest ones. */
function hashOf(key: number | string): number {
  let hash: number;
  if (typeof key === "number") hash = Math.trunc(key / 2 ** 32) * 0x9e3779b1 + (key >>> 0);
  else {
    hash = 0x811c9dc5;
    for (let at = 0; at < key.length; at++) {
      hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
    }
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97);
  return (hash ^ (hash >>> 15)) & (2 ** HASH_BITS - 1);
}
