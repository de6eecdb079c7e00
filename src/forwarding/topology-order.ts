import type {
  ClosedEnd,
  FarEnd,
  FlowKey,
  FlowSpec,
  ForwardingOrder,
  WayOn,
  WayStep,
} from "../flow-model/index.ts";
import type { Dpid, Link, PortAt, PortNo, Topology } from "../topology/index.ts";
import { FLOOD_KEY, hostKey, hostOf, linkDropKey } from "./compile-forwarding.ts";

/** A switch's way to the root of its part of the tree. */
interface Rise {
  readonly port: PortNo;
  readonly parent: PortAt;
  readonly depth: number;
}

/**
 * The order of base forwarding for a topology, worked out when it is first asked for.
 *
 * Problem: switches change one by one. While some flood along the old tree and some along the new
 * one, a broadcast can go round a loop; so can a frame for a host that meets old and new ways.
 *
 * Solution for hosts: a switch takes the new way when every switch on it has, and lets in what comes
 * by it (a link that was down is shut until its end says otherwise). So a frame that meets
 * a switch on its new way is on new ways from there on, and gets there; until it does, it is on the
 * old ways, which lead there, too. It changes over at most once: it neither gets lost nor goes round.
 * The original of a tapped frame keeps to the same, and others wait for it: for every kind of frame
 * (by all that taps tell frames apart by) the argument holds on its own, as a switch is ready only
 * when all its entries for the host are.
 *
 * Solution for floods: a link joins the tree in use only when every link outside the new tree is closed whose
 * cycle through the new tree it lies on. Then the links in use never hold a cycle: each cycle has
 * links outside the tree and is the sum of theirs, so every tree link on it lies on the cycle of one
 * of them; the last tree link that joined it did so only when that one was closed. This holds from
 * whatever state, however often the tree changed on the way there: it looks at what switches do, not
 * at what the tree was before.
 *
 * A link is closed when one of its ends neither sends floods there nor takes any in, so a switch
 * that does not answer holds up nobody whose neighbours do.
 */
export class TopologyOrder implements ForwardingOrder {
  readonly floodKey = FLOOD_KEY;
  readonly #topology: Topology;
  /** Ways by their ends: hosts of one switch share them. */
  readonly #ways = new Map<string, readonly WayStep[]>();
  readonly #hostKeys = new Map<number, FlowKey>();
  #before: Map<string, (readonly ClosedEnd[])[]> | undefined;
  #far: ReadonlyMap<string, FarEnd> | undefined;

  constructor(topology: Topology) {
    this.#topology = topology;
  }

  before(dpid: string, port: number): readonly (readonly ClosedEnd[])[] {
    this.#before ??= this.#compute();
    return this.#before.get(`${dpid}/${port}`) ?? [];
  }

  wayOn(dpid: string, entry: FlowSpec): WayOn | undefined {
    const mac = hostOf(entry);
    const to = mac === undefined ? undefined : this.#topology.hostByMac(mac)?.dpid;
    if (mac === undefined || to === undefined || to === dpid) return undefined;
    return { to, mac, key: this.hostKey(mac), steps: this.#stepsTo(to, dpid) };
  }

  hostKey(mac: number): FlowKey {
    const known = this.#hostKeys.get(mac) ?? hostKey(mac);
    this.#hostKeys.set(mac, known);
    return known;
  }

  far(dpid: string, port: number): FarEnd | undefined {
    this.#far ??= farEnds(this.#topology.links);
    return this.#far.get(`${dpid}/${port}`);
  }

  #stepsTo(to: Dpid, from: string): readonly WayStep[] {
    const ends = `${from} ${to}`;
    const known = this.#ways.get(ends);
    if (known) return known;
    const way = this.#topology.path(from as Dpid, to)?.slice(1) ?? [];
    const steps = way.flatMap(({ dpid, inPort }): WayStep[] => {
      // Who forwards by itself has no entry to wait for.
      if (inPort === undefined || !this.#isOurs(dpid)) return [];
      return [{ dpid, inPort, shut: linkDropKey(inPort, "blocked") }];
    });
    this.#ways.set(ends, steps);
    return steps;
  }

  #compute(): Map<string, (readonly ClosedEnd[])[]> {
    const rises = this.#rises();
    const before = new Map<string, (readonly ClosedEnd[])[]>();
    for (const link of this.#topology.links) {
      const ends = this.#closable(link);
      if (ends.length === 0) continue;
      for (const end of treePath(rises, link.a.dpid, link.b.dpid)) {
        const key = `${end.dpid}/${end.port}`;
        const known = before.get(key);
        if (known) known.push(ends);
        else before.set(key, [ends]);
      }
    }
    return before;
  }

  #isOurs(dpid: Dpid): boolean {
    const found = this.#topology.switches.get(dpid);
    return found?.forwarding === "paths" && found.programmed;
  }

  /** The ends of a link outside the tree that base forwarding can close. */
  #closable({ a, b }: Link): ClosedEnd[] {
    return [a, b].flatMap(({ dpid, port }) => {
      if (port === undefined || !this.#isOurs(dpid)) return [];
      const role = this.#topology.linkRole(dpid, port);
      if (role === undefined || role === "tree") return [];
      return [{ dpid, port, drop: linkDropKey(port, role) }];
    });
  }

  /** Every switch's way to the root of its part of the tree; a root has none. */
  #rises(): Map<Dpid, Rise | undefined> {
    const rises = new Map<Dpid, Rise | undefined>();
    for (const root of this.#topology.switches.keys()) {
      if (rises.has(root)) continue;
      rises.set(root, undefined);
      const queue = [root];
      for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
        const depth = (rises.get(at)?.depth ?? 0) + 1;
        for (const [port, role] of this.#topology.linkPorts(at)) {
          const peer = role === "tree" ? this.#topology.peer(at, port) : undefined;
          if (!peer || rises.has(peer.dpid)) continue;
          rises.set(peer.dpid, { port: peer.port, parent: { dpid: at, port }, depth });
          queue.push(peer.dpid);
        }
      }
    }
    return rises;
  }
}

/** By switch and port, of links that are down, too: a port that is gone keeps its number. */
function farEnds(links: readonly Link[]): ReadonlyMap<string, FarEnd> {
  const far = new Map<string, FarEnd>();
  const portOf = ({ port, written }: Link["a"]) =>
    port ?? (typeof written === "number" ? written : undefined);
  for (const { a, b, up } of links) {
    const [aPort, bPort] = [portOf(a), portOf(b)];
    if (aPort === undefined || bPort === undefined) continue;
    far.set(`${a.dpid}/${aPort}`, { dpid: b.dpid, port: bPort, up });
    far.set(`${b.dpid}/${bPort}`, { dpid: a.dpid, port: aPort, up });
  }
  return far;
}

/** The ends of the tree links between two switches; none when the tree does not join them. */
function treePath(rises: ReadonlyMap<Dpid, Rise | undefined>, from: Dpid, to: Dpid): PortAt[] {
  const ends: PortAt[] = [];
  let [x, y] = [from, to];
  while (x !== y) {
    const depth = (dpid: Dpid) => rises.get(dpid)?.depth ?? 0;
    // The deeper one rises, until they meet.
    if (depth(x) < depth(y)) [x, y] = [y, x];
    const rise = rises.get(x);
    if (!rise) return [];
    ends.push({ dpid: x, port: rise.port }, rise.parent);
    x = rise.parent.dpid;
  }
  return ends;
}
