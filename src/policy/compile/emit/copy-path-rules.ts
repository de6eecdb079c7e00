// SPDX-License-Identifier: Apache-2.0

import { type EntryRef, entryRef, type FlowSpec } from "../../../flow-model/index.ts";
import { sameItems } from "../../../lang/same-items.ts";
import type { Dpid, Hop, PortNo, Topology } from "../../../topology/index.ts";
import { type PlacedMonitor, plainSwitchName } from "../../placement/placed-monitors.ts";
import { sameContent } from "../model/action-key.ts";
import type { MarkRanges } from "../model/mark-range.ts";
import type { FlowTables } from "./flow-tables.ts";
import {
  type PathMarking,
  type PlannedRule,
  plannedRules,
  type Reliance,
  reservedKey,
  type WayHop,
} from "./planned-rules.ts";
import { type Reached, StrayDrops, type StrayGate, sameReach } from "./stray-drops.ts";

interface CopyPathRule {
  readonly id: string;
  readonly dpid: Dpid;
  /** The port by which matching frames leave; undefined for a rule that sends nothing. */
  readonly out: PortNo | undefined;
  readonly relies: Reliance;
  readonly ref: EntryRef;
  readonly flow: FlowSpec;
  users: number;
}

/** The switches that copies pass from one switch to another. */
interface Route {
  readonly hops: readonly WayHop[];
  /** The switches on which its copies could stray; undefined where they need no direct links. */
  readonly reach: readonly Reached[] | undefined;
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
  /** The entries that the copies need. */
  readonly refs: readonly EntryRef[];
  /** Those of them that must be confirmed: all others are when these are. */
  readonly needs: readonly EntryRef[];
  users: number;
}

/**
 * The rules that carry copies from their tap point to their monitor: transit rules on the switches
 * between, a rule that hands arriving copies to the recovery rules at the monitor's switch, and guards on all
 * of them, the tap's included. A rule exists while a copy needs it. Copies with one-sided marks take direct
 * links only, and depend on the drops of strays instead of guards.
 *
 * A rule that takes copies from a link relies on the guard of the switch at the other end: with it that switch
 * sends nothing but copies that the rule would take, whatever comes from hosts or other links there.
 */
export class CopyPathRules {
  readonly #rules = new Map<string, CopyPathRule>();
  #topology: Topology;
  readonly #tables: FlowTables;
  readonly #ranges: MarkRanges;
  readonly #strayDrops: StrayDrops;
  /** By the tap's switch, then by the monitor's. */
  readonly #routes = new Map<Dpid, Map<Dpid, Route>>();
  /** The same for copies that take direct links only. */
  readonly #directRoutes = new Map<Dpid, Map<Dpid, Route>>();
  /** By the first of the switches that reach each other, in this snapshot of the network. */
  #reaches = new Map<Dpid, readonly Reached[]>();
  /** In the snapshot before. */
  #reachesBefore: ReadonlyMap<Dpid, readonly Reached[]> = new Map();

  constructor(topology: Topology, tables: FlowTables, ranges: MarkRanges) {
    this.#topology = topology;
    this.#tables = tables;
    this.#ranges = ranges;
    this.#strayDrops = new StrayDrops(tables, ranges.oneSided);
  }

  /**
   * Adopts another snapshot of the network; whether any route in use changed. Users of a path on a
   * stale route must then acquire the path again and release the old one.
   */
  moveTo(topology: Topology): boolean {
    this.#topology = topology;
    this.#reachesBefore = this.#reaches;
    this.#reaches = new Map();
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
      const gate = route.reach && this.#strayDrops.acquire(route.reach);
      const planned = plannedRules(route.hops, monitor, marking, this.#ranges);
      const rules = this.#chain(planned, route.hops, (hop) => dropOf(gate, hop, marking));
      const refs = rules.map(({ ref }) => ref);
      const needs = rules
        .filter((_, index) => planned[index]?.kind !== "guard")
        .map(({ ref }) => ref);
      if (gate !== undefined) {
        refs.push(gate.ref);
        needs.push(gate.ref);
      }
      path = { id, route, rules, gate, refs, needs, users: 0 };
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

  /**
   * Acquires the rules of a path for one more copy path. `dropAt`: what drops frames that could be taken for
   * copies on a switch, besides the rules of the path.
   */
  #chain(
    planned: readonly PlannedRule[],
    hops: readonly WayHop[],
    dropAt: (hop: WayHop) => EntryRef | undefined,
  ): CopyPathRule[] {
    const drops = hops.map(dropAt);
    const acquired = new Map<PlannedRule, CopyPathRule>();
    for (const each of planned) {
      if (each.kind !== "guard") continue;
      const rule = this.#rule(each, hops, { needs: [], behind: undefined });
      acquired.set(each, rule);
      drops[each.hop] = rule.ref;
    }
    // From its end: each rule depends on those that follow.
    const last = drops.at(-1);
    const rest = last === undefined ? [] : [last];
    for (const each of planned.toReversed()) {
      if (each.kind === "guard") continue;
      const behind = drops[each.hop - 1];
      const needs = behind === undefined ? [...rest] : [behind, ...rest];
      const rule = this.#rule(each, hops, { needs, behind });
      acquired.set(each, rule);
      if (each.kind === "common") rest.unshift(rule.ref);
    }
    return planned.flatMap((each) => acquired.get(each) ?? []);
  }

  /** Acquires a rule for one more copy path. A rule of a stale route is replaced by a new one. */
  #rule(planned: PlannedRule, hops: readonly WayHop[], relies: Reliance): CopyPathRule {
    const { id, hop, out, build } = planned;
    let rule = this.#rules.get(id);
    if (rule === undefined || rule.out !== out || !isSame(rule.relies, relies)) {
      const dpid = hops[hop]?.dpid;
      if (dpid === undefined) throw new Error("a rule of a path is on one of its switches");
      const flow = build(relies);
      const ref = entryRef(dpid, this.#tables.set(dpid, flow));
      rule = { id, dpid, out, relies, ref, flow, users: 0 };
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
    const reach = isDirect ? this.#reachOf(from) : undefined;
    const hops = (path ?? []).map((hop) => this.#wayHop(hop));
    return { hops, reach, paths: new Map(), isStale: false };
  }

  #wayHop(hop: Hop): WayHop {
    const plainName = plainSwitchName(this.#topology, hop.dpid);
    return { ...hop, plainName, isShared: this.#isShared(hop.dpid) };
  }

  /**
   * One array for all switches that reach each other. Where nothing changed it is that of the snapshot before, so
   * that routes and gates are compared by identity.
   */
  #reachOf(from: Dpid): readonly Reached[] {
    const dpids = this.#topology.directReach(from);
    const first = dpids[0] ?? from;
    let reach = this.#reaches.get(first);
    if (reach === undefined) {
      const now = dpids.map((dpid) => ({
        dpid,
        links: this.#isShared(dpid) ? this.#links(dpid) : undefined,
      }));
      const before = this.#reachesBefore.get(first);
      reach = before !== undefined && sameReach(before, now) ? before : now;
      this.#reaches.set(first, reach);
    }
    return reach;
  }

  #links(dpid: Dpid): readonly PortNo[] {
    return [...this.#topology.linkRoles(dpid).keys()].sort((x, y) => x - y);
  }

  /** Whether another application forwards on a switch; copies reach none where it owns every table. */
  #isShared(dpid: Dpid): boolean {
    return typeof this.#topology.switches.get(dpid)?.forwarding === "object";
  }
}

/** What drops one-sided marks that a switch could send on for copies. */
function dropOf(
  gate: StrayGate | undefined,
  { dpid }: WayHop,
  marking: PathMarking,
): EntryRef | undefined {
  return marking.kind === "mark" ? gate?.dropAt(dpid, marking.end.side) : undefined;
}

function isSame(a: Reliance, b: Reliance): boolean {
  return a.behind === b.behind && sameItems(a.needs, b.needs);
}

function sameRoute(a: Route, b: Route): boolean {
  return sameHops(a.hops, b.hops) && sameReach(a.reach ?? [], b.reach ?? []);
}

function sameHops(a: readonly WayHop[], b: readonly WayHop[]): boolean {
  return a.length === b.length && a.every((hop, index) => sameContent(hop, b[index]));
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
