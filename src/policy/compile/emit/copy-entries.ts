import { type BucketSpec, copyMark, type EntryRef } from "../../../flow-model/index.ts";
import type { PlacedMonitor } from "../../placement/placed-monitors.ts";
import type { CopyTrail } from "../model/policy-plan.ts";
import type { Obstacle } from "../overlap/copy.ts";
import type { CopyRequest } from "../overlap/resolve-element.ts";
import { entriesOf } from "./copy-buckets.ts";
import type { Rule } from "./rule-writer.ts";

/** The entries that bring a policy's copies to one of its monitors, or why there are none. */
export interface CopyEntries {
  readonly wish: CopyRequest;
  readonly entries: readonly EntryRef[];
  /** Where the copies are counted; absent when none are made. */
  readonly trail?: CopyTrail;
}

/** Which rules decide about frames of others, too, besides those that a tap wants for a monitor. */
export class SharedRules {
  readonly #inside = new Set<Rule>();
  readonly #unwanted = new Map<Rule, Set<string>>();

  /** A rule whose frames are all among those of the tap. */
  own(rule: Rule): void {
    this.#inside.add(rule);
  }

  /** A rule decides about frames of which the tap wants copies for these monitors of its own. */
  note(rule: Rule, monitors: readonly PlacedMonitor[], wishes: readonly CopyRequest[]): void {
    for (const { key } of monitors) {
      const wanted = wishes.some(({ monitor, elected }) => monitor.key === key && !elected);
      if (!wanted) this.#unwanted.set(rule, (this.#unwanted.get(rule) ?? new Set()).add(key));
    }
  }

  isExact(rule: Rule, { key }: PlacedMonitor): boolean {
    return this.#inside.has(rule) && this.#unwanted.get(rule)?.has(key) !== true;
  }
}

const NO_VLAN_ID: Obstacle = (monitor) =>
  `no VLAN id is free for tagged copies to monitor ${monitor} (reserve some with tapVlanRange)`;

/** What comes of a wish that a rule serves; `ref` names the rule. */
export function copyEntries(
  ref: EntryRef,
  rule: Rule,
  wish: CopyRequest,
  exact: boolean,
): CopyEntries {
  if (wish.obstacle !== undefined || wish.elected !== undefined) return { wish, entries: [] };
  const held = rule.making.held.filter(({ copy }) => copy.monitor.key === wish.monitor.key);
  if (held.some(({ isStuck }) => isStuck)) {
    return { wish: { ...wish, obstacle: NO_VLAN_ID }, entries: [] };
  }
  const entries = [ref, ...held.flatMap(entriesOf)];
  const bucket = bucketFor(rule, wish.monitor);
  if (bucket === undefined) return { wish, entries };
  // Of treated copies the rule counts more frames than leave as copies: what is not sent is not lost.
  const isTreated = held.some(({ detour }) => detour !== undefined);
  const arrival = held[0]?.passage?.rules.find(({ flow }) => flow.category === "recovery");
  const sink = arrival && !isTreated ? { sink: arrival.ref } : {};
  const mark = copyMark(bucket.actions);
  const { set } = wish.monitor.party;
  const shared = set === undefined ? {} : { set };
  const trail = { source: ref, mark, ...sink, ...shared, exact: exact && !isTreated };
  return { wish, entries, trail };
}

/** The bucket of a rule that makes a monitor's copies; where there are several, the first. */
function bucketFor({ making }: Rule, monitor: PlacedMonitor): BucketSpec | undefined {
  const { label, actions, held } = making;
  const [action] = actions;
  if (action?.type !== "useGroup") return undefined;
  // The first one is the original.
  let at = 1;
  for (const copy of label.copies) {
    const stuck = held.filter((each) => each.copy === copy && each.isStuck).length;
    const count = copy.cases.length - stuck;
    if (copy.monitor.key === monitor.key) return count > 0 ? action.group.buckets[at] : undefined;
    at += count;
  }
  return undefined;
}
