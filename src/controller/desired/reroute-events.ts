// SPDX-License-Identifier: Apache-2.0
import type { ControllerEvent } from "../../contract/events.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { EventBus } from "../events.ts";
import type { LinkEvent } from "../network/network.ts";
import type { DesiredDelta } from "./compilation.ts";

/** Dependencies of `RerouteEvents`. */
interface RerouteEventsDeps {
  readonly events: EventBus;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Resolves when no connected switch has anything left to confirm. */
  readonly confirmed: () => Promise<void>;
}

/** Measures the time from a change of the network until the switches have confirmed what follows. */
export class RerouteEvents {
  readonly #deps: RerouteEventsDeps;
  /** A change without an event is waiting. Where hosts come and go, a switch may never be at rest. */
  #isWaiting = false;

  constructor(deps: RerouteEventsDeps) {
    this.#deps = deps;
  }

  /** The present time, in milliseconds. */
  now(): number {
    return this.#deps.clock.now();
  }

  /**
   * A change of the network, announced at `began`, is compiled: measures the time until its result is
   * confirmed.
   */
  follow(changes: readonly LinkEvent[], began: number, { switches, changed }: DesiredDelta): void {
    const { clock, confirmed } = this.#deps;
    if (switches.size === 0) return;
    const compiled = clock.now();
    let entries = 0;
    for (const { set, delete: gone } of switches.values()) entries += set.length + gone.length;
    const counts = { switches: switches.size, entries, policies: changed.length };
    const links = changes.map(sidesOf);
    const hasLinks = links.length > 0;
    if (!hasLinks && this.#isWaiting) return;
    if (!hasLinks) this.#isWaiting = true;
    void confirmed().then(() => {
      if (!hasLinks) this.#isWaiting = false;
      const recomputeMs = Math.round(compiled - began);
      const confirmMs = Math.round(clock.now() - compiled);
      this.#report({ ...counts, recomputeMs, confirmMs }, links);
    });
  }

  #report(
    measured: Omit<Extract<ControllerEvent, { type: "rerouted" }>, "type" | "links">,
    links: readonly ReturnType<typeof sidesOf>[],
  ): void {
    const { logger, events } = this.#deps;
    const fields = { ...measured, links: links.length };
    // Hosts come and go by the thousand; changes of links are rare and matter to operators.
    if (links.length === 0) logger.debug(fields, "rules changed with the network");
    else {
      logger.info(fields, "rerouted");
      events.publish({ type: "rerouted", ...measured, links });
    }
  }
}

function sidesOf({ type: _, ...sides }: LinkEvent) {
  return sides;
}
