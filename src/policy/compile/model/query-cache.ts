// SPDX-License-Identifier: Apache-2.0

import type { Steps } from "../../../lang/steps.ts";
import type { TopologyChanges } from "../../../topology/index.ts";
import { sameContent } from "./action-key.ts";
import type { CompileEnvironment } from "./environment.ts";

/** A query about the network with its answer. */
export interface CachedQuery<A = unknown> {
  readonly key: string;
  readonly ask: (environment: CompileEnvironment) => A;
  /** Whether changes of hosts alone may change the answer. Undefined: they always may. */
  readonly mayChange: ((changes: TopologyChanges, answer: A) => boolean) | undefined;
  answer: A;
  /** The last change of the network changed the answer. */
  isStale: boolean;
  /** How many compiled policies rely on the answer. */
  users: number;
}

/**
 * The queries of compiled policies about the network.
 *
 * A compile that accesses the network only by these queries is a function of their answers. When the
 * network changes, the queries are repeated; a policy whose answers are all the same need not be
 * compiled again, whatever changed. There are far fewer queries than policies.
 */
export class QueryCache {
  #environment: CompileEnvironment;
  readonly #known = new Map<string, CachedQuery>();

  constructor(environment: CompileEnvironment) {
    this.#environment = environment;
  }

  /**
   * Returns a query with its answer, from the cache if possible. The key must contain everything but
   * the network that the answer depends on. `mayChange` returns false for changes of hosts alone
   * that cannot change the answer.
   */
  get<A>(key: string, ask: CachedQuery<A>["ask"], mayChange?: CachedQuery<A>["mayChange"]) {
    // The key determines the query, and so the type of the answer.
    let query = this.#known.get(key) as CachedQuery<A> | undefined;
    if (query === undefined) {
      const answer = ask(this.#environment);
      query = { key, ask, mayChange, answer, isStale: false, users: 0 };
      this.#known.set(key, query as CachedQuery);
    }
    return query;
  }

  /** Releases the queries of a compiled policy that is removed. */
  release(queries: readonly CachedQuery[]): void {
    for (const query of queries) {
      query.users--;
      if (query.users <= 0) this.#known.delete(query.key);
    }
  }

  /** Adopts another environment and repeats the queries whose answers may change. */
  *moveTo(environment: CompileEnvironment, changes: TopologyChanges): Steps<void> {
    this.#environment = environment;
    const onlyHosts = !changes.routing && changes.switches.size === 0;
    if (onlyHosts && changes.hosts.size + changes.interfaces.size === 0) return;
    for (const query of this.#known.values()) {
      yield;
      query.isStale = false;
      if (onlyHosts && query.mayChange?.(changes, query.answer) === false) continue;
      const answer = query.ask(environment);
      if (sameContent(query.answer, answer)) continue;
      query.isStale = true;
      query.answer = answer;
    }
  }
}
