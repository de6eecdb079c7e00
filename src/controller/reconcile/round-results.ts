import { BadActionCode, ErrorType, GroupModFailedCode } from "../../openflow/index.ts";
import type { FlowKey } from "../../pipeline/index.ts";
import type { Mod } from "./mod.ts";
import type { SwitchPlan } from "./plan.ts";
import type { MessageFailure, OpenFlowError } from "./switch-channel.ts";
import type { SwitchTracker } from "./tracker.ts";

/** Changes that belong together when they are sent one by one: a barrier goes after each step. */
export function stepsOf(mods: readonly Mod[]): Mod[][] {
  const steps: Mod[][] = [];
  let step: Mod[] = [];
  let previous: Mod | undefined;
  const inStep = new Set<number>();
  for (const mod of mods) {
    if (previous && !mayShareStep(previous, mod, inStep)) {
      steps.push(step);
      step = [];
      inStep.clear();
    }
    step.push(mod);
    if ("group" in mod) inStep.add(mod.group.id);
    previous = mod;
  }
  if (step.length > 0) steps.push(step);
  return steps;
}

const STEP_OF: Readonly<Record<Mod["type"], number>> = {
  groupAdd: 0,
  flowAdd: 1,
  flowModify: 1,
  flowDelete: 2,
  groupDelete: 3,
};

/** Without a barrier between them a switch may change their order. */
function mayShareStep(previous: Mod, mod: Mod, groupsInStep: ReadonlySet<number>): boolean {
  if (STEP_OF[previous.type] !== STEP_OF[mod.type]) return false;
  if (mod.type === "groupAdd") return !mod.group.groups.some((id) => groupsInStep.has(id));
  // A group goes after the groups that use it.
  if (mod.type === "groupDelete" && previous.type === "groupDelete") {
    return !previous.group.groups.includes(mod.group.id);
  }
  return true;
}

/** Marks what the switch named as the culprits, so that the next plan does without. */
export function refuseCulprits(
  tracker: SwitchTracker,
  mods: readonly Mod[],
  failures: readonly MessageFailure[],
): FlowKey[] {
  const keys: FlowKey[] = [];
  for (const { index, error } of failures) {
    const mod = mods[index];
    if (mod) keys.push(...refuse(tracker, mod, error.text));
  }
  return keys;
}

/** Refuses everything that belongs to a single entry: nothing else can be to blame. */
export function refuseAll(
  tracker: SwitchTracker,
  mods: readonly Mod[],
  error: OpenFlowError,
): FlowKey[] {
  const flows = mods.filter((mod) => "flow" in mod);
  return (flows.length > 0 ? flows : mods).flatMap((mod) => refuse(tracker, mod, error.text));
}

function refuse(tracker: SwitchTracker, mod: Mod, reason: string): FlowKey[] {
  switch (mod.type) {
    case "groupAdd":
      // The flow entries that want it find out when they are planned again.
      tracker.refusedGroups.set(mod.group.key, reason);
      return [];
    case "groupDelete":
      tracker.stuckGroups.add(mod.group.id);
      return [];
    default: {
      const { key } = mod.flow;
      // Something about it has changed since it was sent: it is planned again anyway.
      if (tracker.dirty.has(key)) return [];
      const deletion = mod.type === "flowDelete";
      tracker.refuse(key, { spec: tracker.desired.get(key), reason, deletion });
      return [key];
    }
  }
}

/** How many entries share the blame for a failed plan. */
export function unitsOf(plan: SwitchPlan): number {
  return plan.touches.size || plan.mods.length;
}

/**
 * Whether an error says that the switch does not hold what we believe: somebody else has changed
 * it, and reading it again is the remedy.
 */
export function meansDrift({ errorType, errorCode }: OpenFlowError): boolean {
  if (errorType === ErrorType.BadAction) return errorCode === BadActionCode.BAD_OUT_GROUP;
  return (
    errorType === ErrorType.GroupModFailed &&
    (errorCode === GroupModFailedCode.GROUP_EXISTS ||
      errorCode === GroupModFailedCode.UNKNOWN_GROUP)
  );
}
