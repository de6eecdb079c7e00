import type { Session } from "../../openflow-session/index.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { Attachment, Topology } from "../../topology/index.ts";

/** How long the first switches wait for the others, in milliseconds: the longest back-off of OVS, and more. */
const MUSTER_MS = 10_000;

/**
 * Holds the first switches back until port names mean something.
 *
 * A topology file may name ports by their OpenFlow names, and only a switch that has connected can
 * tell their numbers. After a restart of the controller the first switch back would be programmed as
 * if the links to the others were missing, and frames that flow now would be lost. So nothing is
 * programmed before every switch with a named port has connected once, or the time is over: a switch
 * that is away for good must not keep the others waiting.
 */
export class StartupHold {
  readonly #program: (session: Session) => void;
  readonly #logger: Logger;
  readonly #waiting = new Set<Session>();
  #over = false;

  constructor(clock: Clock, logger: Logger, program: (session: Session) => void) {
    this.#program = program;
    this.#logger = logger;
    clock.after(MUSTER_MS, () => this.#end());
  }

  /** A switch is there; the topology knows its ports already. */
  arrived(session: Session, topology: Topology): void {
    this.#waiting.add(session);
    if (this.#over || !hasUnknownNames(topology)) this.#release();
    else this.#logger.info({ dpid: session.dpid }, "waits for switches whose ports have names");
  }

  left(session: Session): void {
    this.#waiting.delete(session);
  }

  #end(): void {
    this.#over = true;
    this.#release();
  }

  #release(): void {
    for (const session of this.#waiting) this.#program(session);
    this.#waiting.clear();
  }
}

/** Whether a port is named on a switch that has not told its ports yet. */
function hasUnknownNames({ links, hosts, switches }: Topology): boolean {
  const isUnknown = ({ dpid, port, written }: Attachment) =>
    port === undefined && typeof written === "string" && !switches.get(dpid)?.portsKnown;
  return (
    links.some(({ a, b }) => isUnknown(a) || isUnknown(b)) || [...hosts.values()].some(isUnknown)
  );
}
