// SPDX-License-Identifier: Apache-2.0

import type { PolicyStatus } from "../../contract/policies.ts";
import type { PolicyEffect } from "../../contract/policy-sets.ts";
import type { RuleView } from "../../contract/rules.ts";
import type { Steps } from "../../lang/steps.ts";
import type { PolicyPlan } from "../../policy/index.ts";
import type { Topology } from "../../topology/index.ts";
import { sameStatus } from "../status/policy-status.ts";
import { switchName } from "../views/network-view.ts";
import { desiredView } from "../views/rule-view.ts";
import { forecastStatus, type PlannedEntries } from "./policy-forecast.ts";
import { wireEffects, withoutNumbers } from "./wire-effects.ts";

/** What clients may see of a policy at one moment, once every switch has confirmed. */
export interface PolicySnapshot {
  readonly status: PolicyStatus;
  /** The monitors that get copies. */
  readonly copied: readonly string[];
  /** By switch. */
  readonly switches: ReadonlyMap<string, SwitchSnapshot>;
}

interface SwitchSnapshot {
  readonly effects: readonly string[];
  /** Rules as text. */
  readonly rules: readonly string[];
}

type Change = PolicyEffect["changes"][number];

const NOTHING: SwitchSnapshot = { effects: [], rules: [] };

/** Most texts on a side of a change. */
const MOST_TEXTS = 20;

/** A policy as its plan puts it into effect. */
export function* snapshotOf(
  plan: PolicyPlan,
  entries: PlannedEntries,
  topology: Topology,
): Steps<PolicySnapshot> {
  const switches = new Map<string, SwitchSnapshot>();
  for (const [dpid, specs] of yield* entries.of(plan)) {
    yield;
    const { rules } = yield* desiredView(specs);
    const effects = yield* wireEffects(specs);
    switches.set(switchName(topology, dpid), { effects, rules: rules.map(ruleText) });
  }
  return {
    status: forecastStatus(plan, topology),
    copied: plan.copies.flatMap((copies) => (copies.entries.length > 0 ? [copies.monitor] : [])),
    switches,
  };
}

/** A policy that has no effect on switches. */
export function notInEffect(status: PolicyStatus): PolicySnapshot {
  return { status, copied: [], switches: new Map() };
}

/** What differs between two snapshots of a policy; empty: nothing. */
export function changesBetween(before: PolicySnapshot, after: PolicySnapshot): Change[] {
  const changes: Change[] = [];
  if (!sameStatus(before.status, after.status)) {
    changes.push({
      what: "state",
      before: statusTexts(before.status),
      after: statusTexts(after.status),
    });
  }
  if (before.copied.join() !== after.copied.join()) {
    changes.push({ what: "copies", before: before.copied, after: after.copied });
  }
  const names = [...new Set([...before.switches.keys(), ...after.switches.keys()])].sort();
  for (const name of names) {
    const [old, now] = [before.switches.get(name) ?? NOTHING, after.switches.get(name) ?? NOTHING];
    const onWire = difference(old.effects, now.effects);
    if (onWire !== undefined) {
      const unnumbered = difference(
        old.effects.map(withoutNumbers),
        now.effects.map(withoutNumbers),
      );
      const what = unnumbered === undefined ? "numbers" : "delivery";
      changes.push({ what, switch: name, ...onWire });
    }
    const rules = difference(old.rules, now.rules);
    if (rules !== undefined) changes.push({ what: "rules", switch: name, ...rules });
  }
  return changes;
}

function statusTexts({ state, reasons }: PolicyStatus): string[] {
  return [state, ...reasons];
}

function ruleText({ table, priority, match, actions }: RuleView): string {
  return `table=${table},priority=${priority},${match} actions=${actions}`;
}

/** The texts that only one side has; undefined: there are none. */
function difference(before: readonly string[], after: readonly string[]) {
  const [old, now] = [new Set(before), new Set(after)];
  const gone = before.filter((text) => !now.has(text));
  const added = after.filter((text) => !old.has(text));
  if (gone.length + added.length === 0) return undefined;
  return { before: listed(gone), after: listed(added) };
}

function listed(texts: readonly string[]): readonly string[] {
  if (texts.length <= MOST_TEXTS) return texts;
  return [...texts.slice(0, MOST_TEXTS), `… and ${texts.length - MOST_TEXTS} more`];
}
