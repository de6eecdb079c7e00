// SPDX-License-Identifier: Apache-2.0
/** Why each of some candidates is rejected; undefined for those that can be admitted together. */
type Decide<C, R> = (candidates: readonly C[]) => Promise<readonly (R | undefined)[]>;

interface Waiting<C, R> {
  readonly candidate: C;
  readonly proceed: (rejection: R | undefined) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Admits writes in rounds. A decision about one write holds only until another write takes effect. So
 * the writes of a round are decided together, and the next round begins when every write of the
 * previous one is in effect or has failed. Waiting writes form one round, so that the store can put
 * them on disk with one sync.
 */
export class AdmissionRounds<C, R> {
  readonly #decide: Decide<C, R>;
  #waiting: Waiting<C, R>[] = [];
  /** Number of writes of the present round that are not finished. */
  #open = 0;

  constructor(decide: Decide<C, R>) {
    this.#decide = decide;
  }

  /** Runs a write with the decision about its admission, which holds until the write is finished. */
  async run<T>(candidate: C, write: (rejection: R | undefined) => Promise<T>): Promise<T> {
    const rejection = await new Promise<R | undefined>((proceed, fail) => {
      this.#waiting.push({ candidate, proceed, fail });
      if (this.#open === 0) void this.#begin();
    });
    try {
      return await write(rejection);
    } finally {
      this.#open--;
      if (this.#open === 0) void this.#begin();
    }
  }

  async #begin(): Promise<void> {
    const round = this.#waiting;
    if (round.length === 0) return;
    this.#waiting = [];
    // Open from now on: what comes while the round is decided waits for the next one.
    this.#open = round.length;
    try {
      const rejections = await this.#decide(round.map(({ candidate }) => candidate));
      for (const [index, { proceed }] of round.entries()) proceed(rejections[index]);
    } catch (error) {
      this.#open = 0;
      for (const { fail } of round) fail(error);
      void this.#begin();
    }
  }
}
