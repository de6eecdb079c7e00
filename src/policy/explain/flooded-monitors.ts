// SPDX-License-Identifier: Apache-2.0
import type { Topology } from "../../topology/index.ts";
import { besideName } from "../placement/beside.ts";
import {
  isPlaced,
  type LostMonitor,
  nameOf,
  type PlacedMonitor,
} from "../placement/placed-monitors.ts";

/**
 * Frames that reach monitors without a copy, sentences without a full stop. What a switch that forwards
 * by itself floods leaves by tap ports, too: OpenFlow 1.4 has no flag against it, and does not show what
 * else keeps a port out of floods. A monitor elsewhere than at a tap port takes part in the network.
 * `tapsFloods`: whether the policy may copy floods.
 */
export function floodedMonitors(
  monitors: readonly (PlacedMonitor | LostMonitor)[],
  topology: Topology,
  tapsFloods: boolean,
): string[] {
  const placed = monitors.filter(isPlaced).filter(({ party }) => party.tunnel === undefined);
  const isTap = ({ dpid, port }: PlacedMonitor) => topology.isTapPort(dpid, port);
  const others = tapsFloods ? placed.filter((each) => !isTap(each)) : [];
  const isOwned = ({ dpid }: PlacedMonitor) => besideName(topology, dpid) !== undefined;
  const own = others.filter((each) => !isOwned(each)).map(nameOf);
  const twice = `floods reach ${own.join(", ")} as such and as copies: give the monitor's host "role": "monitor"`;
  return [
    ...placed.filter(isTap).flatMap((each) => floodedBy(each, topology)),
    ...(own.length === 0 ? [] : [twice]),
    ...others.filter(isOwned).map((each) => floodedBeside(each, topology)),
  ];
}

function floodedBeside(monitor: PlacedMonitor, topology: Topology): string {
  const name = besideName(topology, monitor.dpid);
  return `floods reach ${nameOf(monitor)} as such and as copies, unless the application that programs ${name} keeps them from its port`;
}

function floodedBy(monitor: PlacedMonitor, { switches }: Topology): string[] {
  const found = switches.get(monitor.dpid);
  if (found === undefined || found.forwarding === "paths") return [];
  const port = found.ports.get(monitor.port)?.name || `port ${monitor.port}`;
  const what = `what switch ${found.name} floods reaches monitor ${nameOf(monitor)} besides its copies`;
  return found.forwarding === "normal"
    ? [`${what}, unless ovs-vsctl set port ${port} tag=4095 keeps it away: OpenFlow cannot`]
    : [`${what}, if the other application floods to ${port}`];
}
