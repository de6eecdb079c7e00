// SPDX-License-Identifier: Apache-2.0
import type { Dpid, PortNo } from "../dpid.ts";
import type { PortAt } from "../port-at.ts";
import { Adjacency, placeOf } from "./adjacency.ts";
import {
  type Discovered,
  type DiscoveryMemory,
  NOTHING_DISCOVERED,
  type RememberedLink,
} from "./discovered.ts";
import type { DiscoveryWatches, LossWatch, SilenceWatch } from "./discovery-watches.ts";
import type { Probe } from "./probe.ts";
import { ProbeRounds } from "./probe-rounds.ts";
import { ProbeAgenda, ProbedPort, type ProbedSwitch } from "./probed-port.ts";
import { UnmanagedSwitches } from "./unmanaged-switches.ts";

/** Silence begins this long after the switch confirms the last fast probe, in milliseconds. */
const SILENCE_MS = 500;
/** Time a switch has to confirm that probes have left, in milliseconds. */
const CONFIRM_TIMEOUT_MS = 3_000;
/** Polling interval for conditions that have no deadline of their own, in milliseconds. */
const POLL_MS = 100;

export interface LinkDiscoveryOptions {
  /** From one steady probe of a port to the next, in milliseconds. */
  readonly intervalMs: number;
  /** Random number that identifies this controller process. */
  readonly epoch: bigint;
}

/** A port as reported to link discovery. */
export interface WatchedPort {
  readonly no: PortNo;
  readonly up: boolean;
  /** No probes may leave by it: a host is named there, or it is a tunnel for copies. */
  readonly silent: boolean;
  /** A host is named there. A tunnel says nothing of what is behind it. */
  readonly isNamed: boolean;
}

/** How a received probe was judged. */
export type ProbeReception =
  | "accepted"
  /** Signed by OpenVTAP, but not among the probes that may be in flight: a replay. */
  | "stale";

/**
 * Finds the links between switches from received probes. Pure state over time: the caller reports
 * events with their time, on a monotonic clock; the class returns what to send and what it knows.
 *
 * A port that comes up is *probing*: it sends probes at once, after 150 ms and after 500 ms. When the
 * switch has confirmed that it sent them, and half a second later no port has heard one, the port is
 * an *edge*. When a probe is heard, both ports are ends of a link (see {@link Adjacency}) from then
 * on. Every port keeps sending steady probes; three lost in a row end that direction of the link.
 *
 * Two connected ports never both become edges: each would have to send three probes that its switch
 * confirms and that the other switch, which hands over probes, does not hand over. A slow switch
 * delays its own ports only: its probes wait where its confirmation waits.
 *
 * Silence proves nothing while one of the two switches is not `ready`, nor before both have answered
 * a request sent after the last probe: a switch whose connection has died counts as present until the
 * keepalive expires, and goes on forwarding.
 */
export class LinkDiscovery {
  readonly #rounds: ProbeRounds;
  readonly #agenda = new ProbeAgenda();
  readonly #switches = new Map<Dpid, ProbedSwitch>();
  readonly #adjacency = new Adjacency((port) => this.#touch(port));
  readonly #unmanaged = new UnmanagedSwitches();
  readonly #remembered = new Map<Dpid, DiscoveryMemory>();
  readonly #touched = new Set<Dpid>();
  readonly #unsaved = new Set<Dpid>();
  readonly #probing = new Map<Dpid, ReadonlySet<PortNo>>();
  #discovered: Discovered = NOTHING_DISCOVERED;

  constructor(options: LinkDiscoveryOptions) {
    this.#rounds = new ProbeRounds(options);
  }

  /** Restores what the previous process had discovered. It holds until probes disprove it. */
  restore(memories: Iterable<DiscoveryMemory>): void {
    for (const memory of memories) this.#remembered.set(memory.dpid, memory);
  }

  /** Adds a switch with these ports, or changes the ports of a known switch: those that differ. */
  changePorts(
    dpid: Dpid,
    { set, gone }: { readonly set: Iterable<WatchedPort>; readonly gone: Iterable<PortNo> },
    now: number,
  ): void {
    const owner = this.#switches.get(dpid) ?? this.#addSwitch(dpid);
    for (const watched of set) {
      const port = owner.ports.get(watched.no);
      if (!port) this.#addPort(owner, watched, now);
      else this.#changePort(port, watched, now);
    }
    for (const no of gone) this.#removePort(owner, no, now);
    this.#remembered.delete(dpid);
  }

  /**
   * Removes a switch. `keepsRules`: it is still connected to its neighbours and floods as before, so
   * the ports that lead to it are not edges.
   */
  remove(dpid: Dpid, now: number, { keepsRules = false } = {}): void {
    const owner = this.#switches.get(dpid);
    if (!owner) return;
    for (const { neighbours } of keepsRules ? owner.ports.values() : []) {
      for (const other of neighbours) this.#unmanaged.note(other, dpid);
    }
    for (const no of [...owner.ports.keys()]) this.#removePort(owner, no, now);
    this.#switches.delete(dpid);
    this.#touched.add(dpid);
    this.#unsaved.add(dpid);
  }

  /** A switch is connected and hands over probes. */
  ready(dpid: Dpid, now: number): void {
    const owner = this.#switches.get(dpid);
    if (!owner || owner.ready) return;
    owner.ready = true;
    owner.unable = false;
    for (const port of owner.ports.values()) {
      for (const direction of [...port.hears.values(), ...port.heardAt.values()])
        direction.missed = 0;
      port.beginFast(now);
      this.#touch(port);
    }
  }

  /** A switch is disconnected, or does not hand over probes. Its known links stay. */
  away(dpid: Dpid): void {
    const owner = this.#switches.get(dpid);
    if (!owner) return;
    owner.ready = false;
    for (const port of owner.ports.values()) {
      port.rest();
      // It may go down and come up unobserved.
      port.isProvenEdge = false;
    }
  }

  /** A switch refuses to hand over probes: its ports count as without discovery. */
  unable(dpid: Dpid): void {
    const owner = this.#switches.get(dpid);
    if (!owner || owner.unable) return;
    this.away(dpid);
    owner.unable = true;
    this.#touched.add(dpid);
  }

  isReady(dpid: Dpid): boolean {
    return this.#switches.get(dpid)?.ready ?? false;
  }

  /**
   * Does what is due. The caller then checks every watch that it returns.
   * @param send sends a probe; returns false when it could not, and the probe is due again soon
   * @param limit maximum number of probes
   */
  tick(now: number, send: (probe: Probe) => boolean, limit = Infinity): DiscoveryWatches {
    this.#adjacency.settleHalves(now);
    const losses = this.#rounds.takeSuspects(now).map((direction): LossWatch => {
      return {
        from: direction.from.dpid,
        to: direction.to.dpid,
        since: direction.silentSince,
        direction,
      };
    });
    const { probes, decisions } = this.#agenda;
    for (let port = decisions.take(now); port; port = decisions.take(now)) {
      if (port.owner.ready) this.#concludeSilence(port);
    }
    const silences: SilenceWatch[] = [];
    const asked = new Map<Dpid, { port: ProbedPort; run: number }[]>();
    for (let left = limit; left > 0; left--) {
      const port = probes.take(now);
      if (!port) break;
      if (!port.owner.ready || !this.#probe(port, now, send)) continue;
      const { dpid, run, runSince: since } = port;
      const others = this.#adjacency.wentDown(port).map((other) => other.dpid);
      const unmanaged = this.#unmanaged.behind(port);
      // A port that waits for other switches must not delay the ports that came up with it.
      if (others.length > 0 || unmanaged.length > 0) {
        silences.push({ dpid, ports: [{ port, run }], others, unmanaged, since });
        continue;
      }
      const ports = asked.get(dpid) ?? [];
      ports.push({ port, run });
      asked.set(dpid, ports);
    }
    for (const [dpid, ports] of asked) {
      silences.push({ dpid, ports, others: [], unmanaged: [], since: now });
    }
    return { silences, losses };
  }

  /** When `tick` is due next; Infinity: not before the next event. */
  nextDue(now: number): number {
    const isWaiting = this.#adjacency.hasHalves || this.#rounds.hasSuspects;
    const { probes, decisions } = this.#agenda;
    return Math.min(isWaiting ? now + POLL_MS : Infinity, probes.next, decisions.next);
  }

  /** A silence watch is confirmed: silence from now on means that no switch is behind the ports. */
  silent({ ports }: SilenceWatch, now: number): void {
    for (const { port, run } of ports) {
      if (port.run === run && port.mayProbe) port.decideAt = now + SILENCE_MS;
    }
  }

  /** A loss watch is confirmed: the direction is lost, unless a probe has come through meanwhile. */
  lost({ direction }: LossWatch, now: number): void {
    if (!this.#rounds.isSuspect(direction)) return;
    this.#adjacency.lose(direction, now);
    this.#probeAgain(direction.from, now);
    this.#probeAgain(direction.to, now);
  }

  /** A signed probe arrived at a port. */
  heard(at: PortAt, probe: Probe, now: number): ProbeReception {
    const to = this.#switches.get(at.dpid)?.ports.get(at.port);
    const from = this.#switches.get(probe.dpid)?.ports.get(probe.port);
    if (!from || !this.#rounds.mayArrive(from, probe, now)) return "stale";
    if (!this.#switches.has(at.dpid)) {
      this.#heardByUnmanaged(from, at.dpid);
      return "accepted";
    }
    // A probe at a port that has just gone down was in flight before that.
    if (!to?.up || !from.up) return "accepted";
    const isDoubtful = from.isProvenEdge && to.isProvenEdge;
    const orphans = this.#adjacency.hear(from, to, now, { isDoubtful });
    if (!orphans) return "accepted";
    from.forgetEdge();
    to.forgetEdge();
    for (const port of orphans) this.#probeAgain(port, now);
    to.hurry(now);
    from.hurry(now);
    return "accepted";
  }

  /** An unmanaged switch hands over a probe: it still has OpenVTAP's rules, and floods by them. */
  #heardByUnmanaged(from: ProbedPort, dpid: Dpid): void {
    if (!from.up) return;
    this.#unmanaged.note(from, dpid);
    from.decideAt = Infinity;
    if (!from.isEdge) return;
    from.forgetEdge();
    this.#touch(from);
  }

  /** Whether `discovered` may have changed. */
  get hasChanged(): boolean {
    return this.#touched.size > 0;
  }

  /** The current result; the same object while nothing changes. */
  get discovered(): Discovered {
    if (this.#touched.size === 0) return this.#discovered;
    for (const dpid of this.#touched) this.#countProbing(dpid);
    this.#touched.clear();
    this.#discovered = { links: this.#adjacency.links(), probing: new Map(this.#probing) };
    return this.#discovered;
  }

  /** What to store of the switches whose memory has changed since the last call. */
  takeMemories(): DiscoveryMemory[] {
    const dpids = [...this.#unsaved];
    this.#unsaved.clear();
    return dpids.map((dpid) => this.#memoryOf(dpid));
  }

  #addSwitch(dpid: Dpid): ProbedSwitch {
    const agenda = this.#agenda;
    const owner = { dpid, ready: false, unable: false, ports: new Map(), agenda };
    this.#switches.set(dpid, owner);
    this.#unmanaged.forgetSwitch(dpid);
    return owner;
  }

  #addPort(owner: ProbedSwitch, { no, up, silent, isNamed }: WatchedPort, now: number): void {
    const port = new ProbedPort(owner, no);
    port.up = up;
    port.silent = silent;
    port.isNamed = isNamed;
    owner.ports.set(no, port);
    this.#restorePort(port, now);
    port.beginFast(now);
    this.#touch(port);
  }

  /** Applies the stored memory to a port that exists when the controller starts. */
  #restorePort(port: ProbedPort, now: number): void {
    const memory = this.#remembered.get(port.dpid);
    if (!memory || !port.up) return;
    port.isEdge = memory.edges.includes(port.no);
    for (const { port: no, peer, isDoubtful = false } of memory.links) {
      const other = this.#switches.get(peer.dpid)?.ports.get(peer.port);
      if (no !== port.no || !other?.up) continue;
      this.#adjacency.hear(port, other, now, { believed: true, isDoubtful });
      this.#adjacency.hear(other, port, now, { believed: true, isDoubtful });
    }
  }

  #changePort(port: ProbedPort, { up, silent, isNamed }: WatchedPort, now: number): void {
    const wasNamed = port.isNamed;
    port.isNamed = isNamed;
    if (port.silent !== silent) {
      port.silent = silent;
      if (silent) port.rest();
      else {
        port.isEdge ||= wasNamed && this.#isEdgeByName(port);
        port.beginFast(now);
      }
      this.#touch(port);
    }
    if (port.up === up) return;
    port.up = up;
    port.forgetEdge();
    if (up) port.beginFast(now);
    else this.#portDown(port, now);
    this.#touch(port);
  }

  /** An edge because a host is named there: it was never probed, and nothing suggests a switch behind it. */
  #isEdgeByName(port: ProbedPort): boolean {
    const isLinked = port.neighbours.size > 0 || this.#unmanaged.behind(port).length > 0;
    return port.up && !isLinked && !this.#mayBeLinked(port);
  }

  #portDown(port: ProbedPort, now: number): void {
    port.rest();
    this.#unmanaged.clear(port);
    for (const other of this.#adjacency.portDown(port, now)) this.#probeAgain(other, now);
  }

  #removePort(owner: ProbedSwitch, no: PortNo, now: number): void {
    const port = owner.ports.get(no);
    if (!port) return;
    this.#portDown(port, now);
    this.#adjacency.clear(port);
    owner.ports.delete(no);
    this.#touch(port);
  }

  /** The neighbour at the other end is gone: probes again for a new one. */
  #probeAgain(port: ProbedPort, now: number): void {
    if (!port.up || port.neighbours.size > 0) return;
    port.forgetEdge();
    port.beginFast(now);
    this.#touch(port);
  }

  /** True when the port is to be watched for silence from now on. */
  #probe(port: ProbedPort, now: number, send: (probe: Probe) => boolean): boolean {
    const isUnknown = !port.isEdge && port.neighbours.size === 0 && port.decideAt === Infinity;
    // The switch has not confirmed in time, so no pending watch would settle the port.
    if (port.isSteady && isUnknown && now - port.askedAt >= CONFIRM_TIMEOUT_MS) port.beginFast(now);
    return this.#rounds.send(port, now, send) === "last";
  }

  #concludeSilence(port: ProbedPort): void {
    port.decideAt = Infinity;
    if (port.neighbours.size > 0 || this.#mayBeLinked(port)) return;
    port.isProvenEdge = true;
    if (port.isEdge) return;
    // A link that went down here no longer leads from this port.
    this.#adjacency.clear(port);
    this.#unmanaged.clear(port);
    port.isEdge = true;
    this.#touch(port);
  }

  /**
   * Whether a switch that is disconnected now was behind the port: it may still be there with the same
   * cable, and flood the port as before.
   */
  #mayBeLinked(port: ProbedPort): boolean {
    return this.#adjacency.wentDown(port).some(({ owner }) => !owner.ready && !owner.unable);
  }

  #touch(port: ProbedPort): void {
    this.#touched.add(port.dpid);
    this.#unsaved.add(port.dpid);
  }

  #countProbing(dpid: Dpid): void {
    const owner = this.#switches.get(dpid);
    const ports = new Set<PortNo>();
    for (const port of owner?.unable ? [] : (owner?.ports.values() ?? [])) {
      if (!port.isEdge && !this.#adjacency.isLinkPort(port)) ports.add(port.no);
    }
    const before = this.#probing.get(dpid);
    if (before?.size === ports.size && [...ports].every((no) => before.has(no))) return;
    if (ports.size > 0) this.#probing.set(dpid, ports);
    else this.#probing.delete(dpid);
  }

  #memoryOf(dpid: Dpid): DiscoveryMemory {
    const edges: PortNo[] = [];
    const links: RememberedLink[] = [];
    for (const port of this.#switches.get(dpid)?.ports.values() ?? []) {
      const link = this.#adjacency.inUse(port);
      if (link) {
        const { peer, isDoubtful } = link;
        const doubt = isDoubtful ? { isDoubtful } : {};
        links.push({ port: port.no, peer: placeOf(peer), ...doubt });
      } else if (port.isEdge || (port.isNamed && this.#isEdgeByName(port))) edges.push(port.no);
    }
    return { dpid, edges: edges.sort((x, y) => x - y), links };
  }
}
