// SPDX-License-Identifier: Apache-2.0
import {
  type ActionSpec,
  Band,
  destinationOf,
  type FlowKey,
  type FlowSpec,
  flowKey,
  overlayRecovery,
  patchDelivery,
  TAP_TABLE,
} from "../flow-model/index.ts";
import { complete } from "../lang/steps.ts";
import { type Match, match, output } from "../openflow/index.ts";
import {
  type Dpid,
  hasTapsAlone,
  isMirrored,
  type LinkRole,
  overlayKeyAt,
  overlayPort,
  type PortAt,
  type PortNo,
  patchedByName,
  type Switch,
  type Topology,
} from "../topology/index.ts";
import { cachedByPort } from "./cached-by-port.ts";
import { puntRate } from "./host-punts.ts";
import { floodActions, originalActions, RESERVED_MACS } from "./original-actions.ts";
import { DROPPED, isSomewhere, PlacedHosts } from "./placed-hosts.ts";
import { puntKind, puntRules, puntRulesAt } from "./punt-rules.ts";
import { tapPortRules } from "./tap-port-rules.ts";

/**
 * Order of precedence on a switch of profile `paths`, as offsets into the forwarding band:
 * frames no bridge forwards, links that would close a loop, known hosts, floods that arrive by a
 * link outside the tree, and the flood of everything else.
 */
const Offset = { reserved: 300, blockedLink: 200, knownHost: 100, pathLink: 50, flood: 0 } as const;

/** Matches every frame. */
const ANY: Match = [];
const DROP: readonly ActionSpec[] = [];
const NO_FLOWS: readonly FlowSpec[] = [];

/**
 * The flow entries of base forwarding for every programmed switch, by dpid.
 *
 * Profile `paths`: frames for a known host take the shortest path; all others (broadcast, multicast,
 * unknown, or for a host that cannot be reached) are flooded along the spanning tree and reach every
 * port once, tap ports excepted. A frame never leaves by its ingress port. Profile `normal`: the switch's own
 * learning. `{ table: N }`: the other application's tables. In these profiles what enters by a tap port
 * is dropped. `beside`: every table belongs to the other application; there are entries for patch ports alone, by
 * which copies come for monitors.
 */
export function compileForwarding(topology: Topology): Map<Dpid, readonly FlowSpec[]> {
  const tables = new Map<Dpid, readonly FlowSpec[]>();
  const hosts = complete(PlacedHosts.of(topology));
  const flows = new HostFlows();
  for (const dpid of programmedSwitches(topology)) {
    const table = switchFlows(topology, dpid);
    hosts.portsFrom(dpid).forEach((port, host) => {
      const mac = hosts.macs[host];
      if (mac !== undefined && isSomewhere(port)) table.push(flows.of(host, mac, port));
    });
    tables.set(dpid, table);
  }
  return tables;
}

/** The switches that base forwarding programs. */
export function programmedSwitches(topology: Topology): Dpid[] {
  return [...topology.switches.values()].flatMap(({ dpid, programmed }) =>
    programmed ? [dpid] : [],
  );
}

/** The entries of a switch that do not depend on the known hosts' paths. */
function switchFlows(topology: Topology, dpid: Dpid): FlowSpec[] {
  const rate = puntRate(topology, dpid);
  return [
    ...commonFlows(topology, dpid),
    ...flowPorts(topology, dpid).flatMap((port) => portFlows(topology, { dpid, port }, rate)),
  ];
}

/** Of these, the entries that concern no single port. */
export function commonFlows(topology: Topology, dpid: Dpid): FlowSpec[] {
  if (hasTapsAlone(topology.switches.get(dpid)?.forwarding)) return [];
  return [...puntRules(topology, dpid), ...plainFlows(topology, dpid)];
}

/** Of these, the entries of one port. `rate` is the switch's `puntRate`. */
export function portFlows(topology: Topology, at: PortAt, rate: number): readonly FlowSpec[] {
  const { dpid, port } = at;
  const found = topology.switches.get(dpid);
  if (isMirrored(found?.forwarding)) {
    const { mark } = found?.tapBridge ?? {};
    if (mark === undefined) return NO_FLOWS;
    const patched = patchedByName(dpid, found?.ports.get(port)?.name ?? "", mark);
    return patched?.use === "copies" ? [patchDelivery(port, patched.port)] : NO_FLOWS;
  }
  if (found?.forwarding === "copies") return overlayFlows(found, port);
  if (hasTapsAlone(found?.forwarding)) return NO_FLOWS;
  if (topology.isTapPort(dpid, port)) return tapPortRules(port, puntKind(topology, dpid));
  const role = forwardsByPaths(topology, dpid) ? topology.linkRole(dpid, port) : undefined;
  const drops = role === undefined || role === "tree" ? [] : [linkDrop(port, role)];
  return [...puntRulesAt(topology, at, rate), ...drops];
}

/** What recovers the copies that come by tunnels for a monitor at a port of a bridge of OpenVTAP's own. */
function overlayFlows(bridge: Switch, port: PortNo): readonly FlowSpec[] {
  const inPort = overlayPort(bridge);
  const key = overlayKeyAt(bridge, port);
  if (inPort === undefined || key === undefined || port === inPort) return NO_FLOWS;
  return [overlayRecovery(inPort, key, port)];
}

/** The ports that may have entries, in order. */
export function flowPorts(topology: Topology, dpid: Dpid): PortNo[] {
  const { ports, probing } = topology.switches.get(dpid) ?? {};
  const links = topology.linkRoles(dpid).keys();
  const all = [ports?.keys() ?? [], probing ?? [], links, topology.tapPorts(dpid)];
  return [...new Set(all.flatMap((each) => [...each]))].sort((x, y) => x - y);
}

function plainFlows(topology: Topology, dpid: Dpid): FlowSpec[] {
  if (!forwardsByPaths(topology, dpid)) {
    // The same for every frame: the switch, or another application, decides.
    return [flow(Band.tableMiss, ANY, originalActions(topology, dpid, undefined, 0))];
  }
  return [
    flow(Band.forwarding + Offset.reserved, match({ ethDst: RESERVED_MACS }), DROP),
    flow(Band.forwarding + Offset.flood, ANY, floodActions(topology, dpid)),
  ];
}

/** Makes the entries of known hosts; equal entries of several switches are one object. */
export class HostFlows {
  /** By host index. */
  readonly #hosts: ({ readonly match: Match; readonly made: FlowSpec[] } | undefined)[] = [];
  readonly #outputs = new Map<number, readonly ActionSpec[]>([[DROPPED, DROP]]);

  of(host: number, mac: number, port: PortNo | typeof DROPPED): FlowSpec {
    let known = this.#hosts[host];
    if (!known) {
      known = { match: match({ ethDst: mac }), made: [] };
      this.#hosts[host] = known;
    }
    const actions = this.#outputs.get(port) ?? [output(port)];
    this.#outputs.set(port, actions);
    // Few different ports lead to one host: a linear search is faster than a map.
    const made = known.made.find((each) => each.actions === actions);
    if (made) return made;
    const entry = flow(Band.forwarding + Offset.knownHost, known.match, actions);
    known.made.push(entry);
    return entry;
  }
}

/** The address of the host of an entry of base forwarding, or of the frames of a rewriting rule. */
export function hostOf({ priority, match, category }: FlowSpec): number | undefined {
  const isHost = category === "forwarding" && priority === Band.forwarding + Offset.knownHost;
  return isHost || category === "rewriting" ? destinationOf(match) : undefined;
}

/** The entry for a known host, the same on every switch. */
export function hostKey(mac: number): FlowKey {
  const priority = Band.forwarding + Offset.knownHost;
  return flowKey({ table: TAP_TABLE, priority, match: match({ ethDst: mac }) });
}

/** Drops floods that enter by a link outside the tree, or all frames from a blocked or unproven link. */
const linkDrop = cachedByPort((inPort: PortNo, role: Exclude<LinkRole, "tree">): FlowSpec => {
  const offset = role === "path" ? Offset.pathLink : Offset.blockedLink;
  return flow(Band.forwarding + offset, match({ inPort }), DROP);
});

/** The entry that drops floods that enter by a link outside the tree. */
export function linkDropKey(inPort: PortNo, role: Exclude<LinkRole, "tree">): FlowKey {
  return flowKey(linkDrop(inPort, role));
}

/** The entry that floods frames that match no other entry, the same on every switch. */
export const FLOOD_KEY: FlowKey = flowKey({
  table: TAP_TABLE,
  priority: Band.forwarding + Offset.flood,
  match: ANY,
});

function forwardsByPaths(topology: Topology, dpid: Dpid): boolean {
  return topology.switches.get(dpid)?.forwarding === "paths";
}

function flow(priority: number, match: Match, actions: readonly ActionSpec[]): FlowSpec {
  return { table: TAP_TABLE, priority, match, category: "forwarding", actions };
}
