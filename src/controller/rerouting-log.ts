import type { Clock } from "./clock.ts";
import type { DesiredDelta } from "./compilation.ts";
import type { ControllerEvent } from "./events.ts";
import type { Logger } from "./logger.ts";

/** Tells in the log how long it took until switches did what a change of the network asks for. */
export class ReroutingLog {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #settled: () => Promise<void>;

  /** `settled` resolves when no connected switch has anything left to confirm. */
  constructor(logger: Logger, clock: Clock, settled: () => Promise<void>) {
    this.#logger = logger;
    this.#clock = clock;
    this.#settled = settled;
  }

  /** Compiles for a change and sends what it makes of the desired state on its way. */
  follow(events: readonly ControllerEvent[], compile: () => DesiredDelta): void {
    const began = this.#clock.now();
    const { switches, changed } = compile();
    if (switches.size === 0) return;
    const compiled = this.#clock.now();
    let entries = 0;
    for (const { set, delete: gone } of switches.values()) entries += set.length + gone.length;
    const fields = { switches: switches.size, entries, policies: changed.length };
    const links = events.filter(({ type }) => type === "linkChanged").length;
    void this.#settled().then(() => {
      const recomputeMs = Math.round(compiled - began);
      const confirmMs = Math.round(this.#clock.now() - compiled);
      const all = { ...fields, links, recomputeMs, confirmMs };
      // Hosts come and go by the thousand; links are few, and people ask about them.
      if (links > 0) this.#logger.info(all, "rerouted");
      else this.#logger.debug(all, "rules changed with the network");
    });
  }
}
