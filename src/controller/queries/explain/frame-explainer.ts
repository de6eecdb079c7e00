// SPDX-License-Identifier: Apache-2.0
import type { ExplainRequest, Explanation } from "../../../contract/explain.ts";
import type { Reconciler } from "../../../reconcile/index.ts";
import { YieldTimer } from "../../../runtime/index.ts";
import type { JsonProblem } from "../../../topology/index.ts";
import type { Compilation } from "../../desired/compilation.ts";
import type { DesiredState } from "../../desired/desired-state.ts";
import type { Network } from "../../network/network.ts";
import type { NetworkUpdates } from "../../network/network-updates.ts";
import type { PolicyRegistry } from "../../policies/policy-registry.ts";
import type { PolicyStatusTracker } from "../../status/policy-status-tracker.ts";
import type { TapSuspension } from "../../suspension/index.ts";
import { explainSteps } from "./explain.ts";
import type { ExplainDeps } from "./explain-deps.ts";
import { readFrame } from "./frame-input.ts";

/** Dependencies of `FrameExplainer`. */
interface FrameExplainerDeps {
  readonly network: Network;
  readonly updates: NetworkUpdates;
  readonly registry: PolicyRegistry;
  readonly suspension: TapSuspension;
  readonly compilation: Compilation;
  readonly desired: DesiredState;
  readonly reconciler: Reconciler;
  readonly statusTracker: PolicyStatusTracker;
}

/** Explains frames for the present desired state. Sends nothing. */
export class FrameExplainer {
  readonly #deps: FrameExplainerDeps;

  constructor(deps: FrameExplainerDeps) {
    this.#deps = deps;
  }

  /**
   * What the network does with a frame, or the problems of the request. Yields to the event loop in
   * between; if the desired state changes meanwhile, starts again and does not yield any more.
   */
  async explain(
    request: ExplainRequest,
  ): Promise<
    { readonly explanation: Explanation } | { readonly problems: readonly JsonProblem[] }
  > {
    const { network, updates, desired } = this.#deps;
    const yields = new YieldTimer();
    for (let mayYield = true; ; mayYield = false) {
      updates.flush();
      const begun = desired.changes;
      const read = readFrame(request, network.topology);
      if ("problems" in read) return read;
      const steps = explainSteps(read.at, this.#explainDeps(), request.policies);
      let step = steps.next();
      while (!step.done && desired.changes === begun) {
        if (mayYield && yields.shouldYield) await yields.yieldNow();
        step = steps.next();
      }
      if (step.done && desired.changes === begun) return { explanation: step.value };
    }
  }

  #explainDeps(): ExplainDeps {
    const { network, reconciler, registry, suspension, statusTracker, compilation } = this.#deps;
    return {
      topology: network.topology,
      desired: (dpid) => reconciler.desired(dpid),
      entryState: (ref) => reconciler.state(ref),
      policies: [...registry.values()].map((entry) => suspension.effective(entry)),
      status: ({ id }) => statusTracker.status(id),
      plan: ({ id }) => compilation.plan(id),
    };
  }
}
