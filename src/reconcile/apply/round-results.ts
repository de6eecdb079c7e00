// SPDX-License-Identifier: Apache-2.0
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

/** Refuses the changes that the switch named as faulty, so that the next plan leaves them out. */
export function refuseNamed(
  tracker: SwitchTracker,
  changes: readonly TableChange[],
  failures: readonly MessageFailure[],
): readonly FlowKey[] {
  return failures.flatMap(({ index, error }) => {
    const change = changes[index];
    return change ? tracker.refuse(change, error.text) : [];
  });
}

/** Refuses every change of a plan that concerns a single entry: nothing else can be at fault. */
export function refuseAll(
  tracker: SwitchTracker,
  changes: readonly TableChange[],
  { text }: OpenFlowError,
): readonly FlowKey[] {
  const flows = changes.filter((change) => "flow" in change);
  return (flows.length > 0 ? flows : changes).flatMap((change) => tracker.refuse(change, text));
}

/** How many entries may be at fault for a failed plan. */
export function unitsOf(plan: SwitchPlan): number {
  return plan.touches.size || plan.changes.length;
}

/**
 * Whether an error shows that the switch does not hold what it has confirmed: another application has
 * changed it, and its tables must be read again.
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

/** INVALID_METER: Open vSwitch's error for a flow entry whose meter is missing. */
const METER_DRIFT: ReadonlySet<number> = new Set([
  MeterModFailedCode.METER_EXISTS,
  MeterModFailedCode.INVALID_METER,
  MeterModFailedCode.UNKNOWN_METER,
]);
