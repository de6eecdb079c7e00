import type { ActionSpec } from "../flow-model/index.ts";

/** In the order in which an action set is carried out. @spec OpenFlow 1.4.1 §5.10 */
const ORDER = ["popVlan", "pushVlan", "nxMultipath", "nxRegMove", "nxRegLoad", "setField"];
/** Of these only one is carried out: the first kind there is, its last action. */
const LAST = [["group", "useGroup"], ["output"], ["nxResubmitTable", "nxResubmit"]] as const;

/**
 * A bucket's actions as a switch carries them out: a bucket is an action set, whatever the order they
 * were written in. Empty when nothing in it sends the frame anywhere, as with the actions that Open
 * vSwitch 3.1 accepts and lists in a bucket but never carries out (truncating outputs, meters).
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
