// SPDX-License-Identifier: Apache-2.0
import type { PolicyDryRun } from "../../contract/dry-run.ts";
import { type FlowKey, type FlowSpec, flowKey, splitEntryRef } from "../../flow-model/index.ts";
import { blindSpotsOf, formatParty, type Policy, type PolicyPlan } from "../../policy/index.ts";
import type { Dpid, Topology } from "../../topology/index.ts";
import type { Compilation } from "../desired/compilation.ts";
import { policyStatus } from "../status/policy-status.ts";
import { switchName } from "../views/network-view.ts";
import { desiredView } from "../views/rule-view.ts";
import { wireEffects } from "./wire-effects.ts";

/** Compiles a policy beside the others, reads the result, and reverts. */
export function dryRunPolicy(
  compilation: Compilation,
  topology: Topology,
  policy: Policy,
  before: Policy | undefined,
): PolicyDryRun {
  return compilation.dryRun(policy, before, (plan) => {
    const { state, reasons } = policyStatus(plan, {
      entryState: () => "confirmed",
      switchName: (dpid) => switchName(topology, dpid),
      connected: () => true,
    });
    const switches = [...entriesOf(plan, compilation)].map(([dpid, specs]) => ({
      switch: switchName(topology, dpid),
      dpid,
      ...desiredView(specs),
      effects: wireEffects(specs),
    }));
    const overlaps = compilation
      .sharing(policy.id)
      .map((other) => ({ policy: other.id, what: overlapText(policy, other) }));
    const unseen = policy.enabled ? blindSpotsOf(policy, topology) : [];
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

function entriesOf(plan: PolicyPlan, compilation: Compilation): Map<Dpid, FlowSpec[]> {
  const keys = new Map<Dpid, Set<FlowKey>>();
  for (const ref of plan.copies.flatMap(({ entries }) => entries)) {
    const { dpid, key } = splitEntryRef(ref);
    const ofSwitch = keys.get(dpid as Dpid) ?? new Set();
    keys.set(dpid as Dpid, ofSwitch.add(key));
  }
  const entries = new Map<Dpid, FlowSpec[]>();
  for (const [dpid, used] of keys) {
    const specs = compilation.tapRules(dpid).filter((spec) => used.has(flowKey(spec)));
    entries.set(dpid, specs);
  }
  return entries;
}
