import { sameContent } from "./action-key.ts";
import type { CompileEnvironment } from "./environment.ts";

/** A question about the network with its answer. */
export interface Question<A = unknown> {
  readonly key: string;
  readonly ask: (environment: CompileEnvironment) => A;
  answer: A;
  /** The answer is another one since the network last changed. */
  isStale: boolean;
  /** How many compiled policies rely on the answer. */
  users: number;
}

/**
 * What compiled policies have asked about the network.
 *
 * A compile that learns of the network only by asking here is a function of the answers. So when the
 * network changes, the questions are asked again, and a policy whose answers are the same need not be
 * compiled again, whatever it was that changed. There are far fewer questions than policies.
 */
export class Questions {
  #environment: CompileEnvironment;
  readonly #known = new Map<string, Question>();

  constructor(environment: CompileEnvironment) {
    this.#environment = environment;
  }

  /**
   * Asks, or finds what was answered before. The key must say all that the answer depends on but the
   * network.
   */
  get<A>(key: string, ask: (environment: CompileEnvironment) => A): Question<A> {
    // The key says what is asked, and so of what type the answer is.
    let question = this.#known.get(key) as Question<A> | undefined;
    if (question === undefined) {
      question = { key, ask, answer: ask(this.#environment), isStale: false, users: 0 };
      this.#known.set(key, question);
    }
    return question;
  }

  /** A compile that relied on these is gone. */
  release(questions: readonly Question[]): void {
    for (const question of questions) {
      question.users--;
      if (question.users <= 0) this.#known.delete(question.key);
    }
  }

  /** Takes another environment; asks everything again if it may have other answers. */
  moveTo(environment: CompileEnvironment, isOther: boolean): void {
    this.#environment = environment;
    if (!isOther) return;
    for (const question of this.#known.values()) {
      const answer = question.ask(environment);
      question.isStale = !sameContent(question.answer, answer);
      if (question.isStale) question.answer = answer;
    }
  }
}
