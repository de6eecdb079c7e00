// SPDX-License-Identifier: Apache-2.0
import type { PolicyDryRun } from "../../contract/dry-run.ts";
import { type FlowKey, type FlowSpec, flowKey, splitEntryRef } from "../../flow-model/index.ts";
import type { Steps } from "../../lang/steps.ts";
import {
  blindSpotsOf,
  formatParty,
  type Policy,
  type PolicyPlan,
  type TriedTaps,
} from "../../policy/index.ts";
import type { Dpid, Topology } from "../../topology/index.ts";
import type { Compilation } from "../desired/compilation.ts";
import { policyStatus } from "../status/policy-status.ts";
import { switchName } from "../views/network-view.ts";
import { desiredView } from "../views/rule-view.ts";
import { wireEffects } from "./wire-effects.ts";

/** Compiles a policy beside the others, reads the result, and reverts. */
export function dryRunSteps(
  compilation: Compilation,
  topology: Topology,
  policy: Policy,
): Steps<PolicyDryRun> {
  return compilation.trying(policy, function* (plan, taps) {
    const { state, reasons } = policyStatus(plan, {
      entryState: () => "confirmed",
      switchName: (dpid) => switchName(topology, dpid),
      connected: () => true,
    });
    const switches: PolicyDryRun["switches"][number][] = [];
    for (const [dpid, specs] of yield* entriesOf(plan, taps)) {
      yield;
      const effects = wireEffects(specs);
      const name = switchName(topology, dpid);
      switches.push({ switch: name, dpid, ...desiredView(specs), effects });
    }
    const overlaps: PolicyDryRun["overlaps"][number][] = [];
    for (const other of yield* taps.sharing()) {
      yield;
      overlaps.push({ policy: other.id, what: overlapText(policy, other) });
    }
    const unseen = policy.enabled
      ? [...blindSpotsOf(policy, topology), ...plan.unseen.map(({ what }) => what)]
      : [];
    const { tapPoints } = plan;
    return { id: policy.id, state, reasons, tapPoints, switches, overlaps, unseen };
  });
}

/** What happens to a frame that both policies match. */
function overlapText(policy: Policy, other: Policy): string {
  const theirs = new Set(other.monitors.map(formatParty));
  const common = policy.monitors.map(formatParty).filter((name) => theirs.has(name));
  return common.length === 0
    ? "a frame that both match goes to the monitors of both"
    : `a frame that both match goes to the monitors of both, once to ${common.join(", ")}`;
}

function* entriesOf(plan: PolicyPlan, taps: TriedTaps): Steps<Map<Dpid, FlowSpec[]>> {
  const keys = new Map<Dpid, Set<FlowKey>>();
  for (const ref of plan.copies.flatMap(({ entries }) => entries)) {
    yield;
    const { dpid, key } = splitEntryRef(ref);
    const ofSwitch = keys.get(dpid as Dpid) ?? new Set();
    keys.set(dpid as Dpid, ofSwitch.add(key));
  }
  const entries = new Map<Dpid, FlowSpec[]>();
  for (const [dpid, used] of keys) {
    const specs: FlowSpec[] = [];
    for (const spec of taps.desired(dpid)) {
      yield;
      if (used.has(flowKey(spec))) specs.push(spec);
    }
    entries.set(dpid, specs);
  }
  return entries;
}
