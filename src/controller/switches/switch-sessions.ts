import type { Counters } from "../../counters/index.ts";
import type { PortChange, Role, Session, SessionEvents } from "../../openflow-session/index.ts";
import type { Reconciler, SwitchChannel } from "../../reconcile/index.ts";
import { systemClock } from "../../runtime/clock.ts";
import type { Logger } from "../../runtime/logger.ts";
import { type Dpid, type Port, portFromDesc, type Topology } from "../../topology/index.ts";
import { type PuntListeners, routePacketIn } from "../discovery/packet-ins.ts";
import type { EventBus } from "../events.ts";
import type { Network } from "../network/network.ts";
import type { PolicyStatusTracker } from "../status/policy-status-tracker.ts";
import type { TapSuspension } from "../suspension/index.ts";
import { switchName } from "../views/network-view.ts";
import { counterChannelOf, lastCount } from "./counter-channel-of.ts";
import { SwitchRoles } from "./roles.ts";
import { StartupHold } from "./startup-hold.ts";
import { switchChannelOf } from "./switch-channel-of.ts";

/** Those who take part in the life of a session. */
export interface SwitchSessionsDeps {
  readonly network: Network;
  readonly reconciler: Reconciler;
  readonly board: PolicyStatusTracker;
  readonly counters: Counters;
  readonly taps: TapSuspension;
  readonly punted: PuntListeners;
  readonly events: EventBus;
  readonly logger: Logger;
  /** The sessions of all switches that are connected. */
  sessions(): Iterable<Session>;
  /** Compiles for the network as it has just become. */
  compile(): void;
  /** A switch is away now. */
  away(): void;
}

/** What sessions with switches tell, as changes of the network and for those who talk to switches. */
export class SwitchSessions {
  readonly roles = new SwitchRoles({
    clock: systemClock,
    changed: (...change) => this.#roleChanged(...change),
  });
  readonly #parts: SwitchSessionsDeps;
  readonly #channels = new WeakMap<Session, SwitchChannel>();
  /** From the start on. */
  #muster: StartupHold | undefined;

  constructor(parts: SwitchSessionsDeps) {
    this.#parts = parts;
  }

  /** From now on switches are programmed. */
  start(): void {
    const { reconciler, counters, logger } = this.#parts;
    this.#muster = new StartupHold(systemClock, logger, (session) => {
      reconciler.connect(session.dpid, this.#channel(session));
      counters.connect(session.dpid, counterChannelOf(session));
    });
  }

  /**
   * Other switches than in `before` may be ours now: begins with those that have become so, and leaves
   * the others alone with the rules that they have. One that would not be let in now has to go.
   */
  admissionsChanged(before: Topology): void {
    const { network, counters, logger } = this.#parts;
    for (const session of [...this.#parts.sessions()]) {
      const { dpid } = session;
      const wasProgrammed = before.switches.get(dpid)?.programmed ?? false;
      const isProgrammed = network.topology.switches.get(dpid)?.programmed ?? false;
      const { state, why } = network.state.admission(dpid);
      const fields = { dpid, switch: this.#name(dpid), reason: why };
      if (isProgrammed && !wasProgrammed) {
        logger.info(fields, "switch programmed from now on");
        if (this.roles.of(dpid) !== "slave") this.#program(session);
      } else if (!isProgrammed && wasProgrammed) {
        logger.warn(fields, "switch no longer programmed: it keeps its rules");
        this.#leaveAlone(session);
        counters.disconnect(dpid);
      }
      if (state === "refused") session.close(why);
    }
  }

  /** For the listener. */
  get handlers(): SessionEvents {
    const { counters, logger, punted } = this.#parts;
    return {
      up: (session) => this.#up(session),
      down: (session, reason) => this.#down(session, reason),
      portStatus: (session, change) => this.#portChanged(session, change),
      packetIn: ({ dpid }, message) => routePacketIn(dpid, message, punted),
      role: (session, role) => this.roles.heard(session, role),
      flowRemoved: ({ dpid }, message) => {
        const last = lastCount(message);
        if (last) counters.removed(dpid, last);
        const { tableId: table, priority, match } = message;
        this.#parts.reconciler.entryRemoved(dpid, { table, priority, match });
      },
      error: ({ dpid }, { errorType, errorCode }) => {
        const fields = { dpid, errorType, errorCode };
        logger.warn(fields, "the switch reports an error that answers nothing of ours");
      },
    };
  }

  #up(session: Session): void {
    const { network, board, taps, events } = this.#parts;
    const { dpid, peer, description } = session;
    const ports = [...session.ports.values()]
      .map(portFromDesc)
      .filter((port): port is Port => !!port);
    const said = `${description.manufacturer} ${description.hardware}`.trim();
    const isPlain = said !== "" && !/open vswitch|nicira/i.test(said);
    network.apply({ type: "switchConnected", dpid, ports, isPlain });
    this.#logUp(session);
    events.publish({ type: "switchConnected", dpid, switch: this.#name(dpid), address: peer });
    // Desired first: the switch is compared with what it should be with the ports it has now.
    this.#parts.compile();
    this.#program(session);
    board.switchChanged(dpid);
    taps.switchUp(session);
    this.roles.connected(session);
  }

  #logUp({ dpid, peer, description }: Session): void {
    const { network, logger } = this.#parts;
    const { admission, programmed } = network.topology.switches.get(dpid) ?? {};
    const fields = { dpid, switch: this.#name(dpid), peer, software: description.software };
    if (programmed) logger.info(fields, "switch connected");
    else {
      const more = { ...fields, reason: admission?.why };
      logger.warn(more, "switch connected and quarantined: not programmed");
    }
  }

  #program(session: Session): void {
    const { topology } = this.#parts.network;
    if (topology.switches.get(session.dpid)?.programmed) this.#muster?.arrived(session, topology);
  }

  #down(session: Session, reason: string): void {
    const { reconciler, counters, network, events, board, logger } = this.#parts;
    const { dpid } = session;
    const name = this.#name(dpid);
    this.#muster?.left(session);
    this.roles.disconnected(session);
    reconciler.disconnect(dpid, this.#channel(session));
    counters.disconnect(dpid);
    network.apply({ type: "switchDisconnected", dpid });
    // One that was ours and is known no more: nothing waits for it, or stays for its copies.
    if (!network.topology.switches.has(dpid)) void reconciler.forget(dpid);
    logger.warn({ dpid, switch: name, reason }, "switch disconnected");
    events.publish({ type: "switchDisconnected", dpid, switch: name, reason });
    board.switchChanged(dpid);
    this.#parts.away();
  }

  #portChanged({ dpid }: Session, { reason, port: desc }: PortChange): void {
    const { network } = this.#parts;
    const port = portFromDesc(desc);
    if (!port) return;
    if (reason === "delete") network.apply({ type: "portRemoved", dpid, port: port.no });
    else network.apply({ type: "portChanged", dpid, port });
  }

  /** As a slave nothing is sent; when that is over, the switch is read and repaired as a new one. */
  #roleChanged(session: Session, old: Role | undefined, role: Role): void {
    const { board, events, logger } = this.#parts;
    const { dpid } = session;
    const name = this.#name(dpid);
    const before = old ? { old } : {};
    events.publish({ type: "roleChanged", dpid, switch: name, ...before, new: role });
    if (role === "slave") {
      logger.warn({ dpid, switch: name }, "the switch has made us slave: nothing is sent");
      this.#leaveAlone(session);
    } else if (old === "slave") {
      logger.info({ dpid, switch: name, role }, "the switch takes changes again");
      this.#program(session);
    }
    board.switchChanged(dpid);
  }

  /** Sends nothing more, though the session goes on. */
  #leaveAlone(session: Session): void {
    this.#muster?.left(session);
    this.#parts.reconciler.disconnect(session.dpid, this.#channel(session));
    // Answers to what was sent before belong to the old one.
    this.#channels.delete(session);
  }

  /** One channel per session: the reconciler tells a stale one by its identity. */
  #channel(session: Session): SwitchChannel {
    const known = this.#channels.get(session);
    if (known) return known;
    const channel = switchChannelOf(session);
    this.#channels.set(session, channel);
    return channel;
  }

  #name(dpid: Dpid): string {
    return switchName(this.#parts.network.topology, dpid);
  }
}
