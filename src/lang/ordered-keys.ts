// SPDX-License-Identifier: Apache-2.0
import { lowerBound } from "./lower-bound.ts";

/** Most keys of a chunk. */
const CHUNK = 256;

/**
 * An immutable set of keys in ascending order: a changed copy shares all chunks but one with the original, and
 * a page of keys costs by its length. Chunks are never empty; two neighbours have more than half a chunk
 * of keys together, so that there are few.
 */
export class OrderedKeys<K extends number | string> {
  readonly #chunks: readonly (readonly K[])[];

  private constructor(chunks: readonly (readonly K[])[]) {
    this.#chunks = chunks;
  }

  static empty<K extends number | string>(): OrderedKeys<K> {
    return new OrderedKeys<K>([]);
  }

  /** A set that has the key; the same set when it has it already. */
  with(key: K): OrderedKeys<K> {
    const at = Math.min(this.#chunkOf(key), Math.max(0, this.#chunks.length - 1));
    const chunk = this.#chunks[at] ?? [];
    const place = lowerBound(chunk, key);
    if (chunk[place] === key) return this;
    const grown = chunk.toSpliced(place, 0, key);
    const half = grown.length / 2;
    const parts = grown.length > CHUNK ? [grown.slice(0, half), grown.slice(half)] : [grown];
    return new OrderedKeys(this.#chunks.toSpliced(at, 1, ...parts));
  }

  /** A set without the key; the same set when it lacks it already. */
  without(key: K): OrderedKeys<K> {
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at] ?? [];
    const place = lowerBound(chunk, key);
    if (chunk[place] !== key) return this;
    const chunks = this.#chunks.toSpliced(at, 1, chunk.toSpliced(place, 1));
    return new OrderedKeys(joined(joined(chunks, at), at - 1));
  }

  get first(): K | undefined {
    return this.#chunks[0]?.[0];
  }

  get last(): K | undefined {
    return this.#chunks.at(-1)?.at(-1);
  }

  [Symbol.iterator](): Iterator<K> {
    return this.after();
  }

  /** The keys above a key (all, if none is given), in ascending order. */
  *after(key?: K): Generator<K, undefined> {
    if (key === undefined) {
      for (const chunk of this.#chunks) yield* chunk;
      return;
    }
    for (let at = this.#chunkOf(key); at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at] ?? [];
      for (let place = lowerBound(chunk, key); place < chunk.length; place++) {
        const each = chunk[place] as K;
        if (each !== key) yield each;
      }
    }
  }

  /** The first chunk whose last key is not below the key; the number of chunks if there is none. */
  #chunkOf(key: K): number {
    let [low, high] = [0, this.#chunks.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#chunks[middle]?.at(-1) as K) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The chunks, with one of them joined to the next if both have few keys, or left out if it has none. */
function joined<K>(chunks: readonly (readonly K[])[], at: number): readonly (readonly K[])[] {
  const [chunk, next] = [chunks[at], chunks[at + 1]];
  if (chunk?.length === 0) return chunks.toSpliced(at, 1);
  if (!chunk || !next || chunk.length + next.length > CHUNK / 2) return chunks;
  return chunks.toSpliced(at, 2, [...chunk, ...next]);
}
