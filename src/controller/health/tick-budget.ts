// SPDX-License-Identifier: Apache-2.0
import type { CopyWay } from "../../policy/index.ts";
import type { Dpid } from "../../topology/index.ts";

/** Maximum numbers per tick, so that other work is not delayed and no switch is flooded. */
const PROBES_PER_TICK = 100;
const PROBES_PER_SWITCH_AND_TICK = 5;
const TRACES_PER_TICK = 5;
/** Finding what prevents a probe asks for every rule on the way. */
const OBSTACLES_PER_TICK = 40;

/** What may be sent and examined in one tick. */
export class TickBudget {
  #probes = 0;
  #traces = 0;
  #obstacles = 0;
  readonly #bySwitch = new Map<Dpid, number>();

  get isSpent(): boolean {
    return this.#probes >= PROBES_PER_TICK || this.#obstacles >= OBSTACLES_PER_TICK;
  }

  /** Whether one more probe may be sent along a way. */
  hasRoom(way: CopyWay): boolean {
    return endsOf(way).every((dpid) => this.#of(dpid) < PROBES_PER_SWITCH_AND_TICK);
  }

  /** Counts a probe along a way. */
  take(way: CopyWay): void {
    for (const dpid of endsOf(way)) this.#bySwitch.set(dpid, this.#of(dpid) + 1);
    this.#probes++;
  }

  /** Counts a way that cannot be probed. */
  takeObstacle(): void {
    this.#obstacles++;
  }

  takeTrace(): boolean {
    return this.#traces++ < TRACES_PER_TICK;
  }

  #of(dpid: Dpid): number {
    return this.#bySwitch.get(dpid) ?? 0;
  }
}

/** The switches that send and catch the probes of a way. */
function endsOf({ from, hops }: CopyWay): readonly Dpid[] {
  return [from, hops.at(-1)?.dpid ?? from];
}
