// SPDX-License-Identifier: Apache-2.0
import type { FlowSpec } from "../../flow-model/index.ts";
import type { Switch } from "../../topology/index.ts";

/**
 * Whether copies that an entry makes may lack the drop eligible bit (DEI) of the frame: on a switch that
 * has no clone they push their tag after the original, whose tags another program may have changed.
 */
export function mayLoseEligibleBit({ actions }: FlowSpec, at: Switch | undefined): boolean {
  if (at === undefined || !at.isPlain || at.forwarding === "paths") return false;
  const buckets = actions.flatMap((each) => (each.type === "useGroup" ? each.group.buckets : []));
  const original = buckets.findIndex(({ role }) => role === "original");
  return buckets.some(
    ({ role, actions: own }, index) =>
      role === "copy" && index > original && own.some(({ type }) => type === "pushVlan"),
  );
}
