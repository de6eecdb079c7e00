// SPDX-License-Identifier: Apache-2.0
import { type Dpid, hostChanges, type PortNo, type Topology } from "../../topology/index.ts";

/** Whether a host is named at a port of the switch; of ten thousand ports without hosts none is looked up. */
export function pinnedPorts(topology: Topology, dpid: Dpid): (port: PortNo) => boolean {
  if (!topology.hasHostsOn(dpid)) return () => false;
  return (port) => topology.isPinned(dpid, port);
}

/** The ports where hosts that files or REST clients name were, or are now, by switch. */
export function changedPins(
  before: Topology["hosts"],
  after: Topology["hosts"],
): ReadonlyMap<Dpid, ReadonlySet<PortNo>> {
  const pins = new Map<Dpid, Set<PortNo>>();
  for (const { old, now } of hostChanges(before, after).values()) {
    for (const host of [old, now]) {
      if (host?.port === undefined || host.origin === "learned") continue;
      const ports = pins.get(host.dpid) ?? new Set<PortNo>();
      pins.set(host.dpid, ports.add(host.port));
    }
  }
  return pins;
}
