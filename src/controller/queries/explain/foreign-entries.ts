// SPDX-License-Identifier: Apache-2.0
import type { FlowActionSpec, FlowSpec } from "../../../flow-model/index.ts";
import type { Steps } from "../../../lang/steps.ts";
import { type Action, type Instruction, resubmit } from "../../../openflow/index.ts";
import { foreignEntryText, type ListedFlow } from "../../../reconcile/index.ts";
import type { Outcome, Visit } from "../../../simulation/index.ts";
import type { Dpid, Topology } from "../../../topology/index.ts";

/** The entries of other applications in simulated tables. */
export type ForeignSpecs = ReadonlyMap<FlowSpec, ListedFlow>;

/** What the switches do with a frame where entries of other applications take it. */
export interface ActualOutcome {
  readonly outcome: Outcome;
  readonly foreign: ForeignSpecs;
  /** The entries that take the frame or a copy of it, as sentences without a full stop. */
  readonly taken: readonly string[];
  readonly assumptions: readonly string[];
}

/** The state of the network that the entries of other applications are run in. */
interface ForeignDeps {
  readonly topology: Topology;
  readonly foreign: (dpid: Dpid) => readonly ListedFlow[];
  /** Runs the frame with further entries in the tables. */
  readonly simulating: (more: (dpid: Dpid) => readonly FlowSpec[]) => Steps<Outcome>;
}

/**
 * Runs a frame with the entries of other applications, as last read, among those of OpenVTAP; undefined when none
 * of them takes it. Where they do what is not simulated (groups, connection tracking, …) they are assumed to
 * drop: then only what happens before is known.
 */
export function* runningForeign(
  desired: Outcome,
  deps: ForeignDeps,
): Steps<ActualOutcome | undefined> {
  const { topology } = deps;
  if (!desired.visits.some(({ dpid }) => deps.foreign(dpid).length > 0)) return undefined;
  const { outcome, foreign, isWhole } = yield* attempting(deps);
  const taken = new Set<string>();
  for (const visit of outcome.visits) {
    for (const entry of firedAt(visit, foreign)) taken.add(takenText(entry, visit, topology));
  }
  if (taken.size === 0) return undefined;
  const assumed =
    "other applications' flow entries do what is not simulated: they are assumed to drop";
  return { outcome, foreign, taken: [...taken], assumptions: isWhole ? [] : [assumed] };
}

/** With all their actions, or without, if some of them cannot be simulated. */
function* attempting(deps: ForeignDeps) {
  try {
    return { ...(yield* running(deps, actionsOf)), isWhole: true };
  } catch {
    return { ...(yield* running(deps, () => [])), isWhole: false };
  }
}

/** Runs the frame with the entries of other applications, each with these actions. */
function* running({ foreign, simulating }: ForeignDeps, actionsFor: typeof actionsOf) {
  const specs = new Map<FlowSpec, ListedFlow>();
  const outcome = yield* simulating((dpid) => {
    const entries = foreign(dpid);
    return entries.map((entry, index) => {
      const { table, match } = entry;
      // Of one priority the switch may choose any: the first of other applications, for each frame the same.
      const priority = entry.priority + 0.5 - index / (2 * entries.length + 2);
      const actions = actionsFor(entry);
      const spec: FlowSpec = { table, priority, match, category: "forwarding", actions };
      specs.set(spec, entry);
      return spec;
    });
  });
  return { outcome, foreign: specs };
}

/** The actions of an entry, as far as instructions are simulated. */
function actionsOf({ instructions }: ListedFlow): readonly FlowActionSpec[] {
  return instructions.flatMap(actionsOfOne);
}

function actionsOfOne(instruction: Instruction): readonly Action[] {
  switch (instruction.type) {
    case "applyActions":
    case "writeActions":
      return instruction.actions;
    case "gotoTable":
      return [resubmit(instruction.tableId)];
    default:
      throw new Error(`instruction ${instruction.type} is not simulated`);
  }
}

function firedAt({ fired }: Visit, foreign: ForeignSpecs): ListedFlow[] {
  return fired.flatMap(({ flow }) => (flow && foreign.get(flow)) ?? []);
}

function takenText(entry: ListedFlow, { dpid, role }: Visit, topology: Topology): string {
  const name = topology.switches.get(dpid)?.name ?? dpid;
  const what = role === "copy" ? "a copy" : "the frame";
  return `another application's flow entry takes ${what} on switch ${name} (${foreignEntryText(entry)})`;
}
