// SPDX-License-Identifier: Apache-2.0

import type { Dpid, PortNo } from "../dpid.ts";
import { type ForwardingProfile, hasTapsAlone } from "../forwarding-profile.ts";
import type { Link, Switch } from "../model.ts";
import type { PortAt } from "../port-at.ts";
import { DisjointSets } from "./disjoint-sets.ts";
import { type Edge, Graph } from "./graph.ts";

/**
 * Role of a port that is, or may be, the end of a link.
 * - `tree`: everything, floods included.
 * - `path`: known unicast only.
 * - `blocked`: nothing; the link is down, or it would close a loop through a switch that floods by
 *   itself.
 * - `probing`: nothing yet; its peer is not known.
 */
export type LinkRole = "tree" | "path" | "blocked" | "probing";

/** Forwarding between switches: roles of the link ports and shortest paths over the usable links. */
export interface Routing {
  /** Equal signatures mean equal routings. */
  readonly signature: string;
  readonly graph: Graph;
  /** The same links with their costs for copies. */
  readonly copyGraph: Graph;
  /** Of these, the links proven to be direct. */
  readonly directGraph: Graph;
  /** The switches that each switch reaches over direct links, itself included, by dpid. */
  readonly directReach: ReadonlyMap<Dpid, readonly Dpid[]>;
  /** By switch, then by port; only link ports are present. */
  readonly roles: ReadonlyMap<Dpid, ReadonlyMap<PortNo, LinkRole>>;
  readonly peers: ReadonlyMap<Dpid, ReadonlyMap<PortNo, PortAt>>;
}

/**
 * Chooses the spanning tree for floods and the links for shortest paths.
 *
 * Problem: switches that forward by themselves (`normal`, or another application's tables) flood
 * what they have not learned to all their ports, so a loop through them multiplies frames, and a
 * known frame that one of them floods could reach its host along two paths.
 *
 * Solution: only switches of profile `paths` can refuse frames, so they break the loops. Links among
 * the others always count (their owners are responsible for them); then links among `paths` switches;
 * and a link between the two kinds only if it joins two parts that nothing else joins. A frame
 * therefore enters a region of either kind by one link only. So inside a region of `paths` switches,
 * known unicast may use every link, along shortest paths, and still arrives once. A link between the
 * kinds that is not in the tree is blocked, as a spanning tree protocol would block it.
 *
 * Within a kind lighter links come first, then lower dpids, then lower ports: the tree depends on
 * the links alone.
 */
export function computeRouting(
  switches: ReadonlyMap<Dpid, Switch>,
  links: readonly Link[],
): Routing {
  const isPaths = (dpid: Dpid) => switches.get(dpid)?.forwarding === "paths";
  const edges = links.flatMap((link) => usableEdge(link)).sort(compareEdges);
  const kind = (edge: Edge) => Number(isPaths(edge.a.dpid)) + Number(isPaths(edge.b.dpid));
  const foreignEdges = edges.filter((edge) => kind(edge) === 0);
  const pathsEdges = edges.filter((edge) => kind(edge) === 2);
  const mixedEdges = edges.filter((edge) => kind(edge) === 1);

  const parts = new DisjointSets<Dpid>();
  const joins = (edge: Edge) => parts.union(edge.a.dpid, edge.b.dpid);
  for (const edge of foreignEdges) joins(edge);
  const pathsInTree = new Set(pathsEdges.filter(joins));
  const mixedInTree = mixedEdges.filter(joins);

  const roles = new PortTable<LinkRole>();
  for (const link of links) roles.setEnds(link, "blocked");
  for (const edge of foreignEdges) roles.setEnds(edge, "tree");
  for (const edge of pathsEdges) roles.setEnds(edge, pathsInTree.has(edge) ? "tree" : "path");
  for (const edge of mixedInTree) roles.setEnds(edge, "tree");
  const dpids = programmed(switches).map(({ dpid }) => dpid);
  const used = [...foreignEdges, ...pathsEdges, ...mixedInTree];
  const graph = new Graph(dpids, used);
  // Copies cross no switch whose tables belong to another application, and end at none.
  const isOthers = ({ dpid }: PortAt) => hasTapsAlone(switches.get(dpid)?.forwarding);
  const isCopied = ({ a, b }: Edge) => !isOthers(a) && !isOthers(b);
  const copiesDiffer = used.some((edge) => edge.copyWeight !== edge.weight || !isCopied(edge));
  const copyEdges = copiesDiffer
    ? used.filter(isCopied).map((edge) => ({ ...edge, weight: edge.copyWeight }))
    : used;
  const copyGraph = copiesDiffer ? new Graph(dpids, copyEdges) : graph;
  const directEdges = copyEdges.filter(({ direct }) => direct);
  const allDirect = directEdges.length === copyEdges.length;
  return {
    signature: routingSignature(switches, links),
    graph,
    copyGraph,
    directGraph: allDirect ? copyGraph : new Graph(dpids, directEdges),
    directReach: reachOf(dpids, directEdges),
    roles: roles.rows,
    peers: peersOf(edges),
  };
}

/** The switches that paths may use. */
function programmed(switches: ReadonlyMap<Dpid, Switch>): Switch[] {
  return [...switches.values()].filter((found) => found.programmed);
}

/** All inputs of the routing, as text. */
export function routingSignature(
  switches: ReadonlyMap<Dpid, Switch>,
  links: readonly Link[],
): string {
  const kinds = programmed(switches).map(({ dpid, forwarding }) => `${dpid}${kindOf(forwarding)}`);
  const ends = links.map(
    ({ a, b, weight, copyWeight = weight, up, direct }) =>
      `${a.dpid}/${a.port}-${b.dpid}/${b.port}*${weight},${copyWeight}${up}${direct}`,
  );
  return `${kinds.join()};${ends.join()}`;
}

function kindOf(forwarding: ForwardingProfile): string {
  if (forwarding === "paths") return "p";
  return hasTapsAlone(forwarding) ? "b" : "n";
}

/** Values by switch and port. */
class PortTable<T> {
  readonly rows = new Map<Dpid, Map<PortNo, T>>();

  set(dpid: Dpid, port: PortNo | undefined, value: T): void {
    if (port === undefined) return;
    const row = this.rows.get(dpid) ?? new Map<PortNo, T>();
    this.rows.set(dpid, row.set(port, value));
  }

  setEnds({ a, b }: Pick<Link, "a" | "b"> | Edge, value: T): void {
    this.set(a.dpid, a.port, value);
    this.set(b.dpid, b.port, value);
  }
}

function peersOf(edges: readonly Edge[]): ReadonlyMap<Dpid, ReadonlyMap<PortNo, PortAt>> {
  const peers = new PortTable<PortAt>();
  for (const { a, b } of edges) {
    peers.set(a.dpid, a.port, b);
    peers.set(b.dpid, b.port, a);
  }
  return peers.rows;
}

/** The sets of switches that edges join, for each switch in them, in order of their dpids. */
function reachOf(dpids: readonly Dpid[], edges: readonly Edge[]): Map<Dpid, readonly Dpid[]> {
  const parts = new DisjointSets<Dpid>();
  for (const { a, b } of edges) parts.union(a.dpid, b.dpid);
  const members = new Map<Dpid, Dpid[]>();
  for (const dpid of [...dpids].sort()) {
    const root = parts.find(dpid);
    const known = members.get(root);
    if (known) known.push(dpid);
    else members.set(root, [dpid]);
  }
  return new Map(dpids.map((dpid) => [dpid, members.get(parts.find(dpid)) ?? [dpid]]));
}

interface CostedEdge extends Edge {
  readonly copyWeight: number;
  readonly direct: boolean;
}

/** The edge of a link that is up, its ends sorted, so that their order in the file is irrelevant. */
function usableEdge({ a, b, weight, copyWeight = weight, direct, up }: Link): CostedEdge[] {
  if (!up || a.port === undefined || b.port === undefined) return [];
  const ends = [
    { dpid: a.dpid, port: a.port },
    { dpid: b.dpid, port: b.port },
  ] as const;
  return comparePorts(...ends) <= 0
    ? [{ a: ends[0], b: ends[1], weight, copyWeight, direct }]
    : [{ a: ends[1], b: ends[0], weight, copyWeight, direct }];
}

function compareEdges(x: Edge, y: Edge): number {
  return x.weight - y.weight || comparePorts(x.a, y.a) || comparePorts(x.b, y.b);
}

function comparePorts(x: PortAt, y: PortAt): number {
  if (x.dpid !== y.dpid) return x.dpid < y.dpid ? -1 : 1;
  return x.port - y.port;
}
