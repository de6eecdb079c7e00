import { type FlowKey, type FlowSpec, flowKey, splitEntryRef } from "../pipeline/index.ts";
import type { Policy, PolicyPlan } from "../policy/index.ts";
import type { Dpid, Topology } from "../topology/index.ts";
import type { Compilation } from "./compilation.ts";
import { type PolicyStatus, policyStatus } from "./policy-status.ts";
import { switchName } from "./views/network-view.ts";
import { type RuleView, type WantedGroupView, wantedView } from "./views/rule-view.ts";

/** What a policy would do if it were written now. */
export interface PolicyPreview {
  readonly id: string;
  /** The state it would settle in, if every switch confirms. */
  readonly state: PolicyStatus["state"];
  readonly reasons: readonly string[];
  readonly tapPoints: readonly string[];
  readonly switches: readonly {
    readonly switch: string;
    readonly dpid: string;
    readonly rules: readonly RuleView[];
    readonly groups: readonly WantedGroupView[];
  }[];
}

/** Compiles a policy beside the others, looks at the result, and takes it back. */
export function previewPolicy(
  compilation: Compilation,
  topology: Topology,
  policy: Policy,
  before: Policy | undefined,
): PolicyPreview {
  return compilation.tried(policy, before, (plan) => {
    const { state, reasons } = policyStatus(plan, {
      entryState: () => "confirmed",
      switchName: (dpid) => switchName(topology, dpid),
      connected: () => true,
    });
    const switches = [...entriesOf(plan, compilation)].map(([dpid, specs]) => ({
      switch: switchName(topology, dpid),
      dpid,
      ...wantedView(specs),
    }));
    return { id: policy.id, state, reasons, tapPoints: plan.tapPoints, switches };
  });
}

function entriesOf(plan: PolicyPlan, compilation: Compilation): Map<Dpid, FlowSpec[]> {
  const keys = new Map<Dpid, Set<FlowKey>>();
  for (const ref of plan.copies.flatMap(({ entries }) => entries)) {
    const { dpid, key } = splitEntryRef(ref);
    const ofSwitch = keys.get(dpid as Dpid) ?? new Set();
    keys.set(dpid as Dpid, ofSwitch.add(key));
  }
  const entries = new Map<Dpid, FlowSpec[]>();
  for (const [dpid, wanted] of keys) {
    const specs = compilation.tapRules(dpid).filter((spec) => wanted.has(flowKey(spec)));
    entries.set(dpid, specs);
  }
  return entries;
}
