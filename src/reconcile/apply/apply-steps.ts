import type { TableChange } from "../model/table-change.ts";

/** Changes that are sent together; every step is over before the next. */
export interface Step {
  readonly mods: readonly TableChange[];
  /** In one bundle; else one by one up to a barrier. */
  readonly atomic: boolean;
}

/** Meters, which no bundle takes, before and after one bundle of all the rest. */
export function bundledSteps(mods: readonly TableChange[]): Step[] {
  const steps = [
    { mods: mods.filter(({ type }) => type === "meterAdd"), atomic: false },
    { mods: mods.filter((mod) => !("meter" in mod)), atomic: true },
    { mods: mods.filter(({ type }) => type === "meterDelete"), atomic: false },
  ];
  return steps.filter((step) => step.mods.length > 0);
}

/** Steps without bundles: a barrier stands where the order matters. */
export function stepsOf(mods: readonly TableChange[]): Step[] {
  const steps: Step[] = [];
  let step: TableChange[] = [];
  let previous: TableChange | undefined;
  const inStep = new Set<number>();
  for (const mod of mods) {
    if (previous && !mayShareStep(previous, mod, inStep)) {
      steps.push({ mods: step, atomic: false });
      step = [];
      inStep.clear();
    }
    step.push(mod);
    if ("group" in mod) inStep.add(mod.group.id);
    previous = mod;
  }
  if (step.length > 0) steps.push({ mods: step, atomic: false });
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

/** Without a barrier between them a switch may change their order. */
function mayShareStep(
  previous: TableChange,
  mod: TableChange,
  groupsInStep: ReadonlySet<number>,
): boolean {
  if (STEP_OF[previous.type] !== STEP_OF[mod.type]) return false;
  if (mod.type === "groupAdd") return !mod.group.groups.some((id) => groupsInStep.has(id));
  // A group goes after the groups that use it.
  if (mod.type === "groupDelete" && previous.type === "groupDelete") {
    return !previous.group.groups.includes(mod.group.id);
  }
  return true;
}
