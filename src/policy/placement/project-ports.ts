// SPDX-License-Identifier: Apache-2.0
import { defined } from "../../lang/defined.ts";
import type { Topology } from "../../topology/index.ts";
import { formatParty } from "../model/party.ts";
import type { Party, Policy } from "../model/policy.ts";
import type { DirectedView } from "./directed-views.ts";
import type { PlacedEnds } from "./placed-ends.ts";
import type { Place, Placement } from "./placement.ts";

/** The project to which a port belongs; undefined: none. */
export type ProjectAt = (port: Pick<Place, "dpid" | "port">) => string | undefined;

/**
 * The ends of a view of a policy with a project, so that it is tapped at ports of the project only: at the
 * edge at which it would be tapped if these were all ports of the network. Frames of other ports are not tapped,
 * whatever the view names: a tapped frame has entered by a port of the project, or leaves by one. Without a
 * project: the ends as they are.
 */
export function endsOfProject(
  ends: PlacedEnds,
  view: DirectedView,
  { project }: Policy,
  projectAt: ProjectAt,
): PlacedEnds {
  if (project === undefined) return ends;
  const isOwn = (place: Place) => projectAt(place) === project;
  const from = ownPlaces(ends.from, isOwn);
  const to = ownPlaces(ends.to, isOwn);
  const others = withoutDetails(ends, view, project);
  const atSender = from && { from: { kind: "exact" as const, places: from }, to: others.to };
  if (atSender && ends.from.kind === "exact") return atSender;
  const atReceiver = to && { from: others.from, to: { kind: "exact" as const, places: to } };
  if (atReceiver && ends.to.kind === "exact") return atReceiver;
  const nowhere = noOwnPort(view, project);
  return atSender ?? atReceiver ?? { from: nowhere, to: nowhere };
}

/** The ends where the view is not tapped: that they are refused, or match nothing, is said without where they are. */
function withoutDetails(ends: PlacedEnds, view: DirectedView, project: string): PlacedEnds {
  const plain = (end: Placement, party: Party): Placement => {
    if (end.kind !== "nowhere") return end;
    const reason = `${formatParty(party)} is not at a port of project ${project}`;
    return { kind: "nowhere", reason, ...defined({ matchesNothing: end.matchesNothing }) };
  };
  return { from: inexact(plain(ends.from, view.from)), to: plain(ends.to, view.to) };
}

/** A sender at whose edge the view is not tapped. */
function inexact(end: Placement): Placement {
  return end.kind === "exact" ? { ...end, kind: "spread" } : end;
}

/** The projects of ports in a topology. */
export function projectsIn(topology: Topology): ProjectAt {
  return ({ dpid, port }) => topology.projectAt(dpid, port);
}

/** The places of an end that are the project's own; undefined: there is none. */
function ownPlaces(end: Placement, isOwn: (place: Place) => boolean): readonly Place[] | undefined {
  const own = end.kind === "nowhere" ? [] : end.places.filter(isOwn);
  return own.length === 0 ? undefined : own;
}

/** The same, whatever is known of ends that are not the project's. */
function noOwnPort({ from, to }: DirectedView, project: string): Placement {
  const names = `${formatParty(from)} nor ${formatParty(to)}`;
  const reason = `neither ${names} is at a port of project ${project}`;
  return { kind: "nowhere", reason, matchesNothing: true };
}
