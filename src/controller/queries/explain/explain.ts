// SPDX-License-Identifier: Apache-2.0
import type { ArrivedCopy, ExplainedHop, Explanation } from "../../../contract/explain.ts";
import type { FlowSpec } from "../../../flow-model/index.ts";
import { complete, type Steps } from "../../../lang/steps.ts";
import { frameFields } from "../../../packet/index.ts";
import { explainMatch, frameText, monitorsOwed, type Policy } from "../../../policy/index.ts";
import {
  type FrameAt,
  learnedBridge,
  type Outcome,
  readingOf,
  SimulatedNetwork,
} from "../../../simulation/index.ts";
import type { Dpid } from "../../../topology/index.ts";
import {
  type AssignedCopy,
  agreement,
  assignCopies,
  copiesOf,
  type EvaluatedPolicy,
  hasProblem,
} from "./arrived-copies.ts";
import { assumedTables, assumptions } from "./assumptions.ts";
import type { ExplainDeps } from "./explain-deps.ts";
import { type ActualOutcome, runningForeign } from "./foreign-entries.ts";
import { hex, hopsView, portView } from "./hops.ts";
import { explainedPolicy, ListedPolicies } from "./listed-policies.ts";

/** Which policies an explanation lists. */
interface RequestedPolicies {
  /** Those that are requested; absent: those that match, and the nearest misses. */
  readonly ids?: readonly string[] | undefined;
  /** Whether a policy may be listed at all. Default: it may. */
  readonly shows?: (policy: Policy) => boolean;
}

/**
 * What the network does with a frame: runs the desired tables on simulated switches, compares the result
 * with the reference semantics of the policies, and reports where the two disagree. Where entries of other
 * applications take the frame, the answer shows what they do, and the comparison is that without them.
 */
export function explainFrame(...request: Parameters<typeof explainSteps>): Explanation {
  return complete(explainSteps(...request));
}

/** As `explainFrame`, one visit or policy per step. The dependencies must not change in between. */
export function* explainSteps(
  at: FrameAt,
  deps: ExplainDeps,
  requested: RequestedPolicies = {},
): Steps<Explanation> {
  const outcome = yield* simulating(at, deps);
  const fields = frameFields(at.bytes) ?? {};
  const path = outcome.visits.filter(({ role }) => role === "original");
  const read = new Map(
    path.map(({ dpid }) => [dpid, frameFields(at.bytes, readingOf(deps.topology, dpid))]),
  );
  const seen = (dpid: Dpid) => read.get(dpid) ?? {};
  yield;
  // Only a policy that matches owes copies.
  const matching: EvaluatedPolicy[] = [];
  const listed = new ListedPolicies(requested.ids);
  for (const policy of deps.policies) {
    const each = { policy, match: explainMatch(policy, deps.topology, path, seen) };
    if (each.match.matches) matching.push(each);
    if (requested.shows?.(policy) ?? true) listed.add(each);
    yield;
  }
  const owed = monitorsOwed(policiesOf(matching), deps.topology, path, seen);
  const assessed = (found: Outcome): AssessedOutcome => {
    const assigned = assignCopies(found, at, owed, {
      topology: deps.topology,
      mayBeMore: (key) => matching.some((each) => hasProblem(each, key, deps)),
    });
    const copies = copiesOf(found, assigned, matching, deps.topology);
    return { outcome: found, assigned, copies };
  };
  const desired = assessed(outcome);
  const actual = yield* runningForeign(outcome, {
    ...deps,
    simulating: (more) => simulating(at, deps, more),
  });
  const found = actual ? { ...actual, ...assessed(actual.outcome) } : desired;
  const served = new Set(found.assigned.flatMap(({ key }) => key ?? []));
  const taken = actual?.taken ?? [];
  return {
    frame: hex(at.bytes),
    fields: frameText(fields),
    at: portView(deps.topology, at),
    policies: listed.shown.map((each) => explainedPolicy(each, { served, taken }, deps)),
    unlistedPolicies: listed.unlisted,
    ...explainedOutcome(found, matching, deps),
    taken,
    agreement: agreement(desired.assigned, desired.copies, matching, deps),
  };
}

function simulating(
  at: FrameAt,
  { topology, desired }: ExplainDeps,
  more: (dpid: Dpid) => readonly FlowSpec[] = () => [],
): Steps<Outcome> {
  return new SimulatedNetwork({
    topology,
    tables: (dpid) => [
      ...desired(dpid),
      ...more(dpid),
      ...assumedTables(topology.switches.get(dpid)),
    ],
    bridge: learnedBridge(topology),
  }).sending(at);
}

function policiesOf(evaluated: readonly EvaluatedPolicy[]): Policy[] {
  return evaluated.map(({ policy }) => policy);
}

/** A simulation, and the copies that arrive in it. */
interface AssessedOutcome {
  readonly outcome: Outcome;
  readonly assigned: readonly AssignedCopy[];
  readonly copies: readonly ArrivedCopy[];
}

/** The same, and what entries of other applications add to it. */
type ExplainedOutcome = AssessedOutcome & Partial<Pick<ActualOutcome, "foreign" | "assumptions">>;

/** The part of an explanation that follows from the simulation of what the switches hold. */
function explainedOutcome(
  { outcome, copies, foreign, assumptions: more = [] }: ExplainedOutcome,
  matching: readonly EvaluatedPolicy[],
  deps: ExplainDeps,
) {
  const { topology } = deps;
  const hops = hopsView(outcome, { ...deps, foreign });
  const originals = outcome.delivered.filter(({ role }) => role === "original");
  return {
    hops,
    originals: originals.map((each) => portView(topology, each)),
    copies,
    installed: installedState(hops),
    assumptions: [...assumptions(outcome, topology, policiesOf(matching)), ...more],
  };
}

function installedState(hops: readonly ExplainedHop[]): Explanation["installed"] {
  const open = hops.flatMap(({ switch: name, rules }) =>
    rules
      .filter(({ state }) => state !== "confirmed" && state !== "foreign")
      .map((rule) => ({ name, ...rule, text: `priority=${rule.priority},${rule.match}` })),
  );
  const reasons = open.map(({ name, state, text, detail }) =>
    state === "refused"
      ? `switch ${name} refused ${text}: ${detail}`
      : `switch ${name} has not confirmed ${text}`,
  );
  const refused = open.some(({ state }) => state === "refused");
  const state = refused ? "refused" : open.length > 0 ? "pending" : "confirmed";
  return { state, reasons: [...new Set(reasons)] };
}
