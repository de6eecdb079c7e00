import { type FlowKey, type FlowSpec, flowKey, splitEntryRef } from "../../flow-model/index.ts";
import { blindSpotsOf, formatParty, type Policy, type PolicyPlan } from "../../policy/index.ts";
import type { Dpid, Topology } from "../../topology/index.ts";
import type { Compilation } from "../desired/compilation.ts";
import { type PolicyStatus, policyStatus } from "../status/policy-status.ts";
import { switchName } from "../views/network-view.ts";
import { type DesiredGroupView, type RuleView, wantedView } from "../views/rule-view.ts";
import { wireEffects } from "./wire-effects.ts";

/** What a policy would do if it were written now. */
export interface PolicyDryRun {
  readonly id: string;
  /** The state it would settle in, if every switch confirms. */
  readonly state: PolicyStatus["state"];
  readonly reasons: readonly string[];
  readonly tapPoints: readonly string[];
  readonly switches: readonly {
    readonly switch: string;
    readonly dpid: string;
    readonly rules: readonly RuleView[];
    readonly groups: readonly DesiredGroupView[];
    /** What the rules do to frames on the wire, in words. */
    readonly effects: readonly string[];
  }[];
  /** The other policies that want some of the same frames, and what happens there. */
  readonly overlaps: readonly { readonly policy: string; readonly what: string }[];
  /** What it will not see though one might think so, and why. */
  readonly unseen: readonly string[];
}

/** Compiles a policy beside the others, looks at the result, and takes it back. */
export function dryRunPolicy(
  compilation: Compilation,
  topology: Topology,
  policy: Policy,
  before: Policy | undefined,
): PolicyDryRun {
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

/** What becomes of a frame that both want. */
function overlapText(policy: Policy, other: Policy): string {
  const theirs = new Set(other.monitors.map(formatParty));
  const common = policy.monitors.map(formatParty).filter((name) => theirs.has(name));
  return common.length === 0
    ? "a frame that both want goes to the monitors of both"
    : `a frame that both want goes to the monitors of both, once to ${common.join(", ")}`;
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
