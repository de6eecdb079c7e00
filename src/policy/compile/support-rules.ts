import type { Match } from "../../openflow/index.ts";
import { output, popVlan, setField } from "../../openflow/index.ts";
import { Band, type EntryRef, entryRef, type FlowSpec, TAP_TABLE } from "../../pipeline/index.ts";
import {
  type Dpid,
  type Hop,
  TAP_MARK_MASK,
  TAP_MARK_PREFIX,
  type Topology,
} from "../../topology/index.ts";
import { constraint, type Region, region } from "../region/region.ts";
import { toMatch } from "../region/to-match.ts";
import type { FlowTables } from "./flow-tables.ts";
import type { PlacedMonitor } from "./monitors.ts";
import type { MarkedPair } from "./tap-marks.ts";

/** The bit of `vlan_vid` that says that there is a tag. @spec OpenFlow 1.4.1 §7.2.3.7 */
export const VID_PRESENT = 0x1000;

interface SupportRule {
  readonly id: string;
  readonly dpid: Dpid;
  readonly ref: EntryRef;
  readonly flow: FlowSpec;
  users: number;
}

/** All rules that the copies of one kind need from one switch to their monitor. */
interface Passage {
  readonly rules: readonly SupportRule[];
  readonly refs: readonly EntryRef[];
  users: number;
}

/** A rule that copies need on their way, before it is known whether there is one already. */
interface Wanted {
  readonly id: string;
  readonly dpid: Dpid;
  /** `rest`: the entries that what the rule sends meets next, up to the monitor's switch. */
  readonly build: (rest: readonly EntryRef[]) => FlowSpec;
  /** The copies of all who pass meet it, not those of one pair of addresses only. */
  readonly isCommon: boolean;
}

/** How copies from one switch to a monitor on another are told from other frames on their way. */
export type Journey =
  | { readonly kind: "rewrite"; readonly pair: MarkedPair; readonly mark: number }
  | { readonly kind: "tag"; readonly vlan: number };

/**
 * The rules that bring copies from their tap point to their monitor: transit rules on the switches
 * between, and at the monitor's switch what restores them. They exist as long as a copy needs them.
 */
export class SupportRules {
  readonly #rules = new Map<string, SupportRule>();
  readonly #passages = new Map<string, Passage>();
  readonly #topology: Topology;
  readonly #tables: FlowTables;
  /** What follows the tap's switch on the way, by `from to`. */
  readonly #ways = new Map<string, readonly Hop[]>();

  constructor(topology: Topology, tables: FlowTables) {
    this.#topology = topology;
    this.#tables = tables;
  }

  /** Has the rules that a copy from `from` needs, for one more user; their entries. */
  acquire(from: Dpid, monitor: PlacedMonitor, journey: Journey): readonly EntryRef[] {
    const id = passageId(from, monitor, journey);
    let passage = this.#passages.get(id);
    if (passage === undefined) {
      const rules = this.#way(this.#wanted(from, monitor, journey));
      passage = { rules, refs: rules.map(({ ref }) => ref), users: 0 };
      this.#passages.set(id, passage);
    }
    passage.users++;
    return passage.refs;
  }

  /** Gives back what `acquire` gave to one user for the same arguments. */
  release(from: Dpid, monitor: PlacedMonitor, journey: Journey): void {
    const id = passageId(from, monitor, journey);
    const passage = this.#passages.get(id);
    if (passage === undefined) throw new Error(`releasing ${id}, which nobody has`);
    passage.users--;
    if (passage.users > 0) return;
    this.#passages.delete(id);
    for (const rule of passage.rules) {
      rule.users--;
      if (rule.users > 0) continue;
      this.#rules.delete(rule.id);
      this.#tables.deleteFlow(rule.dpid, rule.flow);
    }
  }

  /** The rules of a way, for one more passage. */
  #way(wanted: readonly Wanted[]): SupportRule[] {
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

  /** A rule, for one more passage. */
  #rule({ id, dpid, build }: Wanted, rest: readonly EntryRef[]): SupportRule {
    let rule = this.#rules.get(id);
    if (rule === undefined) {
      const flow = build([...rest]);
      rule = { id, dpid, ref: entryRef(dpid, this.#tables.set(dpid, flow)), flow, users: 0 };
      this.#rules.set(id, rule);
    }
    rule.users++;
    return rule;
  }

  #wanted(from: Dpid, monitor: PlacedMonitor, journey: Journey): Wanted[] {
    const hops = this.#hops(from, monitor.dpid);
    return journey.kind === "tag"
      ? taggedWay(hops, monitor, journey.vlan)
      : rewrittenWay(hops, monitor, journey.pair, journey.mark);
  }

  #hops(from: Dpid, to: Dpid): readonly Hop[] {
    const id = `${from} ${to}`;
    let hops = this.#ways.get(id);
    if (hops === undefined) {
      hops = (this.#topology.path(from, to) ?? []).slice(1);
      this.#ways.set(id, hops);
    }
    return hops;
  }
}

function passageId(from: Dpid, monitor: PlacedMonitor, journey: Journey): string {
  return journey.kind === "tag"
    ? `${from} ${monitor.key} ${journey.vlan}`
    : `${from} ${journey.pair.key} ${journey.mark}`;
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
            id: `recovery ${mark} ${pair.key}`,
            dpid,
            build: () => recovery(monitor, pair, mark),
            isCommon: false,
          },
          { id: `guard ${mac}`, dpid, build: () => guard(mac), isCommon: true },
        ]
      : [
          {
            id: `transit ${mac} ${dpid}`,
            dpid,
            build: (rest) => transit(mac, outPort, rest),
            isCommon: true,
          },
        ],
  );
}

/** Tags are matched together with the link they come by: production may use them at the edges. */
function taggedWay(hops: readonly Hop[], monitor: PlacedMonitor, vlan: number): Wanted[] {
  return hops.flatMap(({ dpid, inPort, outPort }): Wanted[] => {
    if (inPort === undefined) return [];
    const id = `tag ${vlan} ${monitor.key} ${dpid} ${inPort}`;
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
            actions: [popVlan(), output(monitor.port)],
          }
        : {
            table: TAP_TABLE,
            priority: Band.transit,
            match,
            category: "transit",
            actions: [output(outPort)],
            needs,
          };
    return [{ id, dpid, build, isCommon: true }];
  });
}

/** A copy that arrived: gets its addresses back and leaves by the monitor's port. */
function recovery(monitor: PlacedMonitor, pair: MarkedPair, mark: number): FlowSpec {
  return {
    table: TAP_TABLE,
    priority: Band.recovery,
    match: copiesFor(pair.monitor, mark),
    category: "recovery",
    actions: [
      setField("ethDst", pair.ethDst),
      setField("ethSrc", pair.ethSrc),
      output(monitor.port),
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

/** Copies for a monitor: those with one mark, or all of them. */
function copiesFor(mac: number, mark?: number): Match {
  const source =
    mark === undefined
      ? constraint("ethSrc", TAP_MARK_PREFIX, TAP_MARK_MASK)
      : constraint("ethSrc", mark);
  return toMatch(mustBe(region([constraint("ethDst", mac), source])));
}

function mustBe(of: Region | undefined): Region {
  if (of === undefined) throw new Error("constraints on different fields cannot contradict");
  return of;
}
