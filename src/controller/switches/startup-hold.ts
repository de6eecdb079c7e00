// SPDX-License-Identifier: Apache-2.0
import type { Session } from "../../openflow-session/index.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { Attachment, Topology } from "../../topology/index.ts";

/**
 * Maximum time for which the first switches are held, in milliseconds: a little more than the longest
 * reconnection back-off of Open vSwitch.
 */
const HOLD_MS = 10_000;

/**
 * Holds the first switches back until port names can be resolved.
 *
 * A topology file may name ports by their OpenFlow names, and only a switch that has connected reports
 * the numbers. After a restart of the controller, the first switch to reconnect would be programmed as
 * if the links to the others were missing, and frames that flow now would be lost. So no switch is
 * programmed before every switch with a named port has connected once, or until the time is over: a
 * switch that stays away must not block the others.
 */
export class StartupHold {
  readonly #program: (session: Session) => void;
  readonly #logger: Logger;
  readonly #waiting = new Set<Session>();
  #isOver = false;

  constructor(clock: Clock, logger: Logger, program: (session: Session) => void) {
    this.#program = program;
    this.#logger = logger;
    clock.after(HOLD_MS, () => this.#end());
  }

  /** A switch has connected; the topology includes its ports already. */
  arrived(session: Session, topology: Topology): void {
    this.#waiting.add(session);
    if (this.#isOver || !hasUnknownNames(topology)) this.#release();
    else this.#logger.info({ dpid: session.dpid }, "waits for switches whose ports have names");
  }

  left(session: Session): void {
    this.#waiting.delete(session);
  }

  #end(): void {
    this.#isOver = true;
    this.#release();
  }

  #release(): void {
    for (const session of this.#waiting) this.#program(session);
    this.#waiting.clear();
  }
}

/** Whether a link or host names a port of a switch that has not reported its ports yet. */
function hasUnknownNames({ links, hosts, switches }: Topology): boolean {
  const isUnknown = ({ dpid, port, written }: Attachment) =>
    port === undefined && typeof written === "string" && !switches.get(dpid)?.portsKnown;
  return (
    links.some(({ a, b }) => isUnknown(a) || isUnknown(b)) || [...hosts.values()].some(isUnknown)
  );
}
