// SPDX-License-Identifier: Apache-2.0
import type { PolicyDryRun } from "../../../contract/policy-sets.ts";

/** A rule in the forecast of a policy. */
interface ForecastRule {
  readonly text: string;
  /** Against the present policy; of a new policy every rule is added. */
  readonly change: "added" | "removed" | "kept";
}

/** What a policy needs on a switch, and how that differs from what it needs now. */
export interface SwitchChange {
  readonly name: string;
  readonly rules: readonly ForecastRule[];
  /** Number of rules. */
  readonly added: number;
  readonly removed: number;
  readonly groups: number;
  /** What the rules do to frames on the wire, in words. */
  readonly effects: readonly string[];
}

type RuleChange = NonNullable<PolicyDryRun["diff"]>["changes"][number];

/** The server lists the first texts of long changes, and ends them with this one. */
const FURTHER = /^… and (\d+) more$/;

/** Each switch that needs rules of the policy, now or then: removed rules first, then added ones. */
export function switchChanges({ switches, diff }: PolicyDryRun): readonly SwitchChange[] {
  const changes = new Map(
    diff?.changes.flatMap((change) =>
      change.what === "rules" && change.switch !== undefined
        ? [[change.switch, change] as const]
        : [],
    ),
  );
  const needed = switches.map(({ switch: name, rules, groups, effects }) => {
    const texts = rules.map(
      ({ table, priority, match, actions }) =>
        `table=${table},priority=${priority},${match} actions=${actions}`,
    );
    const change = changes.get(name);
    changes.delete(name);
    const compared = diff ? compare(texts, change) : addedOnly(texts);
    return { name, groups: groups.length, effects, ...compared };
  });
  const left = [...changes].map(([name, change]) => ({
    ...{ name, groups: 0, effects: [], ...compare([], change) },
  }));
  return [...needed, ...left];
}

function addedOnly(texts: readonly string[]) {
  const rules = texts.map((text) => ({ text, change: "added" as const }));
  return { rules, added: texts.length, removed: 0 };
}

function compare(texts: readonly string[], change: RuleChange | undefined) {
  const { before = [], after = [] } = change ?? {};
  const added = new Set(after);
  // Further ones are added, too, and not known by their texts: what is kept cannot be listed then.
  const isWhole = !after.some((text) => FURTHER.test(text));
  const kept = isWhole ? texts.filter((text) => !added.has(text)) : [];
  return {
    rules: [
      ...before.map((text) => ({ text, change: "removed" as const })),
      ...after.map((text) => ({ text, change: "added" as const })),
      ...kept.map((text) => ({ text, change: "kept" as const })),
    ],
    added: numberOf(after),
    removed: numberOf(before),
  };
}

/** Number of the texts that a list stands for. */
function numberOf(texts: readonly string[]): number {
  const further = Number(FURTHER.exec(texts.at(-1) ?? "")?.[1] ?? 0);
  return further > 0 ? texts.length - 1 + further : texts.length;
}
