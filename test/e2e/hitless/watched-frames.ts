import { type OvsLab, waitFor } from "../../lab/index.ts";
import type { NumberedStream } from "./numbered-stream.ts";

/** How many frames of a stream are looked at, one by one, once they are there again. */
const FRAMES = 25;

/** Frames of a stream that somebody is to get from now on. */
export interface Expected {
  readonly stream: NumberedStream;
  /** Host of the lab. */
  readonly at: string;
}

/** Sees that somebody gets frames again that changed their way, and then exactly all of them. */
export class WatchedFrames {
  readonly #expected: readonly Expected[];
  /** Who must not get any of them once the others do. */
  readonly #nowhere: string | undefined;
  /** What each host had got before. */
  readonly #before = new Map<string, number>();

  constructor(lab: OvsLab, expected: readonly Expected[], nowhere: string | undefined) {
    this.#expected = expected;
    this.#nowhere = nowhere;
    for (const host of [...(nowhere ? [nowhere] : []), ...expected.map(({ at }) => at)]) {
      this.#before.set(host, lab.frames(host).length);
    }
  }

  /** Waits until everybody gets frames again. */
  async resume(): Promise<void> {
    await waitFor(() => this.#expected.every((each) => this.#numbers(each).length > 0), {
      everyMs: 2,
    }).catch((cause) => {
      throw new Error(`frames that are not there again: ${this.#tell()}`, { cause });
    });
  }

  /** Of the next frames each is there once, in order, bit for bit, and none at the old place. */
  async expectAll(): Promise<void> {
    const ranges = this.#expected.map((each) => ({ ...each, first: each.stream.sent }));
    await waitFor(() => ranges.every(({ stream, first }) => stream.sent >= first + FRAMES));
    const wanted = Array.from({ length: FRAMES }, (_, n) => n);
    const found = (range: (typeof ranges)[number]) =>
      this.#numbers(range)
        .map((number) => number - range.first)
        .filter((number) => number >= 0 && number < FRAMES);
    const isThere = () => ranges.every((range) => found(range).includes(FRAMES - 1));
    await waitFor(isThere, { everyMs: 2 }).catch(() => undefined);
    for (const range of ranges) {
      const got = found(range);
      if (got.join() !== wanted.join()) throw new Error(`at ${range.at}, of ${wanted}: ${got}`);
      if (this.#nowhere === undefined) continue;
      const strays = this.#numbers({ stream: range.stream, at: this.#nowhere });
      const late = strays.filter((number) => number >= range.first);
      if (late.length === 0) continue;
      const numbers = late.map((number) => number - range.first);
      throw new Error(`as well at ${this.#nowhere}, of those for ${range.at}: ${numbers}`);
    }
  }

  #numbers({ stream, at }: Expected): number[] {
    return stream.numbersAt(at, this.#before.get(at));
  }

  #tell(): string {
    return this.#expected.map((each) => `${each.at}: ${this.#numbers(each).length}`).join(", ");
  }
}
