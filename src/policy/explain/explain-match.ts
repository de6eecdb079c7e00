import type { Topology } from "../../topology/index.ts";
import { fieldText } from "../match-region/field-text.ts";
import type { FilterTerm } from "../match-region/filter-term.ts";
import type { FrameFields } from "../match-region/region.ts";
import { addressTerms, formatParty } from "../model/party.ts";
import type { Policy, PolicyId } from "../model/policy.ts";
import { type DirectedView, directedViews } from "../placement/directed-views.ts";
import { isPlaced, nameOf, placeEnds, placeMonitors } from "../placement/placed-monitors.ts";
import { describePlace, placeOf } from "../placement/placement.ts";
import { tapPoints } from "../placement/tap-points.ts";
import {
  carries,
  holds,
  isOwnConversation,
  isReserved,
  monitorsOwed,
  type Sighting,
  tappedAt,
} from "../semantics/semantics.ts";

/** What a policy says of a frame. */
export interface PolicyMatch {
  readonly id: PolicyId;
  /** Whether the policy means the frame and taps it where it is seen. */
  readonly matches: boolean;
  /**
   * Why not, a clause: the first thing that is not as the policy asks, in the order identifiers,
   * place, filters, excludes; of two directions, of the one that gets further.
   */
  readonly reason?: string;
  /** How far the frame gets in that order, from 0; the most when it matches. */
  readonly progress: number;
  /** In the policy's order; none when it does not match. */
  readonly monitors: readonly MonitorMatch[];
}

/** Whether a monitor is owed a copy. */
export interface MonitorMatch {
  readonly monitor: string;
  /** Identity of its port, as `PlacedMonitor.key`; undefined: it has no place. */
  readonly key?: string;
  readonly owed: boolean;
  /** Why not, a clause; absent when only the policy's plan can tell. */
  readonly reason?: string;
}

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
 * What a policy says of a frame, in words. Who is owed a copy is asked of the reference semantics;
 * this only says why somebody is not. `way` as in `monitorsOwed`.
 */
export function explainMatch(
  policy: Policy,
  topology: Topology,
  way: readonly Sighting[],
  frame: FrameFields,
): PolicyMatch {
  const { id } = policy;
  const refused = (reason: string): PolicyMatch => ({
    id,
    matches: false,
    reason,
    progress: Progress.none,
    monitors: [],
  });
  if (!policy.enabled) return refused("it is disabled");
  if (isReserved(frame)) {
    return refused("no switch forwards or copies frames for the addresses 01:80:c2:00:00:0x");
  }
  const seen: MatchContext = { policy, topology, way, frame };
  const views = directedViews(policy).map((view) => viewVerdict(view, seen));
  const best = views.reduce((a, b) => (b.progress > a.progress ? b : a));
  const owed = monitorsOwed([policy], topology, way, frame);
  if (best.reason !== undefined && owed.size === 0) {
    return { id, matches: false, reason: best.reason, progress: best.progress, monitors: [] };
  }
  const monitors = monitorVerdicts(seen, owed);
  return { id, matches: true, progress: Progress.matches, monitors };
}

interface MatchContext {
  readonly policy: Policy;
  readonly topology: Topology;
  readonly way: readonly Sighting[];
  readonly frame: FrameFields;
}

interface ViewVerdict {
  readonly progress: number;
  readonly reason?: string;
}

function viewVerdict(view: DirectedView, seen: MatchContext): ViewVerdict {
  const { topology, way, frame } = seen;
  const stranger = strangerIn(view, seen);
  if (stranger !== undefined) return { progress: Progress.identifiers, reason: stranger };
  if (!way.some((at) => tappedAt(view, topology, at, frame) !== undefined)) {
    return { progress: Progress.place, reason: elsewhere(view, seen) };
  }
  const failing = view.filters.find((term) => !holds(term, frame));
  if (failing !== undefined) {
    return { progress: Progress.filters, reason: `filter ${has(failing, frame)}` };
  }
  const at = view.exclude.findIndex((terms) => terms.every((term) => holds(term, frame)));
  if (at >= 0) return { progress: Progress.excludes, reason: `exclude ${at} leaves it out` };
  return { progress: Progress.matches };
}

/** Which end of the conversation the frame's addresses contradict, if they do. */
function strangerIn(view: DirectedView, { topology, frame }: MatchContext): string | undefined {
  const ends = [
    { party: view.from, role: view.roles.from, side: "Src" },
    { party: view.to, role: view.roles.to, side: "Dst" },
  ] as const;
  for (const { party, role, side } of ends) {
    const placement = placeOf(topology, party, role);
    if (carries(party, placement, side, frame)) continue;
    if (placement.kind === "nowhere" && (placement.isNobody || party.host !== undefined)) {
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

function has({ field }: FilterTerm, frame: FrameFields): string {
  const value = frame[field.name];
  return value === undefined
    ? `${field.oxm} does not hold: the frame has none`
    : `${field.oxm} does not hold: the frame has ${fieldText(field, value)}`;
}

/** Where the policy looks for such frames instead. */
function elsewhere(view: DirectedView, { policy, topology }: MatchContext): string {
  const found = tapPoints(view, placeEnds(topology, policy), ({ dpid, port }) =>
    topology.macsAt(dpid, port),
  );
  if ("reason" in found) return `it is tapped nowhere: ${found.reason}`;
  const places = found.points.map(
    ({ place, role }) => `${describePlace(topology, place)} (${role}'s edge)`,
  );
  return `such frames are tapped at ${[...new Set(places)].join(", ")}: this one is not seen there`;
}

function monitorVerdicts(
  { policy, topology, way, frame }: MatchContext,
  owed: ReadonlyMap<string, unknown>,
): MonitorMatch[] {
  return placeMonitors(topology, policy).map((monitor): MonitorMatch => {
    if (!isPlaced(monitor)) return { monitor: monitor.name, owed: false, reason: monitor.reason };
    const { key } = monitor;
    if (owed.has(key)) return { monitor: nameOf(monitor), key, owed: true };
    const isOwn = directedViews(policy).some((view) =>
      way.some((at) => {
        const edge = tappedAt(view, topology, at, frame);
        return edge !== undefined && isOwnConversation(monitor, view, { ...at, edge }, frame);
      }),
    );
    const shared = monitor.party.set === undefined ? undefined : OTHER_OF_SET;
    const reason = isOwn ? "it is the monitor's own conversation" : shared;
    return { monitor: nameOf(monitor), key, owed: false, ...(reason ? { reason } : {}) };
  });
}
