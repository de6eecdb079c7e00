// SPDX-License-Identifier: Apache-2.0

import { type EntryRef, entryRef, type FlowSpec } from "../../../flow-model/index.ts";
import { sameItems } from "../../../lang/same-items.ts";
import type { Dpid, Hop, PortNo, Topology } from "../../../topology/index.ts";
import type { PlacedMonitor } from "../../placement/placed-monitors.ts";
import type { FlowTables } from "./flow-tables.ts";
import { type PathMarking, type PlannedRule, plannedRules, reservedKey } from "./planned-rules.ts";
import { StrayDrops, type StrayGate } from "./stray-drops.ts";

interface CopyPathRule {
  readonly id: string;
  readonly dpid: Dpid;
  /** The port by which matching frames leave; undefined for a rule that drops. */
  readonly out: PortNo | undefined;
  /** The entries that match the frames next. */
  readonly rest: readonly EntryRef[];
  readonly ref: EntryRef;
  readonly flow: FlowSpec;
  users: number;
}

/** The switches that copies pass from one switch to another. */
interface Route {
  readonly hops: readonly Hop[];
  /** The switches on which its copies could stray; undefined where they need no direct links. */
  readonly reach: readonly Dpid[] | undefined;
  /** The copy paths along this route, by id. */
  readonly paths: Map<string, CopyPath>;
  /** The network has changed, and this is no longer the route. */
  isStale: boolean;
}

/** All rules that the copies with one marking need from one switch to their monitor. */
export interface CopyPath {
  readonly id: string;
  readonly route: Route;
  readonly rules: readonly CopyPathRule[];
  readonly gate: StrayGate | undefined;
  /** The entries on which the copies depend. */
  readonly refs: readonly EntryRef[];
  users: number;
}

/**
 * The rules that carry copies from their tap point to their monitor: transit rules on the switches
 * between, and recovery and guard rules at the monitor's switch. A rule exists while a copy needs it.
 * Copies with one-sided marks take direct links only, and depend on the drops of strays besides.
 */
export class CopyPathRules {
  readonly #rules = new Map<string, CopyPathRule>();
  #topology: Topology;
  readonly #tables: FlowTables;
  readonly #strayDrops: StrayDrops;
  /** By the tap's switch, then by the monitor's. */
  readonly #routes = new Map<Dpid, Map<Dpid, Route>>();
  /** The same for copies that take direct links only. */
  readonly #directRoutes = new Map<Dpid, Map<Dpid, Route>>();

  constructor(topology: Topology, tables: FlowTables) {
    this.#topology = topology;
    this.#tables = tables;
    this.#strayDrops = new StrayDrops(tables);
  }

  /**
   * Adopts another snapshot of the network; whether any route in use changed. Users of a path on a
   * stale route must then acquire the path again and release the old one.
   */
  moveTo(topology: Topology): boolean {
    this.#topology = topology;
    const moved = this.#dropStale(this.#routes, false);
    return this.#dropStale(this.#directRoutes, true) || moved;
  }

  #dropStale(all: ReadonlyMap<Dpid, Map<Dpid, Route>>, isDirect: boolean): boolean {
    let moved = false;
    for (const [from, routes] of all) {
      for (const [to, route] of routes) {
        if (route.paths.size > 0 && sameRoute(route, this.#newRoute(from, to, isDirect))) continue;
        route.isStale = true;
        moved ||= route.paths.size > 0;
        routes.delete(to);
      }
    }
    return moved;
  }

  /** Acquires the rules that a copy from `from` needs, for one more user. */
  acquire(from: Dpid, monitor: PlacedMonitor, marking: PathMarking): CopyPath {
    const route = this.#route(from, monitor.dpid, marking.kind === "mark");
    const id = copyPathId(monitor, marking);
    let path = route.paths.get(id);
    if (path === undefined) {
      const rules = this.#chain(plannedRules(route.hops, monitor, marking));
      const gate = route.reach && this.#strayDrops.acquire(route.reach);
      const refs = [...rules.map(({ ref }) => ref), ...(gate ? [gate.ref] : [])];
      path = { id, route, rules, gate, refs, users: 0 };
      route.paths.set(id, path);
    }
    path.users++;
    return path;
  }

  /** Releases a path for one user. */
  release(path: CopyPath): void {
    if (path.users <= 0) throw new Error(`releasing ${path.id}, which is not acquired`);
    path.users--;
    if (path.users > 0) return;
    path.route.paths.delete(path.id);
    if (path.gate !== undefined) this.#strayDrops.release(path.gate);
    for (const rule of path.rules) {
      rule.users--;
      if (rule.users > 0) continue;
      if (this.#rules.get(rule.id) === rule) this.#rules.delete(rule.id);
      this.#tables.deleteFlow(rule.dpid, rule.flow);
    }
  }

  /** Acquires the rules of a path for one more copy path. */
  #chain(planned: readonly PlannedRule[]): CopyPathRule[] {
    const rules: CopyPathRule[] = [];
    const rest: EntryRef[] = [];
    // From its end: each rule depends on those that follow.
    for (const each of planned.toReversed()) {
      const rule = this.#rule(each, rest);
      rules.unshift(rule);
      if (each.isCommon) rest.unshift(rule.ref);
    }
    return rules;
  }

  /** Acquires a rule for one more copy path. A rule of a stale route is replaced by a new one. */
  #rule({ id, dpid, out, build }: PlannedRule, rest: readonly EntryRef[]): CopyPathRule {
    let rule = this.#rules.get(id);
    if (rule === undefined || rule.out !== out || !sameItems(rule.rest, rest)) {
      const known = [...rest];
      const flow = build(known);
      const ref = entryRef(dpid, this.#tables.set(dpid, flow));
      rule = { id, dpid, out, rest: known, ref, flow, users: 0 };
      this.#rules.set(id, rule);
    }
    rule.users++;
    return rule;
  }

  #route(from: Dpid, to: Dpid, isDirect: boolean): Route {
    const all = isDirect ? this.#directRoutes : this.#routes;
    const routes = all.get(from) ?? new Map<Dpid, Route>();
    all.set(from, routes);
    const route = routes.get(to) ?? this.#newRoute(from, to, isDirect);
    routes.set(to, route);
    return route;
  }

  #newRoute(from: Dpid, to: Dpid, isDirect: boolean): Route {
    const path = isDirect ? this.#topology.directPath(from, to) : this.#topology.copyPath(from, to);
    const reach = isDirect ? this.#topology.directReach(from) : undefined;
    return { hops: (path ?? []).slice(1), reach, paths: new Map(), isStale: false };
  }
}

function sameRoute(a: Route, b: Route): boolean {
  return sameHops(a.hops, b.hops) && sameItems(a.reach ?? [], b.reach ?? []);
}

function sameHops(a: readonly Hop[], b: readonly Hop[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ dpid, inPort, outPort }, index) => {
      const other = b[index];
      return other?.dpid === dpid && other.inPort === inPort && other.outPort === outPort;
    })
  );
}

function copyPathId(monitor: PlacedMonitor, marking: PathMarking): string {
  if (marking.kind === "tag") {
    const { vlan, truncate = "", reservedDst } = marking;
    const reserved = reservedDst === undefined ? "" : reservedKey(reservedDst);
    return `${monitor.key} ${vlan} ${truncate} ${reserved}`;
  }
  const { key } = marking.kind === "mark" ? marking.end : marking.pair;
  return `${monitor.key} ${key} ${marking.mark}`;
}
