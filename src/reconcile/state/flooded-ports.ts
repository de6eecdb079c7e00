// SPDX-License-Identifier: Apache-2.0
import type { FlowKey } from "../../flow-model/index.ts";
import type { InstalledFlow, InstalledGroup } from "../model/installed.ts";
import type { TableChange } from "../model/table-change.ts";

/**
 * The ports a switch floods to: those of the groups its flooding entry uses, and of the groups that
 * buckets use (the originals of taps whose frames are flooded).
 */
export function floodedPorts(
  tables: {
    readonly flows: ReadonlyMap<FlowKey, InstalledFlow>;
    readonly groups: ReadonlyMap<number, InstalledGroup>;
  },
  floodKey: FlowKey,
): ReadonlySet<number> {
  const flooding = new Set(tables.flows.get(floodKey)?.groups);
  for (const { groups } of tables.groups.values()) for (const id of groups) flooding.add(id);
  return new Set([...flooding].flatMap((id) => portsOf(tables.groups.get(id))));
}

/** Whether a change in flight may open a port to floods. */
export function opens(change: TableChange, port: number, drop: FlowKey): boolean {
  if ("flow" in change) return change.flow.key === drop;
  return change.type === "groupAdd" && portsOf(change.group).includes(port);
}

function portsOf(group: InstalledGroup | undefined): number[] {
  return (group?.buckets ?? []).flatMap(({ actions }) =>
    actions.flatMap((action) => (action.type === "output" ? [action.port] : [])),
  );
}
