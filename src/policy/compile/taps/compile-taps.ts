// SPDX-License-Identifier: Apache-2.0

import type { Steps } from "../../../lang/steps.ts";
import type { PortNo } from "../../../topology/index.ts";
import type { FilterTerm } from "../../match-region/filter-term.ts";
import type { CompileLimits } from "../../model/compile-limits.ts";
import { isPortOnly, namesDevice } from "../../model/party.ts";
import type { Party, Policy } from "../../model/policy.ts";
import { treatmentOf, WHOLE } from "../../model/treatment.ts";
import type { Untappable } from "../../placement/beside.ts";
import { type DirectedView, directedViews } from "../../placement/directed-views.ts";
import { missingAddresses, NO_FRAMES } from "../../placement/host-addresses.ts";
import { viewsOf } from "../../placement/ingress-switches.ts";
import { eachOnce, type PlacedEnds, placeEnds } from "../../placement/placed-ends.ts";
import {
  isPlaced,
  type LostMonitor,
  ofPolicy,
  type PlacedMonitor,
} from "../../placement/placed-monitors.ts";
import { endsOfProject, type ProjectAt } from "../../placement/project-ports.ts";
import { type TapPoint, tapPoints } from "../../placement/tap-points.ts";
import type { PlanProblem } from "../model/policy-plan.ts";
import type { CachedQuery } from "../model/query-cache.ts";
import type { Waits } from "../model/waiting-copies.ts";
import { Excludes } from "./excludes.ts";
import { ingressTaps } from "./ingress-taps.ts";
import { leftBehind } from "./left-behind.ts";
import { type CopyContext, monitorsAt } from "./monitors-at.ts";
import { piecesOf, type TooMany } from "./pieces-of.ts";
import type { PolicyQuery } from "./policy-query.ts";
import { type BridgeNeeds, RequestedPatches } from "./requested-patches.ts";
import { keptIpProblems } from "./rewritten-ip.ts";
import type { Tap } from "./tap.ts";
import { unmatchableAt } from "./unmatchable.ts";

/** A policy with everything that the tables need from it. */
export interface CompiledPolicy {
  readonly policy: Policy;
  readonly taps: readonly Tap[];
  readonly problems: readonly PlanProblem[];
  /** What it needs of bridges of OpenVTAP's own, whether they have it so far or not. */
  readonly bridgeNeeds: BridgeNeeds;
  /** The queries about the network: while their answers hold, the compiled policy is valid. */
  readonly queries: readonly CachedQuery[];
}

/** What taps depend on besides the network. */
export interface TapOptions {
  readonly limits: CompileLimits;
  /** Whether VLAN ids are reserved for tagged copies. */
  readonly hasTags: boolean;
  /** The copies of the policy that wait for numbers. */
  readonly waits: Waits;
}

/** What the taps of one policy have in common while they are compiled. */
interface TapContext extends CopyContext {
  readonly options: TapOptions;
  readonly excludes: Excludes;
}

/** Determines where a policy is tapped, and the regions of each tap. */
export function* compileTaps(
  policy: Policy,
  query: PolicyQuery,
  options: TapOptions,
): Steps<CompiledPolicy> {
  const locate = eachOnce((party, role) => query.placeOf(party, role));
  const placed = policy.monitors.map((monitor) => query.placeMonitor(monitor));
  const projectAt: ProjectAt = (port) => query.projectAt(port);
  const monitors = ofPolicy(policy, placed, locate, projectAt);
  const problems = lostMonitors(monitors);
  const isTreated = monitors.some((each) => isPlaced(each) && needsOpenVSwitch(policy, each));
  const excludes = new Excludes(options.limits.regionsPerPolicy);
  const context: TapContext = { policy, monitors, isTreated, query, options, excludes, problems };
  const taps: Tap[] = [];
  const patches = new RequestedPatches();
  const views = directedViews(policy, query);
  const blocks = views.length > 1 ? "part" : "policy";
  const unplaced = new Set<string>();
  for (const what of missingAddresses(policy, query.find)) problems.push({ blocks: "part", what });
  for (const view of views) {
    yield;
    const ends = endsOfProject(placeEnds(view, locate), view, policy, projectAt);
    problems.push(...leftBehind(view, ends.from, query));
    const refused = refusalOf(ends);
    if (refused !== undefined) {
      problems.push({ blocks, what: refused, state: "error" });
      continue;
    }
    for (const point of pointsOf(view, ends, { policy, query }, unplaced)) {
      yield;
      if (point.mirrored !== undefined) patches.add(point.mirrored.patched);
      const why = obstacleAt(point, view, query);
      if (why === undefined) yield* addTaps(taps, point, view, context);
      else problems.push({ blocks, ...why });
    }
  }
  problems.push(...firstOf(unplaced).map((what): PlanProblem => ({ blocks, what })));
  if (taps.length === 0 && problems.every((each) => each.blocks === "monitor")) {
    problems.push({ blocks: "policy", what: NO_FRAMES });
  }
  return {
    policy,
    // Copies, whose capacity is no larger than their length.
    taps: taps.slice(),
    problems: problems.length === 0 ? [] : withoutRepeats(problems, taps.length === 0),
    bridgeNeeds: patches.withMonitors(monitors, query),
    queries: query.queries.slice(),
  };
}

/** The tap points of a view; without one, `unplaced` receives the reasons. */
function pointsOf(
  view: DirectedView,
  ends: PlacedEnds,
  { policy, query }: Pick<TapContext, "policy" | "query">,
  unplaced: Set<string>,
): readonly TapPoint[] {
  const found = tapPoints(view, ends, query);
  if ("points" in found) return found.points;
  const reasons = namesSeveral(policy) ? found.reasons : [found.reasons.join(", and ")];
  for (const reason of reasons) unplaced.add(reason);
  return [];
}

/** Why frames of a view are not tapped at a switch; undefined: nothing is against it. */
function obstacleAt(
  { dpid, mirrored }: Pick<TapPoint, "dpid" | "mirrored">,
  view: DirectedView,
  query: PolicyQuery,
): Untappable | undefined {
  const what = unmatchableAt(query.plainName(dpid), view);
  return what === undefined ? query.untappable(dpid, mirrored?.patched) : { what };
}

/** Adds the tap of a view at a tap point, with the ingress taps that it needs. */
function* addTaps(
  taps: Tap[],
  point: TapPoint,
  view: DirectedView,
  context: TapContext,
): Steps<void> {
  const { policy, query } = context;
  const tap: Tap = {
    policy,
    dpid: point.dpid,
    edge: point.edge,
    exceptInPorts: point.exceptInPort === undefined ? NO_IN_PORTS : [point.exceptInPort],
    // By the mirrored port of a receiver those leave that enter.
    exceptReserved:
      isPortOnly(view.to) && !(point.edge === "receiver" && point.mirrored !== undefined),
    exceptHostsBut: point.exceptHostsBut,
    place: point.place,
    role: point.role,
    monitors: monitorsAt(point.dpid, context),
    senderIsNamed: namesDevice(view.from),
    isIngress: false,
    waits: context.options.waits,
    ...mirroredTap(point, query),
    pieces: [],
  };
  yield* addTap(taps, tap, { terms: point.terms, view }, context);
  // What cannot be copied there is unseen, and so no problem of the policy.
  const ingress: TapContext = { ...context, problems: [] };
  for (const each of ingressTaps(tap, viewsOf(policy), query)) {
    yield;
    const { dpid } = each.tap;
    if (obstacleAt({ dpid }, view, query) !== undefined) continue;
    const monitors = monitorsAt(dpid, ingress).filter(({ key, party, tunnelPort }) => {
      return each.keys.has(key) && (party.tunnel === undefined || typeof tunnelPort === "number");
    });
    const terms = [each.source, ...point.terms];
    if (monitors.length > 0)
      yield* addTap(taps, { ...each.tap, monitors }, { terms, view }, ingress);
  }
}

function mirroredTap({ mirrored, place }: TapPoint, query: PolicyQuery): Pick<Tap, "mirrored"> {
  if (mirrored === undefined) return {};
  return { mirrored: { patched: mirrored.patched, macs: query.macsAt(place) } };
}

const NO_IN_PORTS: readonly PortNo[] = [];

/** What a tap selects: `terms` in addition to the filters of its view. */
interface TapSelection {
  readonly terms: readonly FilterTerm[];
  readonly view: DirectedView;
}

function* addTap(
  taps: Tap[],
  tap: Tap,
  { terms: atPoint, view }: TapSelection,
  context: TapContext,
): Steps<void> {
  const { policy, query, options, excludes, problems } = context;
  const terms = [...atPoint, ...view.filters];
  const found = { cuts: query, ...options, excludes };
  const pieces = yield* piecesOf(tap, { terms, exclude: view.exclude }, found);
  if ("tooMany" in pieces) problems.push(tooLarge(pieces, options.limits, excludes));
  else if (
    pieces.length > 0 ||
    !(tap.isIngress || namesSeveral(policy) || policy.filters.length > 1)
  ) {
    tap.pieces = pieces;
    taps.push(tap);
  }
  problems.push(...keptIpProblems(tap));
}

/** Whether a policy has a list of senders or receivers, or a workload: then each has its own place, or reason. */
function namesSeveral({ senders, receivers }: Policy): boolean {
  const isWorkload = ({ workload }: Party) => workload !== undefined;
  return [senders, receivers].some((ends) => ends.length > 1 || ends.some(isWorkload));
}

/** Most senders and receivers of a policy whose reasons are listed. */
const MOST_REASONS = 20;

/** Reasons, of which a list of thousands of senders may have as many. */
function firstOf(reasons: ReadonlySet<string>): string[] {
  const first = [...reasons].slice(0, MOST_REASONS);
  const omitted = reasons.size - first.length;
  return omitted === 0 ? first : [...first, `there are ${omitted} more reasons like these`];
}

/** Why an end of a view has no frames as the network is set up; undefined: it may have some. */
function refusalOf({ from, to }: PlacedEnds): string | undefined {
  for (const end of [from, to]) if (end.kind === "nowhere" && end.isRefused) return end.reason;
  return undefined;
}

function lostMonitors(monitors: readonly (PlacedMonitor | LostMonitor)[]): PlanProblem[] {
  return monitors.flatMap((each): PlanProblem[] => {
    if (isPlaced(each)) return [];
    const problem = { blocks: "monitor", monitor: each.name, what: each.reason } as const;
    return [each.isBarred ? { ...problem, state: "degraded" } : problem];
  });
}

/** Whether copies may need extensions of Open vSwitch; those of most policies do not. */
function needsOpenVSwitch(policy: Policy, { party: { set, tunnel } }: PlacedMonitor): boolean {
  const isTreated = treatmentOf(policy) !== WHOLE || policy.rewriteIp === true;
  return isTreated || set !== undefined || tunnel !== undefined;
}

function tooLarge(
  { tooMany }: TooMany,
  { regionsPerPolicy, piecesPerPolicy }: CompileLimits,
  { mostExceptions }: Excludes,
): PlanProblem {
  const what =
    tooMany === "ofPolicy"
      ? `its excludes make more than ${mostExceptions} exceptions from its lists and ranges`
      : `its lists, ranges and excludes need more than ${regionsPerPolicy} match regions, or ${piecesPerPolicy} with their exceptions`;
  return { blocks: "policy", what: `${what}: narrow them, split the policy, or raise ruleLimit` };
}

/** A reason that holds for both directions blocks the whole policy, and is reported once. */
function withoutRepeats(problems: readonly PlanProblem[], nothingTapped: boolean): PlanProblem[] {
  const known = new Map<string, PlanProblem>();
  for (const problem of problems) {
    const blocks = problem.blocks === "part" && nothingTapped ? "policy" : problem.blocks;
    known.set(`${problem.monitor ?? ""} ${problem.what}`, { ...problem, blocks });
  }
  return [...known.values()];
}
