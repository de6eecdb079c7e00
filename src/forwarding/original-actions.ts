// SPDX-License-Identifier: Apache-2.0
import {
  type ActionSpec,
  type BucketSpec,
  type GroupSpec,
  TAP_TABLE,
} from "../flow-model/index.ts";
import { output, Port, type RegisterBit, resubmit, setRegisterBit } from "../openflow/index.ts";
import {
  besideMark,
  type Dpid,
  type Host,
  hasTapsAlone,
  type LinkRole,
  LOCAL_PORT,
  type PortAt,
  type PortNo,
  type Topology,
} from "../topology/index.ts";
import { DROPPED } from "./placed-hosts.ts";

/**
 * The actions of base forwarding for a frame. The original of a tapped frame gets the same actions, so
 * that it is forwarded as if no policy existed. Empty: the frame is dropped.
 *
 * `inPort` undefined: any edge port. An output to the ingress port is kept: the switch ignores it, as
 * it does in base forwarding.
 */
export function originalActions(
  topology: Topology,
  dpid: Dpid,
  inPort: PortNo | undefined,
  ethDst: number,
): readonly ActionSpec[] {
  const found = topology.switches.get(dpid);
  if (!found) return [];
  const { forwarding } = found;
  const mark = besideMark(forwarding);
  if (mark !== undefined) return passedOn(mark);
  // What mirrors hand over are no originals; where they come from, no frames are tapped.
  if (hasTapsAlone(forwarding)) return [];
  if (inPort !== undefined && topology.isTapPort(dpid, inPort)) return [];
  if (forwarding === "normal") return [output(Port.Normal)];
  if (typeof forwarding === "object" && "table" in forwarding) return [resubmit(forwarding.table)];

  if (isReservedMac(ethDst)) return [];
  const role: LinkRole | undefined =
    inPort === undefined ? undefined : topology.linkRole(dpid, inPort);
  if (role === "blocked" || role === "probing") return [];
  const host = topology.hostByMac(ethDst);
  const port = host && portToward(topology, dpid, host);
  if (port !== undefined) return port === DROPPED ? [] : [output(port)];
  return role === "path" ? [] : floodActions(topology, dpid);
}

/** By register and bit. */
const passed = new Map<number, readonly ActionSpec[]>();

/**
 * Hands a frame to the other application as it came: it passes the tap table again, where its mark keeps it from
 * every rule for taps.
 */
function passedOn(mark: RegisterBit): readonly ActionSpec[] {
  const key = mark.register * 32 + mark.bit;
  const actions = passed.get(key) ?? [setRegisterBit(mark), resubmit(TAP_TABLE)];
  passed.set(key, actions);
  return actions;
}

/**
 * The port by which frames for a host leave; undefined when it has no place or no path. Those for a host at
 * a tap port end at its switch: flooding them would spread copies that lost their way.
 */
export function portToward(
  topology: Topology,
  dpid: Dpid,
  host: Host,
): PortNo | typeof DROPPED | undefined {
  if (host.port === undefined || topology.isLinkPort(host.dpid, host.port)) return undefined;
  if (host.dpid !== dpid) return topology.nextHop(dpid, host.dpid);
  return topology.isTapPort(dpid, host.port) ? DROPPED : host.port;
}

/** Flood groups by snapshot: the tap compiler queries the same ones repeatedly. */
const floods = new WeakMap<Topology, Map<Dpid, readonly ActionSpec[]>>();

/** The use of a switch's flood group; empty when it has no port to flood to. */
export function floodActions(topology: Topology, dpid: Dpid): readonly ActionSpec[] {
  const known = floods.get(topology) ?? new Map<Dpid, readonly ActionSpec[]>();
  floods.set(topology, known);
  let actions = known.get(dpid);
  if (!actions) {
    const group = floodGroup(topology, dpid);
    actions = group.buckets.length > 0 ? [{ type: "useGroup", group }] : [];
    known.set(dpid, actions);
  }
  return actions;
}

/** Passes the flood group of a switch on to a snapshot in which it floods to the same ports. */
export function keepFlood(before: Topology, after: Topology, dpid: Dpid): void {
  const actions = floods.get(before)?.get(dpid);
  if (!actions) return;
  const known = floods.get(after) ?? new Map<Dpid, readonly ActionSpec[]>();
  floods.set(after, known.set(dpid, actions));
}

/** Whether a switch floods to a port. */
export function floodsTo(topology: Topology, { dpid, port }: PortAt): boolean {
  const role = topology.linkRole(dpid, port);
  if (role !== undefined) return role === "tree";
  if (topology.isTapPort(dpid, port)) return false;
  const hasPort = topology.switches.get(dpid)?.ports.has(port) === true && port !== LOCAL_PORT;
  return hasPort || topology.macsAt(dpid, port).length > 0;
}

/**
 * One bucket for every edge port and every tree link port, in order of port number: a flooded frame
 * reaches every host once. The switch itself omits the ingress port.
 */
function floodGroup(topology: Topology, dpid: Dpid): GroupSpec {
  const links = [...topology.linkRoles(dpid)].flatMap(([port, role]) =>
    role === "tree" ? [port] : [],
  );
  const ports = [...topology.edgePorts(dpid), ...links].sort((x, y) => x - y);
  if (ports.length <= MAX_BUCKETS) return { buckets: ports.map(toPort) };
  return { buckets: groupsOf(ports).map((some) => toGroup({ buckets: some.map(toPort) })) };
}

/**
 * Buckets of an output that one message carries: 32 bytes each in at most 65,535 make 2,046. Beyond it
 * the group's buckets lead to further groups.
 */
const MAX_BUCKETS = 2000;
/** Ports per further group. */
const PORTS_PER_GROUP = 1000;

/** Ports whose numbers are near each other are together: another port changes one group. */
function groupsOf(ports: readonly PortNo[]): readonly (readonly PortNo[])[] {
  const byNumber = groupedBy(ports, (port) => Math.floor(port / PORTS_PER_GROUP));
  if (byNumber.length <= MAX_BUCKETS) return byNumber;
  return groupedBy(ports, (_, index) => Math.floor(index / PORTS_PER_GROUP));
}

function groupedBy(
  ports: readonly PortNo[],
  keyOf: (port: PortNo, index: number) => number,
): PortNo[][] {
  const groups = new Map<number, PortNo[]>();
  for (const [index, port] of ports.entries()) {
    const key = keyOf(port, index);
    const group = groups.get(key);
    if (group) group.push(port);
    else groups.set(key, [port]);
  }
  return [...groups.values()];
}

function toPort(port: PortNo): BucketSpec {
  return { role: "original", actions: [output(port)] };
}

function toGroup(group: GroupSpec): BucketSpec {
  return { role: "original", actions: [{ type: "useGroup", group }] };
}

/** First and mask of 01:80:c2:00:00:00 to :0f, which a bridge never forwards (IEEE 802.1Q §8.6.3). */
export const RESERVED_MACS = { value: 0x0180c2000000, mask: 0xfffffffffff0 } as const;

function isReservedMac(mac: number): boolean {
  return mac >= RESERVED_MACS.value && mac <= RESERVED_MACS.value + 0xf;
}
