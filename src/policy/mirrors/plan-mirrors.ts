// SPDX-License-Identifier: Apache-2.0
import { defined } from "../../lang/defined.ts";
import { formatMac } from "../../openflow/wire/address.ts";
import type { Dpid, PortAt, PortNo, Topology } from "../../topology/index.ts";
import { formatParty, isAny } from "../model/party.ts";
import type { Monitor, Party, Policy } from "../model/policy.ts";
import { isPlaced, type PlacedMonitor, placeMonitors } from "../placement/placed-monitors.ts";
import { describePlace, type Place, placeOf } from "../placement/placement.ts";
import { filteredVlans, mirrorLimits } from "./mirror-limits.ts";

/**
 * Where a mirror sends frames: to a port; to the one port of the switch with a name of this pattern; or to all of its
 * ports in a VLAN, with the tag of this VLAN (RSPAN).
 */
type MirrorOutput =
  | { readonly port: PortNo }
  | { readonly pattern: string }
  | { readonly vlan: number };

/** A mirror of one switch for one monitor of a policy. */
export interface PlannedMirror {
  /** The monitor as the policy names it. */
  readonly monitor: string;
  /** Index of the monitor in the policy. */
  readonly index: number;
  readonly dpid: Dpid;
  /** Frames of all ports are selected. */
  readonly isAll: boolean;
  /** The ports whose received frames are selected. */
  readonly sources: readonly PortNo[];
  /** The ports whose sent frames are selected. */
  readonly destinations: readonly PortNo[];
  /** The VLANs to which it is limited; none: it is not. */
  readonly vlans: readonly number[];
  readonly output: MirrorOutput;
  /** Bytes that copies keep; absent: all. */
  readonly snapLength?: number;
}

/** Why some mirrors of a policy are not made; a sentence without a full stop. */
interface MirrorProblem {
  readonly what: string;
  /** Waiting does not solve it. */
  readonly isError: boolean;
}

/** The mirrors of a policy, as far as the network allows them. */
export interface MirrorPlan {
  readonly mirrors: readonly PlannedMirror[];
  readonly problems: readonly MirrorProblem[];
}

/** The mirrors that deliver the copies of an enabled policy with delivery `mirror`. */
export function planMirrors(policy: Policy, topology: Topology): MirrorPlan {
  const limits = mirrorLimits(policy);
  if (limits.length > 0) return { mirrors: [], problems: limits.map(error) };
  const problems: MirrorProblem[] = [];
  const selected = selectedPorts(policy, topology, problems);
  const vlans = filteredVlans(policy.filters) ?? [];
  const common = { vlans, ...defined({ snapLength: policy.truncate }) };
  const placed = placeMonitors(topology, policy);
  const mirrors = policy.monitors.flatMap((monitor, index): PlannedMirror[] => {
    const of = { ...common, monitor: formatParty(monitor), index };
    const output = ownOutput(monitor);
    if (output !== undefined) {
      return selectedBySwitch(selected, topology).map((each) => ({ ...of, ...each, output }));
    }
    const at = placed[index];
    if (at === undefined || !isPlaced(at)) {
      if (at) problems.push({ what: at.reason, isError: at.isBarred === true });
      return [];
    }
    return toMonitor(at, selected, problems, topology).map((each) => ({
      ...of,
      ...each,
      output: { port: at.port },
    }));
  });
  return { mirrors, problems };
}

/** Where copies leave that stay on their switch; undefined: the monitor is at one place. */
function ownOutput({ local, rspanVlan }: Monitor): MirrorOutput | undefined {
  if (local !== undefined) return { pattern: local };
  return rspanVlan === undefined ? undefined : { vlan: rspanVlan };
}

/** The ports that a policy names, and which of their frames it selects; or all. */
interface SelectedPorts {
  readonly isAll: boolean;
  readonly ports: readonly PortAt[];
  readonly isSource: boolean;
  readonly isDestination: boolean;
}

function selectedPorts(
  policy: Policy,
  topology: Topology,
  problems: MirrorProblem[],
): SelectedPorts {
  const { senders, receivers, direction, project } = policy;
  const role = senders.some(isAny) ? "receiver" : "sender";
  const ends = role === "sender" ? senders : receivers;
  const sends = role === "sender" ? direction !== "reverse" : direction === "reverse";
  const selected = {
    isSource: sends || direction === "both",
    isDestination: !sends || direction === "both",
  };
  if (ends.some(isAny)) return { isAll: true, ports: [], ...selected };
  const ports = new Map<string, PortAt>();
  for (const party of ends) {
    for (const { dpid, port } of portsOf(party, role, { topology, project }, problems)) {
      ports.set(`${dpid} ${port}`, { dpid, port });
    }
  }
  return { isAll: false, ports: [...ports.values()], ...selected };
}

function portsOf(
  party: Party,
  role: "sender" | "receiver",
  { topology, project }: { readonly topology: Topology; readonly project: string | undefined },
  problems: MirrorProblem[],
): readonly PortAt[] {
  const found = placeOf(topology, party, role);
  if (found.kind === "nowhere") {
    problems.push({ what: found.reason, isError: found.isRefused === true });
    return [];
  }
  return found.places.filter((place) => {
    if (place.former !== undefined) return false;
    const name = `${role} ${formatParty(party)}`;
    if (project !== undefined && topology.projectAt(place.dpid, place.port) !== project) {
      problems.push(error(`${name} is not at a port of project ${project}`));
      return false;
    }
    const other = othersAt(place, topology);
    if (other === undefined) return true;
    problems.push(
      error(
        `${name} shares ${describePlace(topology, place)} with ${other}: a mirror selects the frames of all of them; name the port, or use delivery auto`,
      ),
    );
    return false;
  });
}

/** Another host at the port of a host; a port as such is selected with all its hosts. */
function othersAt({ dpid, port, mac }: Place, topology: Topology): string | undefined {
  if (mac === undefined) return undefined;
  const other = topology.macsAt(dpid, port).find((each) => each !== mac);
  return other === undefined ? undefined : (topology.hostByMac(other)?.name ?? formatMac(other));
}

type Selection = Pick<PlannedMirror, "dpid" | "isAll" | "sources" | "destinations">;

/** The selection of each switch that has selected ports, or of all switches. */
function selectedBySwitch(
  { isAll, ports, isSource, isDestination }: SelectedPorts,
  topology: Topology,
): readonly Selection[] {
  if (isAll) {
    const programmed = [...topology.switches.values()].filter((each) => each.programmed);
    return programmed.map(({ dpid }) => ({ dpid, isAll, sources: [], destinations: [] }));
  }
  return [...new Set(ports.map(({ dpid }) => dpid))].map((dpid) => {
    const own = ports.filter((each) => each.dpid === dpid).map(({ port }) => port);
    const sorted = own.sort((a, b) => a - b);
    const sources = isSource ? sorted : [];
    return { dpid, isAll, sources, destinations: isDestination ? sorted : [] };
  });
}

/** The selection on the monitor's switch. */
function toMonitor(
  monitor: PlacedMonitor,
  selected: SelectedPorts,
  problems: MirrorProblem[],
  topology: Topology,
): readonly Selection[] {
  const own = selectedBySwitch(selected, topology).filter(({ dpid }) => dpid === monitor.dpid);
  for (const port of selected.ports) {
    if (port.dpid === monitor.dpid) continue;
    const [from, to] = [port, monitor].map((each) => describePlace(topology, each));
    problems.push(
      error(
        `a mirror does not reach another switch: monitor ${formatParty(monitor.party)} is at ${to}, and frames are selected at ${from}; delivery auto does`,
      ),
    );
  }
  return own;
}

function error(what: string): MirrorProblem {
  return { what, isError: true };
}
