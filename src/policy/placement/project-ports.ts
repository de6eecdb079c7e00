// SPDX-License-Identifier: Apache-2.0
import type { Topology } from "../../topology/index.ts";
import { formatParty } from "../model/party.ts";
import type { Policy } from "../model/policy.ts";
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
  if (project === undefined || isRefused(ends.from) || isRefused(ends.to)) return ends;
  const isOwn = (place: Place) => projectAt(place) === project;
  const from = ownPlaces(ends.from, isOwn);
  const to = ownPlaces(ends.to, isOwn);
  const atSender = from && { from: { kind: "exact" as const, places: from }, to: ends.to };
  if (atSender && ends.from.kind === "exact") return atSender;
  const atReceiver = to && { from: inexact(ends.from), to: { kind: "exact" as const, places: to } };
  if (atReceiver && ends.to.kind === "exact") return atReceiver;
  return atSender ?? atReceiver ?? { from: noOwnPort(ends, view, project), to: ends.to };
}

/** A sender at whose edge the view is not tapped. */
function inexact(end: Placement): Placement {
  return end.kind === "exact" ? { ...end, kind: "spread" } : end;
}

/** The projects of ports in a topology. */
export function projectsIn(topology: Topology): ProjectAt {
  return ({ dpid, port }) => topology.projectAt(dpid, port);
}

function isRefused(end: Placement): boolean {
  return end.kind === "nowhere" && end.isRefused === true;
}

/** The places of an end that are the project's own; undefined: there is none. */
function ownPlaces(end: Placement, isOwn: (place: Place) => boolean): readonly Place[] | undefined {
  const own = end.kind === "nowhere" ? [] : end.places.filter(isOwn);
  return own.length === 0 ? undefined : own;
}

function noOwnPort({ from, to }: PlacedEnds, view: DirectedView, project: string): Placement {
  const names = `${formatParty(view.from)} nor ${formatParty(view.to)}`;
  const unplaced = [from, to].flatMap((end) => (end.kind === "nowhere" ? end.reason : []));
  const why = unplaced.length === 0 ? "" : `: ${unplaced.join(", and ")}`;
  const reason = `neither ${names} is at a port of project ${project}${why}`;
  return { kind: "nowhere", reason, matchesNothing: true };
}
