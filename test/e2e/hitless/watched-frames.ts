// SPDX-License-Identifier: Apache-2.0
import { type OvsLab, waitFor } from "../../lab/index.ts";
import type { NumberedStream } from "./numbered-stream.ts";

/** How many frames of a stream are checked, one by one, once they arrive again. */
const FRAMES = 25;

/** Frames of a stream that a host should receive from now on. */
export interface Expected {
  readonly stream: NumberedStream;
  /** Host of the lab. */
  readonly at: string;
}

/** Waits until rerouted frames arrive again, then checks that exactly all of them arrive. */
export class WatchedFrames {
  readonly #expected: readonly Expected[];
  /** The host that must receive none of them once the others do. */
  readonly #nowhere: string | undefined;
  /** How many frames each host had received before. */
  readonly #before = new Map<string, number>();

  constructor(lab: OvsLab, expected: readonly Expected[], nowhere: string | undefined) {
    this.#expected = expected;
    this.#nowhere = nowhere;
    for (const host of [...(nowhere ? [nowhere] : []), ...expected.map(({ at }) => at)]) {
      this.#before.set(host, lab.frames(host).length);
    }
  }

  /** Waits until every host receives frames again. */
  async resume(): Promise<void> {
    await waitFor(() => this.#expected.every((each) => this.#numbers(each).length > 0), {
      everyMs: 2,
    }).catch((cause) => {
      throw new Error(`frames do not arrive again: ${this.#describe()}`, { cause });
    });
  }

  /** Checks that each of the next frames arrives once, in order, bit for bit, and none at the old place. */
  async expectAll(): Promise<void> {
    const ranges = this.#expected.map((each) => ({ ...each, first: each.stream.sent }));
    await waitFor(() => ranges.every(({ stream, first }) => stream.sent >= first + FRAMES));
    const all = Array.from({ length: FRAMES }, (_, n) => n);
    const found = (range: (typeof ranges)[number]) =>
      this.#numbers(range)
        .map((number) => number - range.first)
        .filter((number) => number >= 0 && number < FRAMES);
    const isThere = () => ranges.every((range) => found(range).includes(FRAMES - 1));
    await waitFor(isThere, { everyMs: 2 }).catch(() => undefined);
    for (const range of ranges) {
      const got = found(range);
      if (got.join() !== all.join()) throw new Error(`at ${range.at}, expected ${all}: ${got}`);
      if (this.#nowhere === undefined) continue;
      const strays = this.#numbers({ stream: range.stream, at: this.#nowhere });
      const late = strays.filter((number) => number >= range.first);
      if (late.length === 0) continue;
      const numbers = late.map((number) => number - range.first);
      throw new Error(`also at ${this.#nowhere}, of those for ${range.at}: ${numbers}`);
    }
  }

  #numbers({ stream, at }: Expected): number[] {
    return stream.numbersAt(at, this.#before.get(at));
  }

  #describe(): string {
    return this.#expected.map((each) => `${each.at}: ${this.#numbers(each).length}`).join(", ");
  }
}
