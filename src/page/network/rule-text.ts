// SPDX-License-Identifier: Apache-2.0
/** Rules and groups as `ovs-ofctl` writes them, and their filter. */
import type { GroupView, RuleView } from "../../contract/rules.ts";

/** A rule in one line, as `ovs-ofctl dump-flows` has it. */
export function ruleText({ cookie, table, priority, match, actions }: RuleView): string {
  const condition = match === "" ? "" : `,${match}`;
  return `cookie=${cookie}, table=${table}, priority=${priority}${condition} actions=${actions}`;
}

/** A group in one line, as `ovs-ofctl dump-groups` has it. */
export function groupText({ groupId, type, buckets }: GroupView): string {
  return [
    `group_id=${groupId},type=${type}`,
    ...buckets.map((each) => `bucket=actions=${each}`),
  ].join(",");
}

/** Identifies a rule on its switch. */
export function ruleKey({
  table,
  priority,
  match,
}: Omit<RuleView, "cookie" | "actions" | "category">) {
  return `${table} ${priority} ${match}`;
}

export interface RuleFilter {
  /** Words that all must occur in the rule's text or category. */
  readonly text: string;
  /** Empty: any. */
  readonly category: string;
  /** Keys of the rules of a policy; undefined: any. */
  readonly keys?: ReadonlySet<string>;
}

/** The rules that a filter selects, the highest priority first. */
export function filteredRules(
  rules: readonly RuleView[],
  { text, category, keys }: RuleFilter,
): readonly RuleView[] {
  const words = text.toLowerCase().split(/\s+/);
  return rules
    .filter((rule) => {
      if (category !== "" && rule.category !== category) return false;
      if (keys && !keys.has(ruleKey(rule))) return false;
      const whole = `${ruleText(rule)} ${rule.category}`.toLowerCase();
      return words.every((word) => whole.includes(word));
    })
    .sort((a, b) => a.table - b.table || b.priority - a.priority);
}

/** Groups that rules use. */
export function groupsOf(
  rules: readonly RuleView[],
  groups: readonly GroupView[],
): readonly GroupView[] {
  const used = new Set(
    rules.flatMap(({ actions }) => [...actions.matchAll(/group:(\d+)/g)].map(([, id]) => id)),
  );
  return groups.filter(({ groupId }) => used.has(String(groupId)));
}
