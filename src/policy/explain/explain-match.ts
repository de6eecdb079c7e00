// SPDX-License-Identifier: Apache-2.0
import { defined } from "../../lang/defined.ts";
import type { Topology } from "../../topology/index.ts";
import { fieldText } from "../match-region/field-text.ts";
import type { Field } from "../match-region/fields.ts";
import type { FilterTerm } from "../match-region/filter-term.ts";
import { addressTerms, formatParty, isPortOnly } from "../model/party.ts";
import { isByEntries, type Policy, type PolicyId } from "../model/policy.ts";
import { type DirectedView, directedViews, viewQueryIn } from "../placement/directed-views.ts";
import { missingAddresses, NO_FRAMES } from "../placement/host-addresses.ts";
import { endsIn, type LocateEnd, placeEnds } from "../placement/placed-ends.ts";
import {
  isPlaced,
  nameOf,
  type PlacedMonitor,
  placeMonitors,
} from "../placement/placed-monitors.ts";
import { describePlace } from "../placement/placement.ts";
import { endsOfProject, projectsIn } from "../placement/project-ports.ts";
import { tapPointsIn } from "../placement/switch-sight.ts";
import { tapPoints } from "../placement/tap-points.ts";
import {
  isLeftToIngress,
  isOwnConversation,
  type TappedAt,
} from "../semantics/own-conversation.ts";
import { copiesReserved, isReserved } from "../semantics/reserved-frames.ts";
import {
  carries,
  type FrameView,
  holds,
  mayHold,
  monitorsOwed,
  type SeenFrame,
  seenAt,
  tappedAt,
} from "../semantics/semantics.ts";
import { isUnseen } from "../semantics/verdict.ts";
import type { Ingress } from "../semantics/view.ts";

/** Whether a policy matches a frame, and which of its monitors are owed a copy. */
export interface PolicyMatch {
  readonly id: PolicyId;
  /** Whether the policy selects the frame and taps it on its path. */
  readonly matches: boolean;
  /**
   * Why not, a clause: the first criterion that fails, in the order identifiers, place, filters,
   * excludes; of two directions, that of the direction with more progress.
   */
  readonly reason?: string;
  /** How many criteria hold in that order; the maximum when the frame matches. */
  readonly progress: number;
  /** In the policy's order; none when it does not match. */
  readonly monitors: readonly MonitorMatch[];
}

/** Whether a monitor is owed a copy. */
interface MonitorMatch {
  readonly monitor: string;
  /** Identity of its port, as `PlacedMonitor.key`; undefined: it has no place. */
  readonly key?: string;
  readonly owed: boolean;
  /** Why not, a clause; absent when only the policy's plan has the reason. */
  readonly reason?: string;
}

const OWN_CONVERSATION = "it is the monitor's own conversation";
const OTHER_OF_SET = "another monitor of its balanced set gets this flow";

const Progress = {
  none: 0,
  identifiers: 1,
  place: 2,
  filters: 3,
  excludes: 4,
  matches: 5,
} as const;

/**
 * Explains whether a policy matches a frame. The reference semantics determines which monitors are
 * owed a copy; this function adds the reasons why others are not. `path` as in `monitorsOwed`.
 */
export function explainMatch(
  policy: Policy,
  topology: Topology,
  path: readonly Ingress[],
  view: FrameView,
): PolicyMatch {
  const { id } = policy;
  const noMatch = (reason: string): PolicyMatch => ({
    id,
    matches: false,
    reason,
    progress: Progress.none,
    monitors: [],
  });
  if (!policy.enabled) return noMatch("it is disabled");
  if (!isByEntries(policy)) return noMatch("mirrors make its copies, which are not simulated");
  const seen = path.map((at) => ({ ...at, frame: seenAt(topology, at.dpid, view) }));
  const [first] = seen;
  if (first === undefined) return noMatch("it enters no switch");
  const locate = endsIn(topology);
  const query = viewQueryIn(topology);
  const directed = directedViews(policy, query);
  const context: MatchContext = {
    ...{ policy, topology, locate, views: directed },
    ...{ path: seen, frame: first.frame },
  };
  const views = directed.map((each) => explainView(each, context));
  const [one, ...others] = views;
  if (one === undefined)
    return noMatch(missingAddresses(policy, query.find).join(", and ") || NO_FRAMES);
  const best = others.reduce((a, b) => (b.progress > a.progress ? b : a), one);
  const owed = monitorsOwed([policy], topology, path, view);
  if (best.reason !== undefined && owed.size === 0) {
    const reason = reasonFor(policy, best, views);
    return { id, matches: false, reason, progress: best.progress, monitors: [] };
  }
  const monitors = explainMonitors(context, owed);
  return { id, matches: true, progress: Progress.matches, monitors };
}

/**
 * Why the nearest views do not match: each of several filters is named; of views that differ in their
 * ends, the first stands for all.
 */
function reasonFor(
  { senders, receivers }: Policy,
  { progress, reason = "" }: ViewExplanation,
  views: readonly ViewExplanation[],
): string {
  if (progress === Progress.filters) {
    const nearest = views.filter((each) => each.progress === progress);
    return [...new Set(nearest.map((each) => each.reason))].join(", and ");
  }
  const isOne = senders.length === 1 && receivers.length === 1;
  if (isOne || progress !== Progress.identifiers) return reason;
  return `it is of no sender and receiver in its lists; of the first ones: ${reason}`;
}

interface MatchContext {
  readonly policy: Policy;
  readonly views: readonly DirectedView[];
  readonly topology: Topology;
  /** The ports by which the frame enters switches, with the frame as the switch reads it. */
  readonly path: readonly SeenIngress[];
  /** As the first switch reads it. */
  readonly frame: SeenFrame;
  readonly locate: LocateEnd;
}

interface SeenIngress extends Ingress {
  readonly frame: SeenFrame;
}

interface ViewExplanation {
  readonly progress: number;
  readonly reason?: string;
}

function explainView(view: DirectedView, context: MatchContext): ViewExplanation {
  const { topology, path, policy } = context;
  const contradiction = contradictedEnd(view, context);
  if (contradiction !== undefined) return { progress: Progress.identifiers, reason: contradiction };
  const ofPolicy = { ...view, ...defined({ project: policy.project }) };
  const tapped = path.find((at) => tappedAt(ofPolicy, topology, at, at.frame) !== undefined);
  if (tapped === undefined) {
    return { progress: Progress.place, reason: elsewhere(view, context) };
  }
  const { frame } = tapped;
  if (isReserved(frame.fields) && !copiesReserved(view, frame.fields)) {
    return { progress: Progress.identifiers, reason: reservedFor(view) };
  }
  const failing = view.filters.find((term) => !holds(term, frame));
  if (failing !== undefined) {
    return { progress: Progress.filters, reason: `filter ${has(failing, frame)}` };
  }
  const excluding = view.exclude.find((terms) => terms.every((term) => mayHold(term, frame)));
  if (excluding !== undefined) {
    return { progress: Progress.excludes, reason: excludedBy(excluding, frame) };
  }
  return { progress: Progress.matches };
}

/** The end of the conversation that the frame's addresses contradict, as a clause; undefined: none. */
function contradictedEnd(view: DirectedView, { locate, frame }: MatchContext): string | undefined {
  const ends = [
    { party: view.from, role: view.roles.from, side: "Src" },
    { party: view.to, role: view.roles.to, side: "Dst" },
  ] as const;
  for (const { party, role, side } of ends) {
    const placement = locate(party, role);
    if (carries(party, placement, side, frame)) continue;
    if (placement.kind === "nowhere" && (placement.matchesNothing || party.host !== undefined)) {
      return placement.reason;
    }
    const mac = placement.kind === "nowhere" ? undefined : placement.places[0]?.mac;
    const named = party.host !== undefined && mac !== undefined ? { ...party, mac } : party;
    const failing = addressTerms(named, side).find((term) => !holds(term, frame));
    const why = failing === undefined ? "" : `: ${has(failing, frame)}`;
    return `it is not ${side === "Src" ? "from" : "for"} ${role} ${formatParty(party)}${why}`;
  }
  return undefined;
}

function reservedFor({ to }: DirectedView): string {
  const address = "the addresses 01:80:c2:00:00:0x";
  return isPortOnly(to)
    ? `no switch forwards frames for ${address}: they leave by no port`
    : `IP and ARP frames for ${address} are not copied for a policy that is for IP or ARP`;
}

function excludedBy(terms: readonly FilterTerm[], frame: SeenFrame): string {
  const unseen = terms.find((term) => !holds(term, frame));
  if (unseen !== undefined) {
    return `it may be excluded: the switch cannot see its ${unseen.field.oxm}`;
  }
  const values = terms.map(({ field }) => valueIn(field, frame));
  return `it is excluded: ${values.join(", ")}`;
}

/** A field with its value in a frame that has it. */
function valueIn(field: Field, { fields }: SeenFrame): string {
  const value = fields[field.name];
  return `${field.oxm} ${value === undefined ? "" : fieldText(field, value)}`;
}

function has({ field }: FilterTerm, { fields, ports }: SeenFrame): string {
  const value = fields[field.name];
  if (isUnseen(field, fields, ports)) {
    return `${field.oxm} does not hold: the switch cannot see it in this frame`;
  }
  return value === undefined
    ? `${field.oxm} does not hold: the frame has none`
    : `${field.oxm} does not hold: the frame has ${fieldText(field, value)}`;
}

/** The tap points of such frames, none of which this frame passes. */
function elsewhere(view: DirectedView, { policy, locate, topology }: MatchContext): string {
  const ends = endsOfProject(placeEnds(view, locate), view, policy, projectsIn(topology));
  const found = tapPoints(view, ends, tapPointsIn(topology));
  if ("reasons" in found) return `it is tapped nowhere: ${found.reasons.join(", and ")}`;
  const places = found.points.map(
    ({ place, role }) => `${describePlace(topology, place)} (${role}'s edge)`,
  );
  return `such frames are tapped at ${[...new Set(places)].join(", ")}: this one does not pass them`;
}

function explainMonitors(
  { policy, topology, views, path, locate }: MatchContext,
  owed: ReadonlyMap<string, unknown>,
): MonitorMatch[] {
  return placeMonitors(topology, policy, locate).map((monitor): MonitorMatch => {
    if (!isPlaced(monitor)) return { monitor: monitor.name, owed: false, reason: monitor.reason };
    const { key } = monitor;
    if (owed.has(key)) return { monitor: nameOf(monitor), key, owed: true };
    const [withheld] = views.flatMap((view) =>
      path.flatMap((at) => {
        const ofPolicy = { ...view, ...defined({ project: policy.project }) };
        const edge = tappedAt(ofPolicy, topology, at, at.frame);
        return (edge && whyWithheld(monitor, view, { ...at, edge }, path)) ?? [];
      }),
    );
    const shared = monitor.party.set === undefined ? undefined : OTHER_OF_SET;
    const reason = withheld ?? shared;
    return { monitor: nameOf(monitor), key, owed: false, ...(reason ? { reason } : {}) };
  });
}

/** Why a monitor gets no copy of a frame that is tapped at a port of its path; undefined: not because of it. */
function whyWithheld(
  monitor: PlacedMonitor,
  view: DirectedView,
  at: TappedAt & SeenIngress,
  [entry]: readonly SeenIngress[],
): string | undefined {
  const { fields } = at.frame;
  if (isOwnConversation(monitor, view, at, fields)) return OWN_CONVERSATION;
  if (entry === undefined || !isLeftToIngress(monitor, view, at, fields)) return undefined;
  return isOwnConversation(monitor, view, entry, fields)
    ? OWN_CONVERSATION
    : "it has a source address of the monitor's port, and is not copied where it enters";
}
