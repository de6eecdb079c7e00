import {
  Band,
  type EntryRef,
  entryRef,
  type FlowSpec,
  TAP_TABLE,
} from "../../../flow-model/index.ts";
import type { Match } from "../../../openflow/index.ts";
import { output, popVlan, setField } from "../../../openflow/index.ts";
import {
  type Dpid,
  type Hop,
  type PortNo,
  TAP_MARK_MASK,
  TAP_MARK_PREFIX,
  type Topology,
} from "../../../topology/index.ts";
import { constraint, type Region, region } from "../../match-region/region.ts";
import { toMatch } from "../../match-region/to-match.ts";
import type { PlacedMonitor } from "../../placement/placed-monitors.ts";
import { etherTypeOf, type MarkedPair, setIpDestination } from "../model/tap-marks.ts";
import type { FlowTables } from "./flow-tables.ts";
import { leaveBy } from "./output-actions.ts";

/** The bit of `vlan_vid` that says that there is a tag. @spec OpenFlow 1.4.1 §7.2.3.7 */
export const VID_PRESENT = 0x1000;

interface SupportRule {
  readonly id: string;
  readonly dpid: Dpid;
  /** The port that what it matches leaves by; undefined for a rule that drops. */
  readonly out: PortNo | undefined;
  /** The entries that what it sends meets next. */
  readonly rest: readonly EntryRef[];
  readonly ref: EntryRef;
  readonly flow: FlowSpec;
  users: number;
}

/** What follows a switch on the way to another one. */
interface Way {
  readonly hops: readonly Hop[];
  /** Those who go this way, by what they are. */
  readonly passages: Map<string, Passage>;
  /** The network has changed and it is not the way any more. */
  isStale: boolean;
}

/** All rules that the copies of one kind need from one switch to their monitor. */
export interface Passage {
  readonly id: string;
  readonly way: Way;
  readonly rules: readonly SupportRule[];
  /** The entries that the copies rely on. */
  readonly refs: readonly EntryRef[];
  users: number;
}

/** A rule that copies need on their way, before it is known whether there is one already. */
interface Wanted {
  readonly id: string;
  readonly dpid: Dpid;
  readonly out: PortNo | undefined;
  /** `rest`: the entries that what the rule sends meets next, up to the monitor's switch. */
  readonly build: (rest: readonly EntryRef[]) => FlowSpec;
  /** The copies of all who pass meet it, not those of one pair of addresses only. */
  readonly isCommon: boolean;
}

/** How copies from one switch to a monitor on another are told from other frames on their way. */
export type Journey =
  | { readonly kind: "rewrite"; readonly pair: MarkedPair; readonly mark: number }
  | { readonly kind: "tag"; readonly vlan: number; readonly truncate: number | undefined };

/**
 * The rules that bring copies from their tap point to their monitor: transit rules on the switches
 * between, and at the monitor's switch what restores them. They exist as long as a copy needs them.
 */
export class SupportRules {
  readonly #rules = new Map<string, SupportRule>();
  #topology: Topology;
  readonly #tables: FlowTables;
  /** By the tap's switch, then by the monitor's. */
  readonly #ways = new Map<Dpid, Map<Dpid, Way>>();

  constructor(topology: Topology, tables: FlowTables) {
    this.#topology = topology;
    this.#tables = tables;
  }

  /**
   * Takes another snapshot of the network; whether any way is another one. Whoever goes a way that is
   * stale then has to acquire his passage anew and to release the old one.
   */
  moveTo(topology: Topology): boolean {
    this.#topology = topology;
    let moved = false;
    for (const [from, ways] of this.#ways) {
      for (const [to, way] of ways) {
        if (way.passages.size > 0 && sameHops(way.hops, this.#hops(from, to))) continue;
        way.isStale = true;
        moved ||= way.passages.size > 0;
        ways.delete(to);
      }
    }
    return moved;
  }

  /** Has the rules that a copy from `from` needs, for one more user. */
  acquire(from: Dpid, monitor: PlacedMonitor, journey: Journey): Passage {
    const way = this.#way(from, monitor.dpid);
    const id = passageId(monitor, journey);
    let passage = way.passages.get(id);
    if (passage === undefined) {
      const rules = this.#chain(wantedOn(way.hops, monitor, journey));
      passage = { id, way, rules, refs: rules.map(({ ref }) => ref), users: 0 };
      way.passages.set(id, passage);
    }
    passage.users++;
    return passage;
  }

  /** Gives back what `acquire` gave to one user. */
  release(passage: Passage): void {
    if (passage.users <= 0) throw new Error(`releasing ${passage.id}, which nobody has`);
    passage.users--;
    if (passage.users > 0) return;
    passage.way.passages.delete(passage.id);
    for (const rule of passage.rules) {
      rule.users--;
      if (rule.users > 0) continue;
      if (this.#rules.get(rule.id) === rule) this.#rules.delete(rule.id);
      this.#tables.deleteFlow(rule.dpid, rule.flow);
    }
  }

  /** The rules of a way, for one more passage. */
  #chain(wanted: readonly Wanted[]): SupportRule[] {
    const rules: SupportRule[] = [];
    const rest: EntryRef[] = [];
    // From its end: each rule relies on those that follow.
    for (const each of wanted.toReversed()) {
      const rule = this.#rule(each, rest);
      rules.unshift(rule);
      if (each.isCommon) rest.unshift(rule.ref);
    }
    return rules;
  }

  /** A rule, for one more passage. One made for a way that is stale now gives way to a new one. */
  #rule({ id, dpid, out, build }: Wanted, rest: readonly EntryRef[]): SupportRule {
    let rule = this.#rules.get(id);
    if (rule === undefined || rule.out !== out || !sameRefs(rule.rest, rest)) {
      const known = [...rest];
      const flow = build(known);
      const ref = entryRef(dpid, this.#tables.set(dpid, flow));
      rule = { id, dpid, out, rest: known, ref, flow, users: 0 };
      this.#rules.set(id, rule);
    }
    rule.users++;
    return rule;
  }

  #way(from: Dpid, to: Dpid): Way {
    const ways = this.#ways.get(from) ?? new Map<Dpid, Way>();
    this.#ways.set(from, ways);
    let way = ways.get(to);
    if (way === undefined) {
      way = { hops: this.#hops(from, to), passages: new Map(), isStale: false };
      ways.set(to, way);
    }
    return way;
  }

  #hops(from: Dpid, to: Dpid): readonly Hop[] {
    return (this.#topology.copyPath(from, to) ?? []).slice(1);
  }
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

function sameRefs(a: readonly EntryRef[], b: readonly EntryRef[]): boolean {
  return a.length === b.length && a.every((ref, index) => ref === b[index]);
}

function passageId(monitor: PlacedMonitor, journey: Journey): string {
  return journey.kind === "tag"
    ? `${monitor.key} ${journey.vlan} ${journey.truncate ?? ""}`
    : `${monitor.key} ${journey.pair.key} ${journey.mark}`;
}

function wantedOn(hops: readonly Hop[], monitor: PlacedMonitor, journey: Journey): Wanted[] {
  return journey.kind === "tag"
    ? taggedWay(hops, monitor, journey)
    : rewrittenWay(hops, monitor, journey.pair, journey.mark);
}

function rewrittenWay(
  hops: readonly Hop[],
  monitor: PlacedMonitor,
  pair: MarkedPair,
  mark: number,
): Wanted[] {
  const mac = pair.monitor;
  return hops.flatMap(({ dpid, outPort }): Wanted[] =>
    outPort === undefined
      ? [
          {
            id: `recovery ${dpid} ${mark} ${pair.key}`,
            dpid,
            out: monitor.port,
            build: () => recovery(monitor, pair, mark),
            isCommon: false,
          },
          {
            id: `guard ${dpid} ${mac}`,
            dpid,
            out: undefined,
            build: () => guard(mac),
            isCommon: true,
          },
        ]
      : [
          {
            id: `transit ${mac} ${dpid}`,
            dpid,
            out: outPort,
            build: (rest) => transit(mac, outPort, rest),
            isCommon: true,
          },
        ],
  );
}

/** Tags are matched together with the link they come by: production may use them at the edges. */
function taggedWay(
  hops: readonly Hop[],
  monitor: PlacedMonitor,
  { vlan, truncate }: Extract<Journey, { readonly kind: "tag" }>,
): Wanted[] {
  return hops.flatMap(({ dpid, inPort, outPort }): Wanted[] => {
    if (inPort === undefined) return [];
    const id = `tag ${vlan} ${truncate ?? ""} ${monitor.key} ${dpid} ${inPort}`;
    const match = toMatch(
      mustBe(region([constraint("inPort", inPort), constraint("vlanVid", VID_PRESENT + vlan)])),
    );
    const build = (needs: readonly EntryRef[]): FlowSpec =>
      outPort === undefined
        ? {
            table: TAP_TABLE,
            priority: Band.recovery,
            match,
            category: "recovery",
            actions: [popVlan(), ...leaveBy(monitor.port, truncate)],
          }
        : {
            table: TAP_TABLE,
            priority: Band.transit,
            match,
            category: "transit",
            actions: [output(outPort)],
            needs,
          };
    return [{ id, dpid, out: outPort ?? monitor.port, build, isCommon: true }];
  });
}

/** A copy that arrived: gets its addresses back and leaves by the monitor's port. */
function recovery(monitor: PlacedMonitor, pair: MarkedPair, mark: number): FlowSpec {
  return {
    table: TAP_TABLE,
    priority: Band.recovery,
    match: copiesFor(pair.monitor, mark, pair.ip && etherTypeOf(pair.ip.original)),
    category: "recovery",
    actions: [
      setField("ethDst", pair.ethDst),
      setField("ethSrc", pair.ethSrc),
      ...(pair.ip === undefined ? [] : [setIpDestination(pair.ip.original)]),
      ...leaveBy(monitor.port, pair.truncate),
    ],
  };
}

/** A copy that no recovery rule knows: it must not reach a host with its addresses rewritten. */
function guard(mac: number): FlowSpec {
  const match = copiesFor(mac);
  return { table: TAP_TABLE, priority: Band.guard, match, category: "guard", actions: [] };
}

/** A copy on its way. */
function transit(mac: number, port: number, needs: readonly EntryRef[]): FlowSpec {
  const actions = [output(port)];
  return {
    table: TAP_TABLE,
    priority: Band.transit,
    match: copiesFor(mac),
    category: "transit",
    actions,
    needs,
  };
}

/** Copies for a monitor: those with one mark (which may stand for IP packets only), or all of them. */
function copiesFor(mac: number, mark?: number, ethType?: number): Match {
  const source =
    mark === undefined
      ? constraint("ethSrc", TAP_MARK_PREFIX, TAP_MARK_MASK)
      : constraint("ethSrc", mark);
  const type = ethType === undefined ? [] : [constraint("ethType", ethType)];
  return toMatch(mustBe(region([constraint("ethDst", mac), source, ...type])));
}

function mustBe(of: Region | undefined): Region {
  if (of === undefined) throw new Error("constraints on different fields cannot contradict");
  return of;
}
