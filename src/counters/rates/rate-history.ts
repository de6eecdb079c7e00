// SPDX-License-Identifier: Apache-2.0

/** Samples that are kept: ten minutes of one every two seconds. */
const SAMPLES = 300;

/** The code of a rate that is not known. */
const UNKNOWN = 0xffff;

/** Codes per doubling of a rate: one is less than a thousandth more than the one before. */
const PER_DOUBLING = 1024;

/** The smallest rate, times this, is one. */
const SCALE = 16;

/** The rates of one row. While it has only zeros it takes no memory for them. */
interface Track {
  /** Sample from which on rates are kept. */
  first: number;
  /** The last sample with rates. */
  last: number;
  /** The last sample with a rate that is not zero, known or not. */
  eventful: number;
  /** Sample by sample; undefined: all are zeros from `first` to `last`. */
  codes: Uint16Array | undefined;
}

/** The samples of one row. */
export interface RateTrack {
  /** Milliseconds since 1970, ascending. */
  readonly at: readonly number[];
  /** By column, one rate for each time; null: not known. */
  readonly columns: readonly (readonly (number | null)[])[];
}

/**
 * The last samples of many rows, in memory. A rate takes two bytes, on a logarithmic scale: a row that is not
 * all zeros takes 600 bytes for each of its columns, the others about a hundred bytes. Memory only.
 */
export class RateHistory<Key extends string> {
  readonly #width: number;
  readonly #tracks = new Map<Key, Track>();
  /** Of each sample that is kept, milliseconds since 1970. */
  readonly #times = new Float64Array(SAMPLES);
  #sequence = 0;

  /** @param width number of columns. */
  constructor(width: number) {
    this.#width = width;
  }

  /** Begins a sample at a time in milliseconds since 1970. */
  begin(at: number): void {
    this.#sequence++;
    this.#times[this.#sequence % SAMPLES] = at;
  }

  /** Sets the rates of a row in the sample that was begun last; NaN: not known. */
  set(key: Key, values: Float64Array): void {
    const now = this.#sequence;
    const isZero = values.every((value) => value === 0);
    let track = this.#tracks.get(key);
    if (track === undefined) {
      track = { first: now, last: now - 1, eventful: isZero ? 0 : now, codes: undefined };
      this.#tracks.set(key, track);
    }
    if (track.last !== now - 1) {
      // What was not sampled is not known.
      track.eventful = now - 1;
      if (track.codes === undefined && isZero) track.first = now;
    }
    if (!isZero) track.eventful = now;
    if (track.codes === undefined && !isZero) track.codes = this.#codesOf(track);
    if (track.codes !== undefined) this.#write(track, track.codes, values);
    track.last = now;
    if (now - track.eventful >= SAMPLES) {
      track.codes = undefined;
      track.first = Math.max(track.first, now - SAMPLES + 1);
    }
  }

  delete(key: Key): void {
    this.#tracks.delete(key);
  }

  /** The samples of a row since a time in milliseconds since 1970; undefined: there is no such row. */
  of(key: Key, since: number): RateTrack | undefined {
    const track = this.#tracks.get(key);
    if (track === undefined) return undefined;
    const at: number[] = [];
    const columns: (number | null)[][] = Array.from({ length: this.#width }, () => []);
    for (
      let sample = Math.max(1, this.#sequence - SAMPLES + 1);
      sample <= this.#sequence;
      sample++
    ) {
      const time = this.#times[sample % SAMPLES] ?? 0;
      if (time < since) continue;
      at.push(time);
      for (const [index, column] of columns.entries()) {
        column.push(this.#rate(track, sample, index));
      }
    }
    return { at, columns };
  }

  #rate({ first, last, codes }: Track, sample: number, column: number): number | null {
    if (sample < first || sample > last) return null;
    if (codes === undefined) return 0;
    return decoded(codes[(sample % SAMPLES) * this.#width + column] ?? UNKNOWN);
  }

  /** The codes of a row that had only zeros so far. */
  #codesOf({ first, last }: Track): Uint16Array {
    const codes = new Uint16Array(SAMPLES * this.#width).fill(UNKNOWN);
    for (let sample = Math.max(first, last - SAMPLES + 1); sample <= last; sample++) {
      codes.fill(0, (sample % SAMPLES) * this.#width, ((sample % SAMPLES) + 1) * this.#width);
    }
    return codes;
  }

  #write({ last }: Track, codes: Uint16Array, values: Float64Array): void {
    const now = this.#sequence;
    // What was not sampled is not known.
    for (let sample = Math.max(last + 1, now - SAMPLES + 1); sample < now; sample++) {
      const at = (sample % SAMPLES) * this.#width;
      codes.fill(UNKNOWN, at, at + this.#width);
    }
    for (const [index, value] of values.entries()) {
      codes[(now % SAMPLES) * this.#width + index] = encoded(value);
    }
  }
}

function encoded(value: number): number {
  if (Number.isNaN(value)) return UNKNOWN;
  const code = Math.round(Math.log2(1 + value * SCALE) * PER_DOUBLING);
  return Math.min(code, UNKNOWN - 1);
}

function decoded(code: number): number | null {
  if (code === UNKNOWN) return null;
  const value = (2 ** (code / PER_DOUBLING) - 1) / SCALE;
  return Number(value.toPrecision(4));
}
