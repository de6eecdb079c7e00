// SPDX-License-Identifier: Apache-2.0
import type { TableChange } from "../model/table-change.ts";

/** Changes that are sent together; each step is answered before the next is sent. */
export interface Step {
  readonly changes: readonly TableChange[];
  /** In one bundle; otherwise one by one up to a barrier. */
  readonly atomic: boolean;
}

/** One bundle, with the meters before and after it: a bundle cannot contain meter-mods. */
export function bundledSteps(changes: readonly TableChange[]): Step[] {
  const steps = [
    { changes: changes.filter(({ type }) => type === "meterAdd"), atomic: false },
    { changes: changes.filter((change) => !("meter" in change)), atomic: true },
    { changes: changes.filter(({ type }) => type === "meterDelete"), atomic: false },
  ];
  return steps.filter((step) => step.changes.length > 0);
}

/** Steps without bundles: a barrier between steps wherever the order matters. */
export function stepsOf(changes: readonly TableChange[]): Step[] {
  const steps: Step[] = [];
  let step: TableChange[] = [];
  let previous: TableChange | undefined;
  const inStep = new Set<number>();
  for (const change of changes) {
    if (previous && !mayShareStep(previous, change, inStep)) {
      steps.push({ changes: step, atomic: false });
      step = [];
      inStep.clear();
    }
    step.push(change);
    if ("group" in change) inStep.add(change.group.id);
    previous = change;
  }
  if (step.length > 0) steps.push({ changes: step, atomic: false });
  return steps;
}

const STEP_OF: Readonly<Record<TableChange["type"], number>> = {
  meterAdd: 0,
  groupAdd: 1,
  flowAdd: 2,
  flowModify: 2,
  flowDelete: 3,
  groupDelete: 4,
  meterDelete: 5,
};

/** Whether two changes need no barrier between them: a switch may then reorder them. */
function mayShareStep(
  previous: TableChange,
  change: TableChange,
  groupsInStep: ReadonlySet<number>,
): boolean {
  if (STEP_OF[previous.type] !== STEP_OF[change.type]) return false;
  if (change.type === "groupAdd") return !change.group.groups.some((id) => groupsInStep.has(id));
  // A group is deleted after the groups that use it.
  if (change.type === "groupDelete" && previous.type === "groupDelete") {
    return !previous.group.groups.includes(change.group.id);
  }
  return true;
}
