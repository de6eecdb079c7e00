// SPDX-License-Identifier: Apache-2.0
import type { PolicyStatus } from "../../../contract/policies.ts";
import type { EntryRef, FlowSpec } from "../../../flow-model/index.ts";
import type { Policy, PolicyPlan } from "../../../policy/index.ts";
import type { ListedFlow } from "../../../reconcile/index.ts";
import type { Dpid, Topology } from "../../../topology/index.ts";
import type { EntryState } from "../../status/policy-status.ts";

/** The state of the controller that explaining a frame reads. */
export interface ExplainDeps {
  readonly topology: Topology;
  /** Every entry desired on a switch. */
  readonly desired: (dpid: Dpid) => readonly FlowSpec[];
  /** The entries of other applications on a switch, as last read. */
  readonly foreign: (dpid: Dpid) => readonly ListedFlow[];
  readonly entryState: (ref: EntryRef) => EntryState;
  /** The policies as they are in effect: a suspended one is disabled. */
  readonly policies: Iterable<Policy>;
  readonly status: (policy: Policy) => PolicyStatus;
  readonly plan: (policy: Policy) => PolicyPlan | undefined;
}
