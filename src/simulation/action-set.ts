// SPDX-License-Identifier: Apache-2.0
import type { ActionSpec } from "../flow-model/index.ts";

/** In the order in which an action set is executed. @spec OpenFlow 1.4.1 §5.10 */
const ORDER = ["popVlan", "pushVlan", "nxMultipath", "nxRegMove", "nxRegLoad", "setField"];
/** Only one of these is executed: the last action of the first kind present. */
const LAST = [["group", "useGroup"], ["output"], ["nxResubmitTable", "nxResubmit"]] as const;

/**
 * A bucket's actions as a switch executes them: a bucket is an action set, whatever the order in which
 * they were written. Empty when no action outputs the frame, as with the actions that Open vSwitch 3.1
 * accepts and lists in a bucket but never executes (truncating outputs, meters).
 */
export function actionSet(actions: readonly ActionSpec[]): readonly ActionSpec[] {
  const last = LAST.map((types) =>
    actions.findLast(({ type }) => (types as readonly string[]).includes(type)),
  ).find((action) => action !== undefined);
  if (last === undefined) return [];
  const others = actions.filter(({ type }) => ORDER.includes(type));
  others.sort((a, b) => ORDER.indexOf(a.type) - ORDER.indexOf(b.type));
  return [...others, last];
}
