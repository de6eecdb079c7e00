// SPDX-License-Identifier: Apache-2.0
/** Damaged messages for fuzzing: a seed gives the same damage on every machine. */

/** A small fast generator (mulberry32) of integers below `limit`. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }
}

type Mutation = (bytes: Uint8Array, random: Random, corpus: readonly Uint8Array[]) => Uint8Array;

/** Corrects the header's length, so that decoding reaches the damage inside. */
function reframe(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 4) return bytes;
  bytes[2] = bytes.length >> 8;
  bytes[3] = bytes.length & 255;
  return bytes;
}

const flipBits: Mutation = (bytes, random) => {
  const copy = bytes.slice();
  for (let n = 1 + random.below(8); n > 0; n--) {
    const at = random.below(copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
  }
  return copy;
};

const truncate: Mutation = (bytes, random) => {
  const copy = bytes.slice(0, random.below(bytes.length + 1));
  return random.below(4) === 0 ? copy : reframe(copy);
};

const INTERESTING = [0, 1, 3, 4, 7, 8, 15, 16, 24, 255, 256, 0x7fff, 0x8000, 0xfff8, 0xffff];

/** Overwrites a 16-bit word, where lengths, types and counts are. */
const lie: Mutation = (bytes, random) => {
  const copy = bytes.slice();
  if (copy.length < 10) return copy;
  for (let n = 1 + random.below(3); n > 0; n--) {
    const at = (4 + random.below(copy.length - 5)) & ~1;
    const value = INTERESTING[random.below(INTERESTING.length)] ?? 0;
    copy[at] = value >> 8;
    copy[at + 1] = value & 255;
  }
  return copy;
};

/** The head of one message and the tail of another. */
const splice: Mutation = (bytes, random, corpus) => {
  const other = corpus[random.below(corpus.length)] ?? bytes;
  const head = bytes.subarray(0, random.below(bytes.length + 1));
  const tail = other.subarray(random.below(other.length + 1));
  const joined = new Uint8Array(Math.min(head.length + tail.length, 0xffff));
  joined.set(head.subarray(0, joined.length));
  joined.set(tail.subarray(0, joined.length - head.length), head.length);
  return reframe(joined);
};

const insert: Mutation = (bytes, random) => {
  const at = random.below(bytes.length + 1);
  const extra = new Uint8Array(1 + random.below(32)).fill(random.below(256));
  const joined = new Uint8Array(Math.min(bytes.length + extra.length, 0xffff));
  joined.set(bytes.subarray(0, at));
  joined.set(extra.subarray(0, joined.length - at), at);
  joined.set(
    bytes.subarray(at, at + Math.max(0, joined.length - at - extra.length)),
    at + extra.length,
  );
  return reframe(joined);
};

const MUTATIONS = [flipBits, truncate, lie, splice, insert];

/** One damaged message: one to three mutations of one of the corpus. */
export function mutate(corpus: readonly Uint8Array[], random: Random): Uint8Array {
  let bytes = corpus[random.below(corpus.length)] ?? new Uint8Array(8);
  for (let n = 1 + random.below(3); n > 0; n--) {
    if (bytes.length === 0) return bytes;
    bytes = (MUTATIONS[random.below(MUTATIONS.length)] ?? flipBits)(bytes, random, corpus);
  }
  return bytes;
}

function header(type: number, body: number[]): Uint8Array {
  return reframe(new Uint8Array([5, type, 0, 0, 0, 0, 0, 1, ...body]));
}

function repeat(item: readonly number[], times: number): number[] {
  return Array.from({ length: times }, () => item).flat();
}

/** Messages inside messages, as deeply nested as 64 KiB allow. */
function nestedBundles(depth: number): Uint8Array {
  let inner = header(20, []);
  for (let n = 0; n < depth; n++) inner = header(34, [0, 0, 0, 1, 0, 0, 0, 0, ...inner]);
  return inner;
}

/** Clones inside clones. */
function nestedClones(depth: number): number[] {
  let inner: number[] = [];
  for (let n = 0; n < depth; n++) {
    const length = inner.length + 16;
    inner = [
      0xff,
      0xff,
      length >> 8,
      length & 255,
      0,
      0,
      0x23,
      0x20,
      0,
      42,
      ...repeat([0], 6),
      ...inner,
    ];
  }
  return inner;
}

function packetOut(actions: number[]): Uint8Array {
  const length = [actions.length >> 8, actions.length & 255];
  return header(13, [...repeat([0xff], 4), 0, 0, 0, 1, ...length, ...repeat([0], 6), ...actions]);
}

/** Hostile messages of full size: many small parts, deep nesting, lengths of zero. */
export function bombs(): Uint8Array[] {
  const matchLength = 65_504;
  return [
    nestedBundles(200),
    nestedBundles(8),
    packetOut(nestedClones(250)),
    packetOut(nestedClones(8)),
    packetOut(repeat([0, 18, 0, 8, 0, 0, 0, 0], 8000)),
    packetOut(repeat([0x77, 0x77, 0, 8, 0, 0, 0, 0], 8000)),
    packetOut(repeat([0, 0, 0, 0, 0, 0, 0, 0], 8000)),
    header(28, repeat([0x77, 0x77, 0, 4, 0, 0, 0, 0], 8000)),
    header(28, repeat([0, 0, 0, 0], 16_000)),
    header(0, repeat([0x12, 0x34, 0, 4, 0, 0, 0, 0], 8000)),
    header(10, [
      ...repeat([0], 16),
      ...[0, 1, matchLength >> 8, matchLength & 255],
      ...repeat([0x7f, 0xff, 2, 0], (matchLength - 4) / 4),
      ...[0, 0],
    ]),
    header(19, [0, 12, 0, 0, 0, 0, 0, 0, ...repeat([0, 64, ...repeat([0], 62)], 1000)]),
    header(19, [0, 7, 0, 0, 0, 0, 0, 0, ...repeat([0, 8, 0, 0, 0, 0, 0, 1], 8000)]),
    header(15, [0, 0, 0, 0, 0, 0, 0, 1, ...repeat([0, 16, ...repeat([0], 14)], 4000)]),
  ];
}
