// SPDX-License-Identifier: Apache-2.0

import type { PolicyStatus } from "../../contract/policies.ts";
import type { PolicyForecast } from "../../contract/policy-sets.ts";
import { type FlowKey, type FlowSpec, flowKey, splitEntryRef } from "../../flow-model/index.ts";
import { forEach, type Steps } from "../../lang/steps.ts";
import {
  blindSpotsOf,
  formatParty,
  isByEntries,
  type Policy,
  type PolicyPlan,
  type ReadableTaps,
} from "../../policy/index.ts";
import type { Dpid, Topology } from "../../topology/index.ts";
import { policyStatus } from "../status/policy-status.ts";
import { switchName } from "../views/network-view.ts";
import { desiredView } from "../views/rule-view.ts";
import { waysView } from "../views/ways-view.ts";
import { mayLoseEligibleBit } from "./eligible-bits.ts";
import { wireEffects } from "./wire-effects.ts";

/** Finds the desired entries of plans in the taps of one moment. */
export class PlannedEntries {
  readonly #taps: ReadableTaps;
  readonly #tables = new Map<Dpid, ReadonlyMap<FlowKey, FlowSpec>>();

  constructor(taps: ReadableTaps) {
    this.#taps = taps;
  }

  /** The entries of a plan by switch, each in the order of the switch's table. */
  *of(plan: PolicyPlan): Steps<Map<Dpid, FlowSpec[]>> {
    const keys = new Map<Dpid, Set<FlowKey>>();
    for (const ref of plan.copies.flatMap(({ entries }) => entries)) {
      yield;
      const { dpid, key } = splitEntryRef(ref);
      const ofSwitch = keys.get(dpid as Dpid) ?? new Set();
      keys.set(dpid as Dpid, ofSwitch.add(key));
    }
    const entries = new Map<Dpid, FlowSpec[]>();
    for (const [dpid, used] of keys) {
      const table = yield* this.#table(dpid);
      const specs: FlowSpec[] = [];
      yield* forEach(used, (key) => {
        const spec = table.get(key);
        if (spec !== undefined) specs.push(spec);
      });
      entries.set(dpid, specs);
    }
    return entries;
  }

  *#table(dpid: Dpid): Steps<ReadonlyMap<FlowKey, FlowSpec>> {
    const known = this.#tables.get(dpid);
    if (known !== undefined) return known;
    const table = new Map<FlowKey, FlowSpec>();
    for (const spec of this.#taps.desired(dpid)) {
      yield;
      table.set(flowKey(spec), spec);
    }
    this.#tables.set(dpid, table);
    return table;
  }
}

/** The state that a plan leads to once every switch has confirmed, and the reasons. */
export function forecastStatus(plan: PolicyPlan, topology: Topology): PolicyStatus {
  // Databases are taken to have the ports, and to accept the rows.
  const isMade = plan.isMirrored && plan.enabled && plan.problems.length === 0;
  if (isMade) return { state: "active", reasons: [] };
  return policyStatus(plan, {
    entryState: () => "confirmed",
    switchName: (dpid) => switchName(topology, dpid),
    connected: () => true,
  });
}

/** The taps that a forecast reads. */
interface ForecastSources {
  readonly taps: ReadableTaps;
  readonly entries: PlannedEntries;
  readonly topology: Topology;
}

/** What a policy does in the taps of one moment. */
export function* forecast(
  policy: Policy,
  { taps, entries, topology }: ForecastSources,
): Steps<PolicyForecast & { readonly id: string }> {
  const { id } = policy;
  const plan = yield* taps.plan(id);
  if (plan === undefined) throw new Error(`policy ${id} is not compiled`);
  const switches: PolicyForecast["switches"][number][] = [];
  const altered: string[] = [];
  for (const [dpid, specs] of yield* entries.of(plan)) {
    yield;
    const found = topology.switches.get(dpid);
    const name = switchName(topology, dpid);
    let isAltered = false;
    yield* forEach(specs, (spec) => {
      isAltered ||= mayLoseEligibleBit(spec, found);
    });
    if (isAltered) altered.push(losesEligibleBit(name));
    const effects = yield* wireEffects(specs);
    switches.push({ switch: name, dpid, ...(yield* desiredView(specs)), effects });
  }
  const overlaps: PolicyForecast["overlaps"][number][] = [];
  for (const other of yield* taps.sharing(id)) {
    yield;
    overlaps.push({ policy: other.id, what: overlapText(policy, other) });
  }
  const unseen = isByEntries(policy)
    ? [...blindSpotsOf(policy, topology), ...plan.unseen.map(({ what }) => what), ...altered]
    : [];
  const ways = yield* waysView(plan, policy, topology);
  const { tapPoints } = plan;
  const status = forecastStatus(plan, topology);
  return { id, ...status, tapPoints, plan: ways, switches, overlaps, unseen };
}

function losesEligibleBit(name: string): string {
  return `the drop eligible bit (DEI) of frames whose VLAN tags ${name} changes: it is not Open vSwitch, and makes copies by a tap VLAN after the original`;
}

/** What happens to a frame that both policies match. */
function overlapText(policy: Policy, other: Policy): string {
  const theirs = new Set(other.monitors.map(formatParty));
  const common = policy.monitors.map(formatParty).filter((name) => theirs.has(name));
  return common.length === 0
    ? "a frame that both match goes to the monitors of both"
    : `a frame that both match goes to the monitors of both, once to ${common.join(", ")}`;
}
