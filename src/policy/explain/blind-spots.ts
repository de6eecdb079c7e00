import type { Topology } from "../../topology/index.ts";
import { formatParty, isAnyone } from "../model/party.ts";
import type { Policy } from "../model/policy.ts";
import { type DirectedView, directedViews } from "../placement/directed-views.ts";
import { isPlaced, nameOf, placeEnds, placeMonitors } from "../placement/placed-monitors.ts";
import { describePlace, type Placement } from "../placement/placement.ts";

/**
 * What a policy that is in effect does not see although one might think it does, in sentences without
 * a full stop. What keeps it from being in effect is in its plan.
 */
export function blindSpotsOf(policy: Policy, topology: Topology): readonly string[] {
  const told = new Set<string>();
  for (const view of directedViews(policy)) {
    for (const sentence of byPlace(view, policy, topology)) told.add(sentence);
    for (const sentence of byAddress(view)) told.add(sentence);
  }
  for (const sentence of ownConversations(policy, topology)) told.add(sentence);
  for (const sentence of byHeaders(policy)) told.add(sentence);
  return [...told];
}

/** What does not come by where the policy looks. */
function byPlace(view: DirectedView, policy: Policy, topology: Topology): string[] {
  const ends = placeEnds(topology, policy);
  const [from, to] = [ends[view.roles.from], ends[view.roles.to]];
  const [sender, receiver] = [formatParty(view.from), formatParty(view.to)];
  if (from.kind === "exact" || (from.kind === "spread" && to.kind !== "exact")) {
    const ports = places(topology, from);
    const elsewhere = `frames of ${sender} that enter elsewhere than at ${ports}: they are tapped at the sender's edge, and a forged source address is not`;
    const unknown = `hosts of ${sender} that are not known yet: those that are known are tapped at ${ports}`;
    // Of a port as such nothing enters elsewhere.
    const isPort = view.from.mac === undefined && view.from.host === undefined && !view.from.ip;
    const where = from.kind === "spread" ? [unknown] : isPort ? [] : [elsewhere];
    return [...where, ...betweenNeighbours(topology, from)];
  }
  if (to.kind === "nowhere") return [];
  const why = isAnyone(view.from)
    ? "the sender is anyone"
    : from.kind === "spread"
      ? `${sender} is a prefix`
      : "the sender has no known place";
  return [
    `frames for ${receiver} that are lost before they come to ${places(topology, to)}: ${why}, so they are tapped at the receiver's edge`,
  ];
}

function places(topology: Topology, placement: Placement): string {
  if (placement.kind === "nowhere") return "no port";
  const [first, ...others] = placement.places;
  const more = others.length > 0 ? ` and ${others.length} more` : "";
  return first === undefined ? "no port" : `${describePlace(topology, first)}${more}`;
}

/** What hosts behind one port say to each other never comes to a switch. */
function betweenNeighbours(topology: Topology, placement: Placement): string[] {
  if (placement.kind === "nowhere") return [];
  return placement.places
    .filter(({ dpid, port }) => topology.macsAt(dpid, port).length > 1)
    .map(
      (place) =>
        `what the hosts behind ${describePlace(topology, place)} send each other: it does not enter an OpenFlow switch`,
    );
}

function byAddress(view: DirectedView): string[] {
  const told: string[] = [];
  if ([view.from, view.to].some(({ ip }) => ip !== undefined)) {
    told.push("ARP and everything else that is not IP: the policy asks for IP addresses");
  }
  if (view.to.mac === undefined && view.to.host === undefined && view.to.ip === undefined) {
    told.push(
      "frames for 01:80:c2:00:00:00 to 0f (spanning tree, LLDP, pause): no switch forwards or copies them",
    );
  }
  return told;
}

/** Under any, prefixes and ports a monitor is spared its own conversation. */
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

/** What a switch does not find where it looks. */
function byHeaders({ filters, exclude }: Policy): string[] {
  const names = [...filters, ...exclude.flat()].map(({ field }) => field.name);
  const ports = names.some((name) => /^(tcp|udp|sctp|icmp)/.test(name));
  return ports
    ? ["fragments of IP packets: Open vSwitch takes no fragment to have ports or ICMP types"]
    : [];
}
