// SPDX-License-Identifier: Apache-2.0
import type { FastifyReply } from "fastify";
import { ProblemException } from "./problem.ts";
import { whenGone } from "./when-gone.ts";

/** What a limited number of places is for. */
export interface PlacesFor {
  /** Plural, with a verb's subject in mind: `event streams`. */
  readonly noun: string;
  /** The setting that holds the number. */
  readonly setting: string;
  readonly limit: number;
  /** Seconds until a client should try again. */
  readonly retryAfter: number;
}

/**
 * A limited number of requests that stay open. One beyond it is answered with 503 and Retry-After: the limit
 * is one of the server and all its clients, not of how often one client asks (429, RFC 6585).
 */
export class Places {
  readonly #for: PlacesFor;
  #taken = 0;

  constructor(what: PlacesFor) {
    this.#for = what;
  }

  get taken(): number {
    return this.#taken;
  }

  /**
   * Takes a place until the answer is complete or its connection is gone.
   *
   * @throws ProblemException 503 when all are taken.
   */
  take({ raw }: Pick<FastifyReply, "raw">): void {
    const { limit } = this.#for;
    if (this.#taken >= limit) throw new ProblemException(this.#problem());
    this.#taken++;
    whenGone(raw, () => {
      this.#taken--;
    });
  }

  #problem() {
    const { noun, setting, limit, retryAfter } = this.#for;
    return {
      status: 503,
      kind: "too-many-open-requests",
      title: "Too many open requests",
      detail: `there are ${limit} ${noun} already (${setting}); try again later, or raise the setting`,
      // Else thousands of connections stay for nothing, and end together when the clients leave.
      headers: { "retry-after": String(retryAfter), connection: "close" },
    };
  }
}
