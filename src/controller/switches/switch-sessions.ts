// SPDX-License-Identifier: Apache-2.0

import type { Counters } from "../../counters/index.ts";
import { CONTROLLER_ID } from "../../flow-model/index.ts";
import { setControllerId } from "../../openflow/index.ts";
import type { PortChange, Role, Session, SessionEvents } from "../../openflow-session/index.ts";
import type { Reconciler, SwitchChannel } from "../../reconcile/index.ts";
import { systemClock } from "../../runtime/clock.ts";
import type { Logger } from "../../runtime/logger.ts";
import {
  type Dpid,
  isProgrammed,
  type Port,
  portFromDesc,
  type Topology,
} from "../../topology/index.ts";
import { type PuntListeners, routePacketIn } from "../discovery/packet-ins.ts";
import type { EventBus } from "../events.ts";
import type { Network } from "../network/network.ts";
import type { NetworkUpdates } from "../network/network-updates.ts";
import type { PolicyStatusTracker } from "../status/policy-status-tracker.ts";
import type { TapSuspension } from "../suspension/index.ts";
import { counterChannelOf, lastCount } from "./counter-channel-of.ts";
import { FragmentModes } from "./fragment-modes.ts";
import { MarkChecks } from "./mark-checks.ts";
import { PortChanges } from "./port-changes.ts";
import type { ReconcileEvents } from "./reconcile-events.ts";
import type { SwitchRoles } from "./roles.ts";
import type { SessionRegistry } from "./session-registry.ts";
import { StartupHold } from "./startup-hold.ts";
import { switchChannelOf } from "./switch-channel-of.ts";
import type { SwitchWrites } from "./switch-writes.ts";
import { MOST_TAGS, TagProbes } from "./tag-probe.ts";

/** Dependencies of `SwitchSessions`. */
interface SwitchSessionsDeps {
  readonly network: Network;
  readonly updates: NetworkUpdates;
  /** Holds the open sessions; filled here. */
  readonly sessions: SessionRegistry;
  readonly roles: SwitchRoles;
  readonly desired: {
    /** Calls back when every change of the network so far is compiled. */
    whenNetworkCompiled(callback: () => void): void;
  };
  readonly reconciler: Reconciler;
  readonly reconcileEvents: Pick<ReconcileEvents, "subscribeAudits" | "subscribeForeign">;
  readonly statusTracker: PolicyStatusTracker;
  readonly counters: Counters;
  readonly suspension: TapSuspension;
  readonly switches: SwitchWrites;
  readonly punted: PuntListeners;
  readonly events: EventBus;
  readonly logger: Logger;
}

/**
 * Translates session events into changes of the network, and attaches sessions to the parts that talk
 * to switches.
 */
export class SwitchSessions {
  readonly #deps: SwitchSessionsDeps;
  readonly #channels = new WeakMap<Session, SwitchChannel>();
  readonly #tagProbes = new TagProbes();
  readonly #fragmentModes = new FragmentModes();
  readonly #marks: MarkChecks;
  readonly #ports = new PortChanges((session, change) => this.#portChanged(session, change));
  /** Undefined before `start`. */
  #hold: StartupHold | undefined;

  constructor(deps: SwitchSessionsDeps) {
    this.#deps = deps;
    this.#marks = new MarkChecks(deps);
    deps.roles.subscribe((...change) => this.#roleChanged(...change));
    deps.reconcileEvents.subscribeAudits((dpid) => this.tagsMayDiffer(dpid));
    deps.reconcileEvents.subscribeForeign((dpid) => this.#marks.again(dpid));
  }

  /** Programs switches from now on. */
  start(): void {
    const { desired, logger } = this.#deps;
    this.#hold = new StartupHold(systemClock, logger, (session) => {
      // What is desired for the present ports, or entries would be removed that are desired.
      desired.whenNetworkCompiled(() => this.#connect(session));
    });
  }

  #connect(session: Session): void {
    const { reconciler, counters, sessions, network } = this.#deps;
    const { dpid } = session;
    const isProgrammed = network.topology.switches.get(dpid)?.programmed ?? false;
    if (sessions.get(dpid) !== session || !isProgrammed) return;
    reconciler.connect(dpid, this.#channel(session));
    counters.connect(dpid, counterChannelOf(session));
  }

  /**
   * The set of programmed switches may differ from the one in `before`: programs the switches that
   * joined it, and stops programming those that left it, which keep their rules. Closes the sessions
   * of switches that are no longer admitted.
   */
  admissionsChanged(before: Topology): void {
    const { network, counters, logger, sessions, roles } = this.#deps;
    for (const session of [...sessions.values()]) {
      const { dpid } = session;
      const wasProgrammed = before.switches.get(dpid)?.programmed ?? false;
      const isProgrammed = network.topology.switches.get(dpid)?.programmed ?? false;
      const { state, why } = network.state.admission(dpid);
      const fields = { dpid, switch: this.#name(dpid), reason: why };
      if (isProgrammed && !wasProgrammed) {
        logger.info(fields, "switch programmed from now on");
        if (roles.of(dpid) !== "slave") this.#program(session);
      } else if (!isProgrammed && wasProgrammed) {
        logger.warn(fields, "switch no longer programmed: it keeps its rules");
        this.#stopProgramming(session);
        counters.disconnect(dpid);
      }
      this.#fragmentsChanged(session, before);
      this.#marks.followed(session);
      if (state === "refused") session.close(why);
    }
  }

  /** Makes a switch handle fragments as the topology files now request. */
  #fragmentsChanged(session: Session, before: Topology): void {
    const { network, roles } = this.#deps;
    const { dpid } = session;
    const { fragments, programmed = false } = network.topology.switches.get(dpid) ?? {};
    if (!programmed || roles.of(dpid) === "slave") return;
    if (fragments === before.switches.get(dpid)?.fragments) return;
    if (fragments === "match") this.#fragmentModes.match(session);
    else this.#fragmentModes.restore(session);
  }

  /** The session events of the OpenFlow listener. */
  get handlers(): SessionEvents {
    const { counters, logger, punted, reconciler, roles } = this.#deps;
    return {
      up: (session) => this.#up(session),
      down: (session, reason) => this.#down(session, reason),
      portStatus: (session, change) => this.#ports.add(session, change),
      packetIn: ({ dpid }, message) => {
        if (!this.#tagProbes.received(dpid, message)) routePacketIn(dpid, message, punted);
      },
      role: (session, role) => roles.reported(session, role),
      flowRemoved: ({ dpid }, message) => {
        const last = lastCount(message);
        if (last) counters.removed(dpid, last);
        const { tableId: table, priority, match } = message;
        reconciler.entryRemoved(dpid, { table, priority, match });
      },
      error: ({ dpid }, { errorType, errorCode }) => {
        const fields = { dpid, errorType, errorCode };
        logger.warn(fields, "the switch reports an error that answers no request of OpenVTAP");
      },
    };
  }

  #up(session: Session): void {
    this.#ports.flush();
    const { network, events, sessions, updates } = this.#deps;
    sessions.add(session);
    const { dpid, peer, description } = session;
    const ports = [...session.ports.values()]
      .map(portFromDesc)
      .filter((port): port is Port => !!port);
    const product = `${description.manufacturer} ${description.hardware}`.trim();
    const isPlain = product !== "" && !/open vswitch|nicira/i.test(product);
    // Before any rule or packet-out that asks for packet-ins.
    if (!isPlain) session.send(setControllerId(CONTROLLER_ID));
    network.apply({ type: "switchConnected", dpid, ports, isPlain });
    this.#logUp(session);
    events.publish({ type: "switchConnected", dpid, switch: this.#name(dpid), address: peer });
    // In another turn: what follows from ten thousand ports, or hosts, takes its time.
    setImmediate(() => updates.whenAnnounced(() => this.#attach(session)));
  }

  #attach(session: Session): void {
    const { statusTracker, suspension, sessions, updates, roles } = this.#deps;
    const { dpid } = session;
    if (sessions.get(dpid) !== session) return;
    // Before programming: the reconciler compares the switch with what is desired for its present ports.
    updates.flush();
    this.#program(session);
    statusTracker.switchChanged(dpid);
    suspension.switchUp(session);
    roles.connected(session);
  }

  #logUp({ dpid, peer, description }: Session): void {
    const { network, logger } = this.#deps;
    const admission = network.state.admission(dpid);
    const fields = { dpid, switch: this.#name(dpid), peer, software: description.software };
    if (isProgrammed(admission)) logger.info(fields, "switch connected");
    else {
      const more = { ...fields, reason: admission.why };
      logger.warn(more, "switch connected and quarantined: not programmed");
    }
  }

  #program(session: Session): void {
    const { topology } = this.#deps.network;
    const {
      programmed = false,
      fragments,
      isPlain = false,
    } = topology.switches.get(session.dpid) ?? {};
    if (!programmed) return;
    // A switch loses it when it restarts, and refuses it from a slave.
    if (fragments === "match") this.#fragmentModes.match(session);
    let isFirst = true;
    // Known before the first copy is made, or it might lose a tag; the worst is assumed without an answer.
    this.#tagProbes.ask({ session, isPlain }, (parsedTags = MOST_TAGS) => {
      this.#tagsKnown(session, parsedTags);
      // Before rules for taps are sent: frames that they mark must not meet an entry that reads the mark.
      if (isFirst) void this.#marks.known(session, () => this.#arrived(session));
      isFirst = false;
    });
  }

  /** Asks a switch again how many tags it parses: the setting may change while it is connected. */
  tagsMayDiffer(dpid: Dpid): void {
    const session = this.#deps.sessions.get(dpid);
    if (!session) return;
    const { isPlain = false } = this.#deps.network.topology.switches.get(dpid) ?? {};
    this.#tagProbes.ask({ session, isPlain }, (parsedTags) => {
      if (parsedTags !== undefined) this.#tagsKnown(session, parsedTags);
    });
  }

  #tagsKnown(session: Session, parsedTags: number): void {
    const { network, updates, sessions } = this.#deps;
    const { dpid } = session;
    if (sessions.get(dpid) !== session) return;
    network.apply({ type: "tagsProbed", dpid, parsedTags });
    updates.flush();
  }

  #arrived(session: Session): void {
    const { network, sessions, roles } = this.#deps;
    const { topology } = network;
    const { dpid } = session;
    if (sessions.get(dpid) !== session) return;
    if (!topology.switches.get(dpid)?.programmed || roles.of(dpid) === "slave") return;
    this.#hold?.arrived(session, topology);
  }

  #down(session: Session, reason: string): void {
    this.#ports.flush();
    const { reconciler, counters, network, events, statusTracker, logger, sessions } = this.#deps;
    sessions.delete(session);
    const { dpid } = session;
    const name = this.#name(dpid);
    this.#hold?.left(session);
    this.#deps.roles.disconnected(session);
    reconciler.disconnect(dpid, this.#channel(session));
    counters.disconnect(dpid);
    network.apply({ type: "switchDisconnected", dpid });
    // No longer known: other switches must not wait for it, nor keep entries for its copies.
    // The topology is not made for each of many switches that disconnect at once.
    if (!network.state.hasSwitch(dpid)) void reconciler.forget(dpid);
    logger.warn({ dpid, switch: name, reason }, "switch disconnected");
    events.publish({ type: "switchDisconnected", dpid, switch: name, reason });
    statusTracker.switchChanged(dpid);
    void this.#deps.switches.forgetLongAway();
  }

  #portChanged({ dpid }: Session, { reason, port: desc }: PortChange): void {
    const { network } = this.#deps;
    const port = portFromDesc(desc);
    if (!port) return;
    if (reason === "delete") network.apply({ type: "portRemoved", dpid, port: port.no });
    else network.apply({ type: "portChanged", dpid, port });
  }

  /** Nothing is sent to a switch while OpenVTAP is slave; afterwards it is read and repaired as a new one. */
  #roleChanged(session: Session, old: Role | undefined, role: Role): void {
    const { statusTracker, events, logger } = this.#deps;
    const { dpid } = session;
    const name = this.#name(dpid);
    const before = old ? { old } : {};
    events.publish({ type: "roleChanged", dpid, switch: name, ...before, new: role });
    if (role === "slave") {
      logger.warn(
        { dpid, switch: name },
        "the switch gives OpenVTAP the slave role: nothing is sent",
      );
      this.#stopProgramming(session);
    } else if (old === "slave") {
      logger.info({ dpid, switch: name, role }, "the switch accepts changes again");
      this.#program(session);
    }
    statusTracker.switchChanged(dpid);
  }

  /** Sends no changes any longer, though the session stays open. */
  #stopProgramming(session: Session): void {
    this.#hold?.left(session);
    this.#deps.reconciler.disconnect(session.dpid, this.#channel(session));
    // Replies to messages sent so far belong to the old channel.
    this.#channels.delete(session);
  }

  /** One channel per session: the reconciler recognises a stale channel by its identity. */
  #channel(session: Session): SwitchChannel {
    const known = this.#channels.get(session);
    if (known) return known;
    const channel = switchChannelOf(session);
    this.#channels.set(session, channel);
    return channel;
  }

  #name(dpid: Dpid): string {
    return this.#deps.network.state.switchName(dpid);
  }
}
