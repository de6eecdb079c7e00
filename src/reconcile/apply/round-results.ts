import type { FlowKey } from "../../flow-model/index.ts";
import {
  BadActionCode,
  ErrorType,
  GroupModFailedCode,
  MeterModFailedCode,
} from "../../openflow/index.ts";
import type { MessageFailure, OpenFlowError } from "../model/switch-channel.ts";
import type { SwitchPlan } from "../model/switch-plan.ts";
import type { TableChange } from "../model/table-change.ts";
import type { SwitchTracker } from "../state/switch-tracker.ts";

/** Marks what the switch named as the culprits, so that the next plan does without. */
export function refuseCulprits(
  tracker: SwitchTracker,
  mods: readonly TableChange[],
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
  mods: readonly TableChange[],
  error: OpenFlowError,
): FlowKey[] {
  const flows = mods.filter((mod) => "flow" in mod);
  return (flows.length > 0 ? flows : mods).flatMap((mod) => refuse(tracker, mod, error.text));
}

function refuse(tracker: SwitchTracker, mod: TableChange, reason: string): FlowKey[] {
  switch (mod.type) {
    case "groupAdd":
      // The flow entries that want it find out when they are planned again.
      tracker.refusedGroups.set(mod.group.key, reason);
      return [];
    case "meterAdd":
      tracker.meters.refused.set(mod.identity, reason);
      return [];
    case "meterDelete":
      tracker.meters.stuck.add(mod.meter.id);
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
  if (errorType === ErrorType.MeterModFailed) return METER_DRIFT.has(errorCode);
  return (
    errorType === ErrorType.GroupModFailed &&
    (errorCode === GroupModFailedCode.GROUP_EXISTS ||
      errorCode === GroupModFailedCode.UNKNOWN_GROUP)
  );
}

/** Invalid: what Open vSwitch says of a flow entry whose meter is not there. */
const METER_DRIFT: ReadonlySet<number> = new Set([
  MeterModFailedCode.METER_EXISTS,
  MeterModFailedCode.INVALID_METER,
  MeterModFailedCode.UNKNOWN_METER,
]);
