// SPDX-License-Identifier: Apache-2.0
import type { Logger } from "pino";
import type { Moment } from "../../access/moment.ts";

/** A service that fails is logged at most so often. */
const PERIOD_MS = 60_000;

/** Logs failures of a service: the first one, and then one a minute. */
export class ServiceLog {
  readonly #logger: Pick<Logger, "warn">;
  readonly #fields: object;
  #silentUntilMs = Number.NEGATIVE_INFINITY;

  /** `fields` are in every line. */
  constructor(logger: Pick<Logger, "warn">, fields: object) {
    this.#logger = logger;
    this.#fields = fields;
  }

  failed(why: string, { steadyMs }: Moment): void {
    if (steadyMs < this.#silentUntilMs) return;
    this.#silentUntilMs = steadyMs + PERIOD_MS;
    this.#logger.warn(
      { ...this.#fields, why },
      "an identity service cannot be used: requests with its tokens are answered with 503",
    );
  }
}
