import type { TopologyChanges } from "../../../topology/index.ts";
import { sameContent } from "./action-key.ts";
import type { CompileEnvironment } from "./environment.ts";

/** A question about the network with its answer. */
export interface CachedQuery<A = unknown> {
  readonly key: string;
  readonly ask: (environment: CompileEnvironment) => A;
  /** Whether changes of hosts, and of nothing else, may have made the answer another one. */
  readonly isConcerned: ((changes: TopologyChanges, answer: A) => boolean) | undefined;
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
export class QueryCache {
  #environment: CompileEnvironment;
  readonly #known = new Map<string, CachedQuery>();

  constructor(environment: CompileEnvironment) {
    this.#environment = environment;
  }

  /**
   * Asks, or finds what was answered before. The key must say all that the answer depends on but the
   * network. `isConcerned` says which changes of hosts, and of nothing else, do not matter.
   */
  get<A>(key: string, ask: CachedQuery<A>["ask"], isConcerned?: CachedQuery<A>["isConcerned"]) {
    // The key says what is asked, and so of what type the answer is.
    let question = this.#known.get(key) as CachedQuery<A> | undefined;
    if (question === undefined) {
      const answer = ask(this.#environment);
      question = { key, ask, isConcerned, answer, isStale: false, users: 0 };
      this.#known.set(key, question as CachedQuery);
    }
    return question;
  }

  /** A compile that relied on these is gone. */
  release(questions: readonly CachedQuery[]): void {
    for (const question of questions) {
      question.users--;
      if (question.users <= 0) this.#known.delete(question.key);
    }
  }

  /** Takes another environment; asks again what may have another answer there. */
  moveTo(environment: CompileEnvironment, changes: TopologyChanges): void {
    this.#environment = environment;
    const onlyHosts = !changes.routing && changes.switches.size === 0;
    if (onlyHosts && changes.hosts.size === 0) return;
    for (const question of this.#known.values()) {
      question.isStale = false;
      if (onlyHosts && question.isConcerned?.(changes, question.answer) === false) continue;
      const answer = question.ask(environment);
      if (sameContent(question.answer, answer)) continue;
      question.isStale = true;
      question.answer = answer;
    }
  }
}
