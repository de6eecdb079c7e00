// SPDX-License-Identifier: Apache-2.0
import type { Dpid, PortNo } from "../dpid.ts";
import { MinHeap } from "./min-heap.ts";

/** A usable link between two nodes of the graph. */
export interface Edge {
  readonly a: { readonly dpid: Dpid; readonly port: PortNo };
  readonly b: { readonly dpid: Dpid; readonly port: PortNo };
  readonly weight: number;
}

interface Neighbour {
  readonly index: number;
  /** The port toward the neighbour. */
  readonly port: PortNo;
  readonly weight: number;
}

/** Paths of every switch toward one destination: distances and next ports by node index. */
interface DestinationTree {
  readonly distance: Float64Array;
  readonly next: readonly (Neighbour | undefined)[];
}

/**
 * Shortest paths over weighted links.
 *
 * Routes are computed per destination, as hop-by-hop forwarding uses them: the next hop of a switch
 * is a neighbour strictly nearer to the destination, so the independent choices of the switches cannot
 * loop. Of several shortest paths a switch takes the neighbour with the lowest dpid, then its own
 * lowest port; so the choice depends on the links alone, not on the order they are given in.
 */
export class Graph {
  readonly #dpids: readonly Dpid[];
  readonly #indexes: ReadonlyMap<Dpid, number>;
  readonly #neighbours: readonly (readonly Neighbour[])[];
  readonly #trees = new Map<number, DestinationTree>();

  constructor(dpids: Iterable<Dpid>, edges: Iterable<Edge>) {
    this.#dpids = [...dpids].sort();
    this.#indexes = new Map(this.#dpids.map((dpid, index) => [dpid, index]));
    const neighbours: Neighbour[][] = this.#dpids.map(() => []);
    for (const { a, b, weight } of edges) {
      const [from, to] = [this.#indexes.get(a.dpid), this.#indexes.get(b.dpid)];
      if (from === undefined || to === undefined || from === to) continue;
      neighbours[from]?.push({ index: to, port: a.port, weight });
      neighbours[to]?.push({ index: from, port: b.port, weight });
    }
    // Sorted, so that the first of equally near neighbours wins the tie-break.
    for (const list of neighbours) list.sort((x, y) => x.index - y.index || x.port - y.port);
    this.#neighbours = neighbours;
  }

  /** The port of `from` toward `to`; undefined when there is no path, or when they are the same. */
  nextHop(from: Dpid, to: Dpid): PortNo | undefined {
    return this.#next(from, to)?.port;
  }

  /** The switch after `from` on the path to `to`. */
  nextSwitch(from: Dpid, to: Dpid): Dpid | undefined {
    const next = this.#next(from, to);
    return next && this.#dpids[next.index];
  }

  /** Sum of the weights on the path; undefined when there is none. */
  distance(from: Dpid, to: Dpid): number | undefined {
    const [source, destination] = [this.#indexes.get(from), this.#indexes.get(to)];
    if (source === undefined || destination === undefined) return undefined;
    const distance = this.#treeTo(destination).distance[source];
    return distance === undefined || distance === Infinity ? undefined : distance;
  }

  #next(from: Dpid, to: Dpid): Neighbour | undefined {
    const [source, destination] = [this.#indexes.get(from), this.#indexes.get(to)];
    if (source === undefined || destination === undefined) return undefined;
    return this.#treeTo(destination).next[source];
  }

  #treeTo(destination: number): DestinationTree {
    const known = this.#trees.get(destination);
    if (known) return known;
    const distance = this.#distancesTo(destination);
    const next = this.#neighbours.map((neighbours, index) =>
      index === destination
        ? undefined
        : neighbours.find(
            (each) =>
              distance[index] !== Infinity &&
              (distance[each.index] ?? Infinity) + each.weight === distance[index],
          ),
    );
    const tree = { distance, next };
    this.#trees.set(destination, tree);
    return tree;
  }

  /** Dijkstra from the destination: links cost the same in both directions. */
  #distancesTo(destination: number): Float64Array {
    const distance = new Float64Array(this.#dpids.length).fill(Infinity);
    const heap = new MinHeap<number>();
    distance[destination] = 0;
    heap.push(0, destination);
    for (let top = heap.pop(); top !== undefined; top = heap.pop()) {
      if (top.key > (distance[top.value] ?? 0)) continue;
      for (const { index, weight } of this.#neighbours[top.value] ?? []) {
        const through = top.key + weight;
        if (through >= (distance[index] ?? 0)) continue;
        distance[index] = through;
        heap.push(through, index);
      }
    }
    return distance;
  }
}
