// SPDX-License-Identifier: Apache-2.0
import { mapDifferences } from "../../lang/persistent-map.ts";
import type { PortNo } from "../dpid.ts";
import type { Switch } from "../model.ts";
import type { Topology } from "../topology.ts";

/**
 * The ports of a switch that differ between two snapshots in their links, or in whether their peers are
 * known. A switch may have ten thousand ports: unchanged ones are not looked at. What hosts change is
 * not included, and neither is what the switch reports of its ports.
 */
export function portsOfOtherRole(
  before: Topology,
  after: Topology,
  { old, now }: { readonly old: Switch; readonly now: Switch },
): Set<PortNo> {
  const ports = new Set<PortNo>();
  if (old.probing !== now.probing) {
    for (const no of old.probing) if (!now.probing.has(no)) ports.add(no);
    for (const no of now.probing) if (!old.probing.has(no)) ports.add(no);
  }
  if (before.isRoutedLike(after)) return ports;
  const { dpid } = now;
  for (const [no] of mapDifferences(before.linkRoles(dpid), after.linkRoles(dpid))) ports.add(no);
  return ports;
}
