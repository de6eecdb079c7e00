import type { Dpid, PortNo } from "../dpid.ts";
import type { PortAt } from "../port-at.ts";
import { Adjacency, placeOf } from "./adjacency.ts";
import {
  type Discovered,
  type DiscoveryMemory,
  NOTHING_DISCOVERED,
  type RememberedLink,
} from "./discovered.ts";
import type { HostQuestions, LossWatch, SilenceWatch } from "./host-arp-probes.ts";
import type { Probe } from "./probe.ts";
import { ProbeRounds } from "./probe-rounds.ts";
import { ProbedPort, type ProbedSwitch } from "./probed-port.ts";
import { UnmanagedSwitches } from "./unmanaged-switches.ts";

/** Time from the switch's word that it has sent the last fast probe, in milliseconds. */
const SILENCE_MS = 500;
/** How long a switch may take to confirm that probes have left, in milliseconds. */
const ASK_AGAIN_MS = 3_000;
/** How often what waits without a time of its own is looked at, in milliseconds. */
const LOOK_AGAIN_MS = 100;

export interface LinkDiscoveryOptions {
  /** From one steady probe of a port to the next, in milliseconds. */
  readonly intervalMs: number;
  /** Stands for this life of the controller: random. */
  readonly epoch: bigint;
}

/** A port as link discovery is told of it. */
export interface WatchedPort {
  readonly no: PortNo;
  readonly up: boolean;
  /** No probes are to leave by it. */
  readonly silent: boolean;
}

/** What is made of a probe that came in. */
export type Hearing =
  | "accepted"
  /** Signed by us, but not one of those that may be on their way: somebody played it again. */
  | "stale";

/**
 * Finds the links between switches from probes that come in. A value over time: it is told what
 * happens and when, on a clock that never goes back, and says what to send and what it knows.
 *
 * A port that comes up is *probing*: probes leave at once, after 150 and after 500 ms; when the switch
 * has confirmed that it sent them and half a second later none was heard anywhere, the port is an
 * *edge*. Where one is heard, both ports are ends of a link (see {@link Adjacency}) from that moment
 * on. Every port goes on sending steady probes: three in a row that do not come through end a way.
 *
 * Two ports that are joined do not both become edges: each would have to send three probes that its
 * switch confirms and that the other's switch, which hands over probes, does not. A switch that is
 * slow delays its own ports only: its probes wait where its confirmation waits.
 *
 * Nothing is concluded from silence while one of the two switches is not `ready`, nor before both have
 * answered a question that was asked after the last probe: a switch whose connection has died is taken
 * to be there until the keepalive knows better, and goes on forwarding.
 */
export class LinkDiscovery {
  readonly #rounds: ProbeRounds;
  readonly #switches = new Map<Dpid, ProbedSwitch>();
  readonly #adjacency = new Adjacency((port) => this.#touch(port));
  readonly #strangers = new UnmanagedSwitches();
  readonly #remembered = new Map<Dpid, DiscoveryMemory>();
  readonly #touched = new Set<Dpid>();
  readonly #unwritten = new Set<Dpid>();
  readonly #probing = new Map<Dpid, ReadonlySet<PortNo>>();
  #discovered: Discovered = NOTHING_DISCOVERED;

  constructor(options: LinkDiscoveryOptions) {
    this.#rounds = new ProbeRounds(options);
  }

  /** Believes what was known when the controller ended, until it is proven otherwise. */
  restore(memories: Iterable<DiscoveryMemory>): void {
    for (const memory of memories) this.#remembered.set(memory.dpid, memory);
  }

  /** A switch takes part, with these ports; or its ports are others now. */
  setPorts(dpid: Dpid, ports: Iterable<WatchedPort>, now: number): void {
    const owner = this.#switches.get(dpid) ?? this.#addSwitch(dpid);
    const gone = new Set(owner.ports.keys());
    for (const watched of ports) {
      gone.delete(watched.no);
      const port = owner.ports.get(watched.no);
      if (!port) this.#addPort(owner, watched, now);
      else this.#changePort(port, watched, now);
    }
    for (const no of gone) this.#removePort(owner, no, now);
    this.#remembered.delete(dpid);
  }

  /**
   * A switch takes part no more. `keepsRules`: it is there all the same, and floods as it did: the ports
   * that lead to it are no edges.
   */
  remove(dpid: Dpid, now: number, { keepsRules = false } = {}): void {
    const owner = this.#switches.get(dpid);
    if (!owner) return;
    for (const { neighbours } of keepsRules ? owner.ports.values() : []) {
      for (const other of neighbours) this.#strangers.note(other, dpid);
    }
    for (const no of [...owner.ports.keys()]) this.#removePort(owner, no, now);
    this.#switches.delete(dpid);
    this.#touched.add(dpid);
    this.#unwritten.add(dpid);
  }

  /** A switch is connected and hands over probes. */
  ready(dpid: Dpid, now: number): void {
    const owner = this.#switches.get(dpid);
    if (!owner || owner.ready) return;
    owner.ready = true;
    owner.unable = false;
    for (const port of owner.ports.values()) {
      for (const way of [...port.hears.values(), ...port.heardAt.values()]) way.missed = 0;
      port.beginFast(now);
      this.#touch(port);
    }
  }

  /** A switch is away, or does not hand over probes: what is known of it stays. */
  away(dpid: Dpid): void {
    const owner = this.#switches.get(dpid);
    if (!owner) return;
    owner.ready = false;
    for (const port of owner.ports.values()) {
      port.rest();
      // It may go down and come up unseen.
      port.isProvenEdge = false;
    }
  }

  /** A switch refuses to hand over probes: its ports are what they were without discovery. */
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
   * Does what is due. What it returns is to be asked, all of it after this.
   * @param send has a probe sent; false when it was not, it is then due again soon
   * @param limit how many probes at most
   */
  tick(now: number, send: (probe: Probe) => boolean, limit = Infinity): HostQuestions {
    this.#adjacency.settleHalves(now);
    const losses = this.#rounds.takeSuspects(now).map((way): LossWatch => {
      return { from: way.from.dpid, to: way.to.dpid, since: way.silentSince, way };
    });
    let left = limit;
    const silences: SilenceWatch[] = [];
    for (const { dpid, ready, ports } of this.#switches.values()) {
      if (!ready) continue;
      const asked: { port: ProbedPort; run: number }[] = [];
      for (const port of ports.values()) {
        if (port.decideAt <= now) this.#decide(port);
        if (port.due > now || left <= 0) continue;
        left--;
        if (!this.#probe(port, now, send)) continue;
        const others = this.#adjacency.wentDown(port).map((other) => other.dpid);
        const strangers = this.#strangers.behind(port);
        // Who waits for others delays none of the ports that came up together with him.
        const { run, runSince: since } = port;
        const waits = others.length > 0 || strangers.length > 0;
        if (waits) silences.push({ dpid, ports: [{ port, run }], others, strangers, since });
        else asked.push({ port, run });
      }
      const nobody = { others: [], strangers: [] };
      if (asked.length > 0) silences.push({ dpid, ports: asked, ...nobody, since: now });
    }
    return { silences, losses };
  }

  /** When `tick` has something to do again; Infinity: not before something happens. */
  nextDue(now: number): number {
    const isWaiting = this.#adjacency.hasHalves || this.#rounds.hasSuspects;
    let next = isWaiting ? now + LOOK_AGAIN_MS : Infinity;
    for (const { ready, ports } of this.#switches.values()) {
      if (!ready) continue;
      for (const { due, decideAt } of ports.values()) next = Math.min(next, due, decideAt);
    }
    return next;
  }

  /** All that a watch asks for is confirmed: silence from now on is the answer. */
  silent({ ports }: SilenceWatch, now: number): void {
    for (const { port, run } of ports) {
      if (port.run === run && port.mayProbe) port.decideAt = now + SILENCE_MS;
    }
  }

  /** All that a watch asks for is confirmed: the way is no more, unless a probe came through meanwhile. */
  lost({ way }: LossWatch, now: number): void {
    if (!this.#rounds.isSuspect(way)) return;
    this.#adjacency.lose(way, now);
    this.#ask(way.from, now);
    this.#ask(way.to, now);
  }

  /** A probe of ours came in at a port. */
  heard(at: PortAt, probe: Probe, now: number): Hearing {
    const to = this.#switches.get(at.dpid)?.ports.get(at.port);
    const from = this.#switches.get(probe.dpid)?.ports.get(probe.port);
    if (!from || !this.#rounds.mayArrive(from, probe, now)) return "stale";
    if (!this.#switches.has(at.dpid)) {
      this.#heardByStranger(from, at.dpid);
      return "accepted";
    }
    // What comes in by a port that has just gone down was on its way before that.
    if (!to?.up || !from.up) return "accepted";
    const isDoubtful = from.isProvenEdge && to.isProvenEdge;
    const orphans = this.#adjacency.hear(from, to, now, { isDoubtful });
    if (!orphans) return "accepted";
    from.forgetEdge();
    to.forgetEdge();
    for (const port of orphans) this.#ask(port, now);
    to.hurry(now);
    from.hurry(now);
    return "accepted";
  }

  /** A switch that is not ours hands over our probes: it has rules of ours, and floods by them. */
  #heardByStranger(from: ProbedPort, dpid: Dpid): void {
    if (!from.up) return;
    this.#strangers.note(from, dpid);
    from.decideAt = Infinity;
    if (!from.isEdge) return;
    from.forgetEdge();
    this.#touch(from);
  }

  /** Whether `discovered` may be something else than it was. */
  get hasChanged(): boolean {
    return this.#touched.size > 0;
  }

  /** What is known now; the same object while nothing is different. */
  get discovered(): Discovered {
    if (this.#touched.size === 0) return this.#discovered;
    for (const dpid of this.#touched) this.#countProbing(dpid);
    this.#touched.clear();
    this.#discovered = { links: this.#adjacency.links(), probing: new Map(this.#probing) };
    return this.#discovered;
  }

  /** What is to be remembered of the switches where it is different from the last time. */
  takeMemories(): DiscoveryMemory[] {
    const dpids = [...this.#unwritten];
    this.#unwritten.clear();
    return dpids.map((dpid) => this.#memoryOf(dpid));
  }

  #addSwitch(dpid: Dpid): ProbedSwitch {
    const owner = { dpid, ready: false, unable: false, ports: new Map() };
    this.#switches.set(dpid, owner);
    this.#strangers.isOurs(dpid);
    return owner;
  }

  #addPort(owner: ProbedSwitch, { no, up, silent }: WatchedPort, now: number): void {
    const port = new ProbedPort(owner, no);
    port.up = up;
    port.silent = silent;
    owner.ports.set(no, port);
    this.#recall(port, now);
    port.beginFast(now);
    this.#touch(port);
  }

  /** What is remembered is believed of the ports that are there when we start. */
  #recall(port: ProbedPort, now: number): void {
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

  #changePort(port: ProbedPort, { up, silent }: WatchedPort, now: number): void {
    if (port.silent !== silent) {
      port.silent = silent;
      if (silent) port.rest();
      else {
        port.isEdge ||= this.#isEdgeByName(port);
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

  /** An edge because a host is named there: it was never asked, and nothing says that it leads to a switch. */
  #isEdgeByName(port: ProbedPort): boolean {
    const isLinked = port.neighbours.size > 0 || this.#strangers.behind(port).length > 0;
    return port.up && !isLinked && !this.#mayBeLinked(port);
  }

  #portDown(port: ProbedPort, now: number): void {
    port.rest();
    this.#strangers.clear(port);
    for (const other of this.#adjacency.portDown(port, now)) this.#ask(other, now);
  }

  #removePort(owner: ProbedSwitch, no: PortNo, now: number): void {
    const port = owner.ports.get(no);
    if (!port) return;
    this.#portDown(port, now);
    this.#adjacency.clear(port);
    owner.ports.delete(no);
    this.#touch(port);
  }

  /** What was at the other end is not there any more: what is? */
  #ask(port: ProbedPort, now: number): void {
    if (!port.up || port.neighbours.size > 0) return;
    port.forgetEdge();
    port.beginFast(now);
    this.#touch(port);
  }

  /** True when silence is to be watched for from now on. */
  #probe(port: ProbedPort, now: number, send: (probe: Probe) => boolean): boolean {
    const isUnknown = !port.isEdge && port.neighbours.size === 0 && port.decideAt === Infinity;
    // As when the switch did not confirm: nothing is under way that would tell.
    if (port.isSteady && isUnknown && now - port.askedAt >= ASK_AGAIN_MS) port.beginFast(now);
    return this.#rounds.send(port, now, send) === "last";
  }

  #decide(port: ProbedPort): void {
    port.decideAt = Infinity;
    if (port.neighbours.size > 0 || this.#mayBeLinked(port)) return;
    port.isProvenEdge = true;
    if (port.isEdge) return;
    // What went down here is not at this port any more.
    this.#adjacency.clear(port);
    this.#strangers.clear(port);
    port.isEdge = true;
    this.#touch(port);
  }

  /**
   * Whether a switch was behind the port that is away: it may be there again, with the cable as it was,
   * and floods it as it did before.
   */
  #mayBeLinked(port: ProbedPort): boolean {
    return this.#adjacency.wentDown(port).some(({ owner }) => !owner.ready && !owner.unable);
  }

  #touch(port: ProbedPort): void {
    this.#touched.add(port.dpid);
    this.#unwritten.add(port.dpid);
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
      } else if (port.isEdge || (port.silent && this.#isEdgeByName(port))) edges.push(port.no);
    }
    return { dpid, edges: edges.sort((x, y) => x - y), links };
  }
}
