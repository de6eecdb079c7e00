import type { ControllerEvent } from "../../contract/events.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { EventBus } from "../events.ts";
import type { DesiredDelta } from "./compilation.ts";

/** What telling of new ways needs. */
export interface RerouteEventsDeps {
  readonly events: EventBus;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Resolves when no connected switch has anything left to confirm. */
  readonly confirmed: () => Promise<void>;
}

/** Tells how long it took until switches did what a change of the network asks for. */
export class RerouteEvents {
  readonly #parts: RerouteEventsDeps;
  /** A change that nobody is told of waits. Where hosts come and go, a switch may never be at rest. */
  #isWaiting = false;

  constructor(parts: RerouteEventsDeps) {
    this.#parts = parts;
  }

  /** Compiles for a change and sends what it makes of the desired state on its way. */
  follow(changes: readonly ControllerEvent[], compile: () => DesiredDelta): void {
    const { clock, confirmed, logger } = this.#parts;
    const began = clock.now();
    const { switches, changed } = compile();
    if (switches.size === 0) return;
    const compiled = clock.now();
    let entries = 0;
    for (const { set, delete: gone } of switches.values()) entries += set.length + gone.length;
    const counts = { switches: switches.size, entries, policies: changed.length };
    const links = changes.flatMap((event) =>
      event.type === "linkChanged" ? [sidesOf(event)] : [],
    );
    const isNews = links.length > 0;
    if (!isNews && this.#isWaiting) return;
    if (!isNews) this.#isWaiting = true;
    void confirmed().then(() => {
      if (!isNews) this.#isWaiting = false;
      const recomputeMs = Math.round(compiled - began);
      const confirmMs = Math.round(clock.now() - compiled);
      const all = { ...counts, links: links.length, recomputeMs, confirmMs };
      // Hosts come and go by the thousand; links are few, and people ask about them.
      if (!isNews) logger.debug(all, "rules changed with the network");
      else {
        logger.info(all, "rerouted");
        this.#parts.events.publish({ type: "rerouted", ...all, links });
      }
    });
  }
}

function sidesOf({ type: _, ...sides }: Extract<ControllerEvent, { type: "linkChanged" }>) {
  return sides;
}
