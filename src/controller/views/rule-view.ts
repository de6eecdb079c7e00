// SPDX-License-Identifier: Apache-2.0
import type { ForeignRuleView } from "../../contract/entries/overriding-entries.ts";
import type { DesiredGroupView, GroupView, RuleView } from "../../contract/rules.ts";
import {
  CONTROLLER_ID,
  categoryOf,
  cookieFor,
  type FlowActionSpec,
  type FlowSpec,
  flowKey,
  type GroupSpec,
  type MeterSpec,
} from "../../flow-model/index.ts";
import { type Steps, sorted } from "../../lang/steps.ts";
import {
  type Action,
  type Bucket,
  formatActions,
  formatInstructions,
  formatMatch,
  type Match,
} from "../../openflow/index.ts";
import type {
  InstalledEntries,
  InstalledFlow,
  InstalledGroup,
  ListedFlow,
} from "../../reconcile/index.ts";
import { completeInSlices, mapInSlices } from "../../runtime/index.ts";

const GROUP_TYPES = ["all", "select", "indirect", "ff"] as const;

/** The confirmed entries of OpenVTAP, highest priority first. */
export async function installedView({ flows, groups }: InstalledEntries): Promise<{
  rules: RuleView[];
  groups: GroupView[];
}> {
  const rules = await mapInSlices(flows, installedRuleView);
  const inOrder = (x: RuleView, y: RuleView) =>
    y.priority - x.priority || compareText(x.match, y.match);
  const byId = await completeInSlices(sorted(groups, (x, y) => x.id - y.id));
  return {
    rules: await completeInSlices(sorted(rules, inOrder)),
    groups: await mapInSlices(byId, groupView),
  };
}

function groupView({ id, type, buckets }: InstalledGroup): GroupView {
  return {
    groupId: id,
    type: GROUP_TYPES[type] ?? String(type),
    buckets: buckets.map((bucket: Bucket) => formatActionList(bucket.actions)),
  };
}

/** A flow entry that a switch holds. */
export function installedRuleView(flow: InstalledFlow): RuleView {
  return ruleView(flow, flow.cookie, metered(flow.meter, formatActionList(flow.actions)));
}

/** A flow entry of another application. */
export function foreignRuleView(entry: ListedFlow): ForeignRuleView {
  const { table, priority, cookie, match, instructions } = entry;
  const actions = formatInstructions(instructions);
  return {
    ...{ table, priority, cookie: `0x${cookie.toString(16)}`, match: formatMatch(match) },
    actions: actions === "" ? "drop" : actions,
  };
}

/** Desired entries with the groups they use, as they would be installed. */
export function* desiredView(specs: readonly FlowSpec[]): Steps<{
  rules: RuleView[];
  groups: DesiredGroupView[];
}> {
  const groups = new Map<string, DesiredGroupView>();
  const rules: RuleView[] = [];
  for (const spec of specs) {
    yield;
    const cookie = cookieFor(spec.category, flowKey(spec));
    const meter = spec.meter && meterText(spec.meter);
    rules.push(ruleView(spec, cookie, metered(meter, formatSpecs(spec.actions, groups))));
  }
  return {
    rules: yield* sorted(rules, (x, y) => y.priority - x.priority),
    groups: [...groups.values()],
  };
}

function ruleView(
  { table, priority, match }: { table: number; priority: number; match: Match },
  cookie: bigint,
  actions: string,
): RuleView {
  const category = categoryOf(cookie) ?? "unknown";
  const text = formatMatch(match);
  return { table, priority, cookie: `0x${cookie.toString(16)}`, category, match: text, actions };
}

/** Puts a meter before the actions, as `ovs-ofctl` does. */
function metered(meter: number | string | undefined, actions: string): string {
  return meter === undefined ? actions : `meter:${meter},${actions}`;
}

/** A meter that has no id yet. */
function meterText({ rate, unit, burst }: MeterSpec): string {
  return `{${rate} ${unit}${burst === undefined ? "" : `, burst ${burst}`}}`;
}

function formatActionList(actions: readonly Action[]): string {
  return actions.length === 0 ? "drop" : formatActions(actions);
}

/** Actions with groups by content: `group:<its buckets>` stands for a group that has no id yet. */
function formatSpecs(
  actions: readonly FlowActionSpec[],
  groups: Map<string, DesiredGroupView>,
): string {
  if (actions.length === 0) return "drop";
  return actions.map((action) => formatSpec(action, groups)).join(",");
}

function formatSpec(action: FlowActionSpec, groups: Map<string, DesiredGroupView>): string {
  if (action.type === "useGroup") return `group:${nameOf(action.group, groups)}`;
  if (action.type !== "punt") return formatActions([action]);
  const meter = action.meter ? `,meter_id=${meterText(action.meter)}` : "";
  return `controller(max_len=${action.maxLen},id=${CONTROLLER_ID}${meter})`;
}

function nameOf(group: GroupSpec, groups: Map<string, DesiredGroupView>): string {
  const buckets = group.buckets.map(({ actions }) => formatSpecs(actions, groups));
  const name = `{${buckets.join(" | ")}}`;
  groups.set(name, { type: "all", buckets });
  return name;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
