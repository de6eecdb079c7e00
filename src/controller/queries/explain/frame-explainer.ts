// SPDX-License-Identifier: Apache-2.0
import type { ExplainRequest, Explanation } from "../../../contract/explain.ts";
import { Band } from "../../../flow-model/index.ts";
import { LazyList } from "../../../lang/lazy-list.ts";
import type { Steps } from "../../../lang/steps.ts";
import type { Policy, PolicyId } from "../../../policy/index.ts";
import type { ListedFlow, Reconciler } from "../../../reconcile/index.ts";
import { type StepQueue, YieldTimer } from "../../../runtime/index.ts";
import { isBeside, type JsonProblem } from "../../../topology/index.ts";
import type { Compilation } from "../../desired/compilation.ts";
import type { DesiredState } from "../../desired/desired-state.ts";
import type { Network } from "../../network/network.ts";
import type { NetworkUpdates } from "../../network/network-updates.ts";
import type { OverriddenRules } from "../../overrides/overridden-rules.ts";
import type { PolicyEntry, PolicyRegistry } from "../../policies/policy-registry.ts";
import type { PolicyStatusTracker } from "../../status/policy-status-tracker.ts";
import { networkOfProject } from "../project-network.ts";
import { explainSteps } from "./explain.ts";
import type { ExplainDeps } from "./explain-deps.ts";
import { readFrame } from "./frame-input.ts";
import { explanationForProject } from "./project-explanation.ts";

/** Dependencies of `FrameExplainer`. */
interface FrameExplainerDeps {
  readonly network: Network;
  readonly updates: NetworkUpdates;
  readonly registry: PolicyRegistry;
  /** The policy as it is in effect: suspended or not, before its end or after it. */
  readonly effective: (entry: PolicyEntry) => Policy;
  readonly compilation: Compilation;
  readonly queue: StepQueue;
  readonly desired: DesiredState;
  readonly reconciler: Reconciler;
  readonly overrides: Pick<OverriddenRules, "foreign" | "idle">;
  readonly statusTracker: PolicyStatusTracker;
}

/** A host of a project shares its port with hosts of others, which the answer would name. */
const NOT_OWN = {
  problems: [
    {
      path: ["at"],
      what: "the frame does not enter at a port of the project",
      remedy: "name a host that shares its port with none of others, or a port of the project",
    },
  ],
};

/** Explains frames for the present desired state. Sends nothing. */
export class FrameExplainer {
  readonly #deps: FrameExplainerDeps;

  constructor(deps: FrameExplainerDeps) {
    this.#deps = deps;
  }

  /**
   * What the network does with a frame, or the problems of the request. Yields to the event loop in
   * between; if the desired state changes meanwhile, starts again and keeps compiles waiting.
   *
   * @param project the explanation is one for this project; see `explanationForProject`.
   */
  async explain(
    request: ExplainRequest,
    project?: string,
  ): Promise<
    { readonly explanation: Explanation } | { readonly problems: readonly JsonProblem[] }
  > {
    const { updates, desired, overrides, queue } = this.#deps;
    updates.flush();
    await desired.idle();
    await overrides.idle();
    const yields = new YieldTimer();
    const begun = desired.changes;
    const steps = this.#steps(request, project);
    let step = steps.next();
    while (!step.done && desired.changes === begun) {
      if (yields.shouldYield) await yields.yieldNow();
      step = steps.next();
    }
    if (step.done && desired.changes === begun) return step.value;
    return queue.run(() => this.#steps(request, project));
  }

  *#steps(
    request: ExplainRequest,
    project: string | undefined,
  ): Steps<{ readonly explanation: Explanation } | { readonly problems: readonly JsonProblem[] }> {
    const { topology } = this.#deps.network;
    // The question of a project finds no host, switch or port of others.
    const found = project === undefined ? topology : yield* networkOfProject(topology, project);
    const read = readFrame(request, found);
    if ("problems" in read) return read;
    const { dpid, port } = read.at;
    if (project !== undefined && topology.projectAt(dpid, port) !== project) return NOT_OWN;
    const deps = this.#explainDeps();
    yield;
    const shows = (policy: Policy) => project === undefined || policy.project === project;
    const explanation = yield* explainSteps(read.at, deps, { ids: request.policies, shows });
    if (project === undefined) return { explanation };
    const isOwn = (id: string) =>
      this.#deps.registry.get(id as PolicyId)?.policy.project === project;
    return { explanation: explanationForProject(explanation, project, { topology, isOwn }) };
  }

  #explainDeps(): ExplainDeps {
    const { network, reconciler, overrides, registry, effective } = this.#deps;
    const { statusTracker, compilation } = this.#deps;
    return {
      topology: network.topology,
      desired: (dpid) => reconciler.desired(dpid),
      foreign: (dpid) => {
        const isOthers = isBeside(network.topology.switches.get(dpid)?.forwarding);
        // Below the rules for taps are the tables of the application that owns all of them.
        const mayPrecede = ({ priority }: ListedFlow) => !isOthers || priority >= Band.rewriting;
        return overrides.foreign(dpid).filter(mayPrecede);
      },
      entryState: (ref) => reconciler.state(ref),
      policies: LazyList.from([...registry.values()], (entry) => effective(entry)),
      status: ({ id }) => statusTracker.status(id),
      plan: ({ id }) => compilation.lastPlan(id),
    };
  }
}
