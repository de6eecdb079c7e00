// SPDX-License-Identifier: Apache-2.0
import type { Topology } from "../../topology/index.ts";
import { formatParty, isAny } from "../model/party.ts";
import type { Policy } from "../model/policy.ts";
import { type DirectedView, directedViews } from "../placement/directed-views.ts";
import { isPlaced, nameOf, placeEnds, placeMonitors } from "../placement/placed-monitors.ts";
import { describePlace, type Placement } from "../placement/placement.ts";

/**
 * Frames that a policy in effect does not copy, contrary to what a user may expect: sentences without
 * a full stop. The reasons why a policy is not in effect are in its plan.
 */
export function blindSpotsOf(policy: Policy, topology: Topology): readonly string[] {
  const found = new Set<string>();
  for (const view of directedViews(policy)) {
    for (const sentence of byPlace(view, policy, topology)) found.add(sentence);
    for (const sentence of byAddress(view)) found.add(sentence);
  }
  for (const sentence of ownConversations(policy, topology)) found.add(sentence);
  for (const sentence of byHeaders(policy)) found.add(sentence);
  return [...found];
}

/** Frames that do not pass the tap points. */
function byPlace(view: DirectedView, policy: Policy, topology: Topology): string[] {
  const ends = placeEnds(topology, policy);
  const [from, to] = [ends[view.roles.from], ends[view.roles.to]];
  const [sender, receiver] = [formatParty(view.from), formatParty(view.to)];
  if (from.kind === "exact" || (from.kind === "spread" && to.kind !== "exact")) {
    const ports = places(topology, from);
    const elsewhere = `frames of ${sender} that enter elsewhere than at ${ports}: the policy taps the sender's edge, so it does not copy frames with a forged source address`;
    const unknown = `hosts of ${sender} that are not known yet: the policy taps the known ones at ${ports}`;
    // A port has no frames that enter elsewhere.
    const isPort = view.from.mac === undefined && view.from.host === undefined && !view.from.ip;
    const where = from.kind === "spread" ? [unknown] : isPort ? [] : [elsewhere];
    return [...where, ...betweenNeighbours(topology, from)];
  }
  if (to.kind === "nowhere") return [];
  const why = isAny(view.from)
    ? "the sender is any"
    : from.kind === "spread"
      ? `${sender} is a prefix`
      : "the sender has no known place";
  return [
    `frames for ${receiver} that are lost before they reach ${places(topology, to)}: ${why}, so the policy taps the receiver's edge`,
  ];
}

function places(topology: Topology, placement: Placement): string {
  if (placement.kind === "nowhere") return "no port";
  const [first, ...others] = placement.places;
  const more = others.length > 0 ? ` and ${others.length} more` : "";
  return first === undefined ? "no port" : `${describePlace(topology, first)}${more}`;
}

/** Frames between hosts behind one port never enter a switch. */
function betweenNeighbours(topology: Topology, placement: Placement): string[] {
  if (placement.kind === "nowhere") return [];
  return placement.places
    .filter(({ dpid, port }) => topology.macsAt(dpid, port).length > 1)
    .map(
      (place) =>
        `frames between the hosts behind ${describePlace(topology, place)}: they do not enter an OpenFlow switch`,
    );
}

function byAddress(view: DirectedView): string[] {
  const found: string[] = [];
  if ([view.from, view.to].some(({ ip }) => ip !== undefined)) {
    found.push("ARP and all other frames without IP: the policy matches IP addresses");
  }
  if (view.to.mac === undefined && view.to.host === undefined && view.to.ip === undefined) {
    found.push(
      "frames for 01:80:c2:00:00:00 to 0f (spanning tree, LLDP, pause): no switch forwards or copies them",
    );
  }
  return found;
}

/** With `any`, prefixes and ports, a monitor gets no copies of its own conversation. */
function ownConversations(policy: Policy, topology: Topology): string[] {
  const isNamed = ({ from, to }: DirectedView) =>
    (from.mac !== undefined || from.host !== undefined) &&
    (to.mac !== undefined || to.host !== undefined);
  if (directedViews(policy).every(isNamed)) return [];
  return placeMonitors(topology, policy)
    .filter(isPlaced)
    .filter(({ party }) => party.tunnel === undefined)
    .map(
      (monitor) =>
        `for monitor ${nameOf(monitor)}: frames for it, and frames that enter at its port`,
    );
}

/** Frames whose headers a switch does not parse. */
function byHeaders({ filters, exclude }: Policy): string[] {
  const names = [...filters, ...exclude.flat()].map(({ field }) => field.name);
  const ports = names.some((name) => /^(tcp|udp|sctp|icmp)/.test(name));
  return ports
    ? ["fragments of IP packets: Open vSwitch matches no ports or ICMP types in fragments"]
    : [];
}
