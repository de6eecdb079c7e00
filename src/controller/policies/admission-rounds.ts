/** Why each of some candidates cannot be taken in; undefined for those that can, all together. */
type Decide<C> = (candidates: readonly C[]) => readonly (string | undefined)[];

interface Waiting<C> {
  readonly candidate: C;
  readonly proceed: (refusal: string | undefined) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Admits writes in rounds. What is decided of one write holds only until another one takes effect; so
 * those of a round are decided together, and the next round begins when every write of the one before
 * is in effect or has failed. Writes that wait form one round, so that the store can put them on disk
 * with one sync.
 */
export class AdmissionRounds<C> {
  readonly #decide: Decide<C>;
  #waiting: Waiting<C>[] = [];
  /** Writes of the present round that are not over. */
  #open = 0;

  constructor(decide: Decide<C>) {
    this.#decide = decide;
  }

  /** Runs a write with the word on its admission; the word holds until the write is over. */
  async run<T>(candidate: C, write: (refusal: string | undefined) => Promise<T>): Promise<T> {
    const refusal = await new Promise<string | undefined>((proceed, fail) => {
      this.#waiting.push({ candidate, proceed, fail });
      if (this.#open === 0) this.#begin();
    });
    try {
      return await write(refusal);
    } finally {
      this.#open--;
      if (this.#open === 0) this.#begin();
    }
  }

  #begin(): void {
    const round = this.#waiting;
    if (round.length === 0) return;
    this.#waiting = [];
    try {
      const refusals = this.#decide(round.map(({ candidate }) => candidate));
      this.#open = round.length;
      for (const [index, { proceed }] of round.entries()) proceed(refusals[index]);
    } catch (error) {
      for (const { fail } of round) fail(error);
    }
  }
}
