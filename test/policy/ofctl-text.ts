// SPDX-License-Identifier: Apache-2.0
import {
  type FlowActionSpec,
  type FlowSpec,
  type GroupSpec,
  toOwnController,
} from "../../src/flow-model/index.ts";
import {
  type Action,
  applyActions,
  type Bucket,
  bucket,
  formatFlow,
  formatGroup,
  GroupType,
  group,
} from "../../src/openflow/index.ts";

/** Tables of a switch as `ovs-ofctl dump-flows` and `dump-groups` print them, group ids in order. */
export function ofctlText(flows: readonly FlowSpec[]): string {
  const groups: string[] = [];
  const sorted = [...flows].sort((a, b) => b.priority - a.priority);
  const lines = sorted.map((flow) => flowLine(flow, groups)).sort(byPriority);
  return [...lines, ...groups].join("\n");
}

function byPriority(a: string, b: string): number {
  const priority = (line: string) => Number(/priority=(\d+)/.exec(line)?.[1]);
  return priority(b) - priority(a) || (a < b ? -1 : 1);
}

function flowLine({ table, priority, match, actions }: FlowSpec, groups: string[]): string {
  return formatFlow({
    tableId: table,
    priority,
    cookie: 0n,
    idleTimeout: 0,
    hardTimeout: 0,
    flags: 0,
    importance: 0,
    match,
    instructions:
      actions.length === 0 ? [] : [applyActions(...actions.map((each) => action(each, groups)))],
  });
}

function action(spec: FlowActionSpec, groups: string[]): Action {
  // Without its meter, which has no id yet.
  if (spec.type === "punt") return toOwnController(spec.maxLen);
  return spec.type === "useGroup" ? group(groupId(spec.group, groups)) : spec;
}

function groupId({ buckets }: GroupSpec, groups: string[]): number {
  const text = (id: number) =>
    formatGroup({
      groupId: id,
      groupType: GroupType.All,
      buckets: buckets.map(
        ({ actions }): Bucket => bucket(actions.map((each) => action(each, groups))),
      ),
    });
  const known = groups.findIndex((line, index) => line === text(index + 1));
  if (known >= 0) return known + 1;
  groups.push(text(groups.length + 1));
  return groups.length;
}
