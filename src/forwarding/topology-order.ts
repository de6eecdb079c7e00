// SPDX-License-Identifier: Apache-2.0
import type {
  ClosedEnd,
  FarEnd,
  FlowKey,
  FlowSpec,
  ForwardingOrder,
  PathStep,
  PathToHost,
} from "../flow-model/index.ts";
import type { Dpid, Link, PortAt, PortNo, Topology } from "../topology/index.ts";
import { FLOOD_KEY, hostKey, hostOf, linkDropKey } from "./compile-forwarding.ts";

/** A switch's parent in its part of the tree. */
interface TreeParent {
  readonly port: PortNo;
  readonly parent: PortAt;
  readonly depth: number;
}

/**
 * The order of base forwarding for a topology, computed on first use.
 *
 * Problem: switches change one by one. While some flood along the old tree and some along the new
 * one, a broadcast frame can loop; so can a frame for a host that meets old and new paths.
 *
 * Solution for hosts: a switch changes to the new path only after every switch on that path has done
 * so and accepts frames that enter by it (a link that was down stays shut until the switch at its end
 * has confirmed). So a frame that reaches a switch on its new path follows new paths from there on and
 * arrives; before that, it follows the old paths, which also lead to the host. It changes over at most
 * once: it neither gets lost nor loops. The original of a tapped frame follows the same order, and
 * other switches wait for it: the argument holds separately for every kind of frame (by all fields
 * that taps match), as a switch is ready only when all its entries for the host are.
 *
 * Solution for floods: a link joins the active tree only when every link outside the new tree whose
 * cycle through the new tree contains it is closed. Then the active links never contain a cycle: each
 * cycle has links outside the tree and is the sum of their cycles, so every tree link on it lies on the
 * cycle of one of them; the last tree link that joined it did so only when that one was closed. This
 * holds from any initial state, however often the tree changed: it depends on what switches do, not on
 * earlier trees.
 *
 * A link is closed when one of its ends neither sends nor accepts floods, so a switch that does not
 * respond delays no switch whose neighbours do.
 */
export class TopologyOrder implements ForwardingOrder {
  readonly floodKey = FLOOD_KEY;
  readonly #topology: Topology;
  /** Paths by their ends: hosts of one switch share them. */
  readonly #paths = new Map<string, readonly PathStep[]>();
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

  pathToHost(dpid: string, entry: FlowSpec): PathToHost | undefined {
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

  #stepsTo(to: Dpid, from: string): readonly PathStep[] {
    const ends = `${from} ${to}`;
    const known = this.#paths.get(ends);
    if (known) return known;
    const path = this.#topology.path(from as Dpid, to)?.slice(1) ?? [];
    const steps = path.flatMap(({ dpid, inPort }): PathStep[] => {
      // A switch that OpenVTAP does not program has no entry to wait for.
      if (inPort === undefined || !this.#programs(dpid)) return [];
      return [{ dpid, inPort, shut: linkDropKey(inPort, "blocked") }];
    });
    this.#paths.set(ends, steps);
    return steps;
  }

  #compute(): Map<string, (readonly ClosedEnd[])[]> {
    const parents = this.#treeParents();
    const before = new Map<string, (readonly ClosedEnd[])[]>();
    for (const link of this.#topology.links) {
      const ends = this.#closable(link);
      if (ends.length === 0) continue;
      for (const end of treePath(parents, link.a.dpid, link.b.dpid)) {
        const key = `${end.dpid}/${end.port}`;
        const known = before.get(key);
        if (known) known.push(ends);
        else before.set(key, [ends]);
      }
    }
    return before;
  }

  #programs(dpid: Dpid): boolean {
    const found = this.#topology.switches.get(dpid);
    return found?.forwarding === "paths" && found.programmed;
  }

  /** The ends of a link outside the tree that base forwarding can close. */
  #closable({ a, b }: Link): ClosedEnd[] {
    return [a, b].flatMap(({ dpid, port }) => {
      if (port === undefined || !this.#programs(dpid)) return [];
      const role = this.#topology.linkRole(dpid, port);
      if (role === undefined || role === "tree") return [];
      return [{ dpid, port, drop: linkDropKey(port, role) }];
    });
  }

  /** Every switch's parent in its part of the tree; undefined for a root. */
  #treeParents(): Map<Dpid, TreeParent | undefined> {
    const parents = new Map<Dpid, TreeParent | undefined>();
    for (const root of this.#topology.switches.keys()) {
      if (parents.has(root)) continue;
      parents.set(root, undefined);
      const queue = [root];
      for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
        const depth = (parents.get(at)?.depth ?? 0) + 1;
        for (const [port, role] of this.#topology.linkRoles(at)) {
          const peer = role === "tree" ? this.#topology.peer(at, port) : undefined;
          if (!peer || parents.has(peer.dpid)) continue;
          parents.set(peer.dpid, { port: peer.port, parent: { dpid: at, port }, depth });
          queue.push(peer.dpid);
        }
      }
    }
    return parents;
  }
}

/** By switch and port, including links that are down: a removed port keeps its number. */
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
function treePath(
  parents: ReadonlyMap<Dpid, TreeParent | undefined>,
  from: Dpid,
  to: Dpid,
): PortAt[] {
  const ends: PortAt[] = [];
  let [x, y] = [from, to];
  while (x !== y) {
    const depth = (dpid: Dpid) => parents.get(dpid)?.depth ?? 0;
    // Go from the deeper switch to its parent, until both meet.
    if (depth(x) < depth(y)) [x, y] = [y, x];
    const parent = parents.get(x);
    if (!parent) return [];
    ends.push({ dpid: x, port: parent.port }, parent.parent);
    x = parent.parent.dpid;
  }
  return ends;
}
