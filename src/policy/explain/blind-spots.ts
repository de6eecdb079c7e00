// SPDX-License-Identifier: Apache-2.0
import type { Topology } from "../../topology/index.ts";
import type { FragmentPorts } from "../match-region/ip-visibility.ts";
import { formatParty, isAny, isPortOnly, namesDevice } from "../model/party.ts";
import type { Policy } from "../model/policy.ts";
import { type DirectedView, directedViews, viewQueryIn } from "../placement/directed-views.ts";
import { endsIn, type PlacedEnds, placeEnds } from "../placement/placed-ends.ts";
import {
  isPlaced,
  type LostMonitor,
  nameOf,
  type PlacedMonitor,
  placeMonitors,
} from "../placement/placed-monitors.ts";
import { describePlace, type Placement } from "../placement/placement.ts";
import { endsOfProject, projectsIn } from "../placement/project-ports.ts";
import {
  copiesFloods,
  floodsUnknown,
  fragmentPortsOf,
  MOST_KNOWN_HOSTS,
  tapPointsIn,
} from "../placement/switch-sight.ts";
import { tapPoints } from "../placement/tap-points.ts";
import { beforePipeline } from "./before-pipeline.ts";
import { floodedMonitors } from "./flooded-monitors.ts";
import { hiddenSources } from "./hidden-sources.ts";
import { routersSeenTwice } from "./routed-packets.ts";
import { unseenHeaders } from "./unseen-headers.ts";

/**
 * Frames that a policy in effect does not copy, or copies twice, contrary to what a user may expect:
 * sentences without a full stop, each once. What is particular to the policy comes first: its filters, its
 * place and its monitors; then what holds for every policy of its kind. The reasons why a policy is not
 * in effect are in its plan.
 */
export function blindSpotsOf(policy: Policy, topology: Topology): readonly string[] {
  const locate = endsIn(topology);
  const views = directedViews(policy, viewQueryIn(topology)).map(
    (view): PlacedView => ({
      view,
      ends: endsOfProject(placeEnds(view, locate), view, policy, projectsIn(topology)),
    }),
  );
  const isOpen = views.some(({ view }) => !isNamed(view));
  const monitors = placeMonitors(topology, policy, locate);
  const sentences = [
    ...views.flatMap(({ view, ends }) => routed(view, ends, topology)),
    ...unseenIn(
      views.filter(({ view }) => view.roles.from === "sender"),
      topology,
    ),
    ...unseenIn(
      views.filter(({ view }) => view.roles.from === "receiver"),
      topology,
    ),
    ...views.flatMap(({ view, ends }) => byPlace(view, ends, topology)),
    ...views.flatMap((each) => beforePipeline(each, topology)),
    ...views.flatMap(({ view }) => floods(view, topology)),
    ...(isOpen ? ownConversations(monitors) : []),
    ...views.flatMap((each) => hiddenSources(policy, each, monitors, topology)),
    ...floodedMonitors(monitors, topology, isOpen),
    ...views.flatMap(({ view }) => byAddress(view)),
  ];
  return [...new Set(sentences)];
}

/** Packets that a router sends back through a tapped port. */
function routed(view: DirectedView, { from, to }: PlacedEnds, topology: Topology): string[] {
  return routersSeenTwice(view, from, to, topology).map(
    (router) =>
      `packets that router ${router} routes are copied twice, before and behind it: with other MAC addresses they are other frames`,
  );
}

/** A view with the places of its ends. */
interface PlacedView {
  readonly view: DirectedView;
  readonly ends: PlacedEnds;
}

/** What switches cannot see of the frames of one direction. */
function unseenIn(placed: readonly PlacedView[], topology: Topology): readonly string[] {
  const ports = new Set(placed.flatMap((each) => [...portsOf(each, topology)]));
  const views = placed.map(({ view }) => view);
  return unseenHeaders(views, ports);
}

/** In which fragments the switches where a view is tapped read ports. */
function portsOf({ view, ends }: PlacedView, topology: Topology): Set<FragmentPorts> {
  const found = tapPoints(view, ends, tapPointsIn(topology));
  const points = "reasons" in found ? [] : found.points;
  return new Set(points.map(({ dpid }) => fragmentPortsOf(topology, dpid)));
}

/** Frames that leave by a port without OpenVTAP's knowledge. */
function floods({ to }: DirectedView, topology: Topology): string[] {
  const { port } = to;
  if (port === undefined || namesDevice(to)) return [];
  const found = topology.switchByNameOrDpid(port.switch);
  if (found === undefined || copiesFloods(topology, found.dpid)) return [];
  const why = floodsUnknown(topology, found.dpid)
    ? `more than ${MOST_KNOWN_HOSTS} hosts are known, and each would take a rule`
    : "the switch decides by itself where it floods them";
  return [`frames for unknown hosts that leave by port ${port.port} of ${found.name}: ${why}`];
}

/** Frames that do not pass the tap points. */
function byPlace(view: DirectedView, { from, to }: PlacedEnds, topology: Topology): string[] {
  const [sender, receiver] = [formatParty(view.from), formatParty(view.to)];
  if (from.kind === "exact" || (from.kind === "spread" && to.kind !== "exact")) {
    const ports = places(topology, from);
    const elsewhere = `frames of ${sender} that enter elsewhere than at ${ports}: the policy taps the sender's edge, so it does not copy frames with a forged source address`;
    const unknown = `hosts of ${sender} that are not known yet: the policy taps the known ones at ${ports}`;
    // A port has no frames that enter elsewhere.
    const isPort = !namesDevice(view.from) && !view.from.ip;
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
  if (isPortOnly(view.to)) {
    found.push(
      "frames for 01:80:c2:00:00:00 to 0f (spanning tree, LLDP, pause): they leave by no port",
    );
  }
  return found;
}

/** With `any`, prefixes and ports, a monitor gets no copies of its own conversation. */
function ownConversations(monitors: readonly (PlacedMonitor | LostMonitor)[]): string[] {
  return monitors
    .filter(isPlaced)
    .filter(({ party }) => party.tunnel === undefined)
    .map(
      (monitor) =>
        `for monitor ${nameOf(monitor)}: frames for it, and frames that enter at its port`,
    );
}

/** Whether a view names both hosts. */
function isNamed({ from, to }: DirectedView): boolean {
  return namesDevice(from) && namesDevice(to);
}
