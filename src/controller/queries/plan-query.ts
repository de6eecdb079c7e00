// SPDX-License-Identifier: Apache-2.0
import type { PolicyPlanView } from "../../contract/observation/policy-plan.ts";
import {
  cookieFor,
  type EntryRef,
  type FlowSpec,
  flowKey,
  splitEntryRef,
} from "../../flow-model/index.ts";
import type { Steps } from "../../lang/steps.ts";
import type { PolicyId, PolicyPlan } from "../../policy/index.ts";
import type { Reconciler } from "../../reconcile/index.ts";
import { completeInSlices } from "../../runtime/index.ts";
import type { Dpid, Topology } from "../../topology/index.ts";
import type { SwitchDatabases } from "../databases/switch-databases.ts";
import { mirrorViews } from "../mirrors/mirror-views.ts";
import type { NativeMirrors } from "../mirrors/native-mirrors.ts";
import type { PolicyRegistry } from "../policies/policy-registry.ts";
import { switchName } from "../views/network-view.ts";
import { desiredView } from "../views/rule-view.ts";
import { waysView } from "../views/ways-view.ts";

/** Dependencies of `planView`. */
interface PlanQueryDeps {
  readonly registry: Pick<PolicyRegistry, "known">;
  readonly compilation: { lastPlan(id: PolicyId): PolicyPlan | undefined };
  readonly reconciler: Pick<Reconciler, "state" | "desiredEntry">;
  readonly network: { readonly topology: Topology };
  readonly mirrors: Pick<NativeMirrors, "mirrorsOf">;
  readonly databases: Pick<SwitchDatabases, "sessionOf">;
}

type SwitchPlan = PolicyPlanView["switches"][number];
type State = SwitchPlan["rules"][number]["state"];

/** A desired entry and what its switch makes of it. */
interface PlannedEntry {
  readonly spec: FlowSpec;
  readonly state: State;
}

const WORST: readonly State[] = ["refused", "pending", "confirmed"];

/** How a policy is put into effect at present; undefined: there is no such policy. */
export async function planView(
  id: PolicyId,
  deps: PlanQueryDeps,
): Promise<PolicyPlanView | undefined> {
  const known = deps.registry.known(id);
  if (known === undefined) return undefined;
  const plan = deps.compilation.lastPlan(id);
  const { topology } = deps.network;
  // One that is not valid, or not compiled yet, is not in effect.
  if (plan === undefined || !("policy" in known)) {
    return { id, tapPoints: [], ways: [], original: [], switches: [] };
  }
  return {
    id,
    ...(await completeInSlices(waysView(plan, known.policy, topology))),
    switches: await completeInSlices(switchPlans(plan, topology, deps.reconciler)),
    ...(known.policy.delivery === "mirror" && {
      mirrors: await mirrorViews(deps.mirrors.mirrorsOf(id), topology, deps.databases),
    }),
  };
}

function* switchPlans(
  plan: PolicyPlan,
  topology: Topology,
  reconciler: PlanQueryDeps["reconciler"],
): Steps<SwitchPlan[]> {
  const refs = plan.copies.flatMap(({ entries, ingress = [] }) => [...entries, ...ingress]);
  const found = new Map<Dpid, PlannedEntry[]>();
  for (const ref of new Set(refs)) {
    yield;
    const spec = reconciler.desiredEntry(ref);
    if (spec === undefined) continue;
    const dpid = splitEntryRef(ref).dpid as Dpid;
    const entries = found.get(dpid) ?? [];
    found.set(dpid, entries);
    entries.push({ spec, state: stateOf(reconciler, ref) });
  }
  const switches: SwitchPlan[] = [];
  for (const [dpid, entries] of found) {
    const { rules, groups } = yield* desiredView(entries.map(({ spec }) => spec));
    const states = new Map(
      entries.map(({ spec, state }) => [
        `0x${cookieFor(spec.category, flowKey(spec)).toString(16)}`,
        state,
      ]),
    );
    const isConnected = topology.switches.get(dpid)?.connected ?? false;
    switches.push({
      switch: switchName(topology, dpid),
      dpid,
      state: isConnected ? worstOf(states.values()) : "disconnected",
      rules: rules.map((rule) => ({ ...rule, state: states.get(rule.cookie) ?? "pending" })),
      groups,
    });
  }
  return switches.sort((a, b) => (a.switch < b.switch ? -1 : 1));
}

function stateOf(reconciler: PlanQueryDeps["reconciler"], ref: EntryRef): State {
  const state = reconciler.state(ref);
  return typeof state === "object" ? "refused" : state;
}

function worstOf(states: Iterable<State>): State {
  const all = new Set(states);
  return WORST.find((state) => all.has(state)) ?? "confirmed";
}
