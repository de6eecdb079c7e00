import type { Dpid, Topology } from "../../topology/index.ts";
import type { FilterTerm, Party, Policy } from "../model.ts";
import { addressTerms, formatParty, isAnyone } from "../party.ts";
import { describePlace, type Place, type Placement, placeOf } from "../placement.ts";
import { expandTerms } from "../region/expand.ts";
import { type FieldName, fieldNamed, reverseField } from "../region/fields.ts";
import { constraint, exactValue, intersect, type Region, region } from "../region/region.ts";
import type { CompileLimits } from "./environment.ts";
import { isPlaced, type LostMonitor, type PlacedMonitor, placeMonitors } from "./monitors.ts";
import type { PlanProblem } from "./plan.ts";

/** What the frames of a region are to a tap. */
export type PieceKind =
  /** They are copied. */
  | "include"
  /** They are not, although an include holds them. */
  | "exclude"
  /** Nothing of itself: the region only cuts others where they must be treated differently. */
  | "cut";

/** A region that a tap puts into the closure of its switch. */
export interface Piece {
  readonly region: Region;
  readonly kind: PieceKind;
  readonly tap: Tap;
}

/** One direction of a policy at one tap point. */
export interface Tap {
  readonly policy: Policy;
  readonly dpid: Dpid;
  /** In words: "s1 port 1 (sender's edge)". */
  readonly point: string;
  readonly monitors: readonly PlacedMonitor[];
  /**
   * Whether a monitor may get what enters at its own port. Only where the sender is named by MAC
   * address and so is not the monitor, though both may be behind one port.
   */
  readonly copiesOwnPort: boolean;
  readonly pieces: Piece[];
}

/** A policy with everything the tables need of it. */
export interface CompiledPolicy {
  readonly policy: Policy;
  readonly monitors: readonly (PlacedMonitor | LostMonitor)[];
  readonly taps: readonly Tap[];
  readonly problems: readonly PlanProblem[];
}

/** What taps are cut for besides their own filters; depends on the topology alone. */
export interface Cuts {
  /** Regions of a switch in which originals move differently than elsewhere. */
  forwarding(dpid: Dpid): readonly Region[];
  /** The port that copies for a monitor leave a switch by; undefined when there is no way. */
  copyPort(dpid: Dpid, monitor: PlacedMonitor): number | undefined;
}

/** Frames for these addresses never leave a link and are never copied (IEEE 802.1Q §8.6.3). */
export const RESERVED: Region = mustBe(
  region([constraint("ethDst", 0x0180c2000000, 0xfffffffffff0)]),
);

/** Works out where a policy is tapped, and which regions that takes. */
export function compileTaps(
  policy: Policy,
  topology: Topology,
  cuts: Cuts,
  limits: CompileLimits,
): CompiledPolicy {
  const monitors = placeMonitors(topology, policy);
  const problems: PlanProblem[] = monitors.flatMap((monitor) =>
    isPlaced(monitor)
      ? []
      : [{ blocks: "monitor" as const, monitor: monitor.name, what: monitor.reason }],
  );
  const taps: Tap[] = [];
  const views = directedViews(policy);
  for (const view of views) {
    const found = tapPoints(view, topology);
    if ("reason" in found) {
      problems.push({ blocks: views.length > 1 ? "part" : "policy", what: found.reason });
      continue;
    }
    for (const point of found.points) {
      const tap: Tap = {
        policy,
        dpid: point.dpid,
        point: point.words,
        monitors: monitors.filter(isPlaced),
        copiesOwnPort: namesOneMac(view.from),
        pieces: [],
      };
      if (addPieces(tap, point.terms, view, cuts, limits)) taps.push(tap);
      else problems.push(tooLarge(limits));
    }
  }
  return { policy, monitors, taps, problems: withoutRepeats(problems, taps.length === 0) };
}

/** A direction of a policy, as if it were a policy of direction `forward`. */
interface DirectedView {
  readonly from: Party;
  readonly to: Party;
  /** What the two ends are called in the policy. */
  readonly roles: { readonly from: string; readonly to: string };
  readonly filters: readonly FilterTerm[];
  readonly exclude: readonly (readonly FilterTerm[])[];
}

function directedViews(policy: Policy): DirectedView[] {
  const { sender, receiver, filters, exclude, direction } = policy;
  const forward = {
    from: sender,
    to: receiver,
    roles: { from: "sender", to: "receiver" },
    filters,
    exclude,
  };
  const reverse = {
    from: receiver,
    to: sender,
    roles: { from: "receiver", to: "sender" },
    filters: filters.map(reverseTerm),
    exclude: exclude.map((terms) => terms.map(reverseTerm)),
  };
  if (direction === "forward") return [forward];
  return direction === "reverse" ? [reverse] : [forward, reverse];
}

function reverseTerm({ field, alternatives }: FilterTerm): FilterTerm {
  return { field: reverseField(field), alternatives };
}

interface TapPoint {
  readonly dpid: Dpid;
  readonly words: string;
  /** What a frame must be to be tapped here, filters aside. */
  readonly terms: readonly FilterTerm[];
}

/**
 * The tap points of a direction: the sender's edge; where the sender has no known place, the
 * receiver's edge; where neither has one, a prefix's known hosts stand for it.
 */
function tapPoints(
  view: DirectedView,
  topology: Topology,
): { points: readonly TapPoint[] } | { reason: string } {
  const from = placeOf(topology, view.from, view.roles.from);
  const to = placeOf(topology, view.to, view.roles.to);
  if (view.to.port !== undefined && view.to.mac === undefined && view.to.host === undefined) {
    return {
      reason: `${view.roles.to} ${formatParty(view.to)}: frames that leave a port are not tapped yet`,
    };
  }
  const toTerms = partyTerms(view.to, to, "Dst");
  const fromTerms = partyTerms(view.from, from, "Src");
  if (fromTerms === undefined) return { reason: reasonOf(from) };
  if (toTerms === undefined) return { reason: reasonOf(to) };
  const terms = [...fromTerms, ...toTerms];
  const atSender = (places: readonly Place[]) => ({
    points: places.map((place) => ({
      dpid: place.dpid,
      words: `${describePlace(topology, place)} (${view.roles.from}'s edge)`,
      terms: [exactly("inPort", place.port), ...terms],
    })),
  });
  const atReceiver = (places: readonly Place[]) => ({
    points: places.flatMap((place) =>
      place.mac === undefined
        ? []
        : [
            {
              dpid: place.dpid,
              words: `${describePlace(topology, place)} (${view.roles.to}'s edge)`,
              terms: [exactly("ethDst", place.mac), ...terms],
            },
          ],
    ),
  });
  if (from.kind === "exact") return atSender(from.places);
  if (to.kind === "exact") return atReceiver(to.places);
  if (from.kind === "spread") return atSender(from.places);
  if (to.kind === "spread") return atReceiver(to.places);
  const anyone = isAnyone(view.from) && isAnyone(view.to);
  return {
    reason: anyone ? "neither end of the conversation has a place" : nowhereAtAll(from, to),
  };
}

function reasonOf(placement: Placement): string {
  return placement.kind === "nowhere" ? placement.reason : "";
}

function nowhereAtAll(from: Placement, to: Placement): string {
  return [from, to].map(reasonOf).join(", and ");
}

/** What an identifier demands of frames; undefined when it names a host that is not known. */
function partyTerms(
  party: Party,
  placement: Placement,
  side: "Src" | "Dst",
): FilterTerm[] | undefined {
  if (party.host === undefined) return addressTerms(party, side);
  const mac = placement.kind === "nowhere" ? undefined : placement.places[0]?.mac;
  return mac === undefined ? undefined : addressTerms({ ...party, mac }, side);
}

function namesOneMac(party: Party): boolean {
  return party.mac !== undefined || party.host !== undefined;
}

function exactly(name: FieldName, value: number): FilterTerm {
  const field = fieldNamed(name);
  return { field, alternatives: [{ value, mask: field.fullMask }] };
}

/** Fills in a tap's pieces; false when there are too many. */
function addPieces(
  tap: Tap,
  terms: readonly FilterTerm[],
  view: DirectedView,
  cuts: Cuts,
  limits: CompileLimits,
): boolean {
  const includes = expandTerms([...terms, ...view.filters], limits.regionsPerPolicy);
  if (includes === undefined) return false;
  const excludes: Region[] = [];
  for (const each of view.exclude) {
    const expanded = expandTerms(each, limits.regionsPerPolicy);
    if (expanded === undefined) return false;
    excludes.push(...expanded);
  }
  const add = (region: Region, kind: PieceKind) => tap.pieces.push({ region, kind, tap });
  for (const include of includes) {
    add(include, "include");
    for (const exclude of excludes) {
      const hole = intersect(include, exclude);
      if (hole !== undefined) add(hole, "exclude");
    }
    for (const cut of cutsFor(tap, include, cuts)) {
      const part = intersect(include, cut);
      if (part !== undefined && part.key !== include.key) add(part, "cut");
    }
    if (tap.pieces.length > limits.piecesPerPolicy) return false;
  }
  return true;
}

/** Where inside an include frames must be treated differently than in the rest of it. */
function cutsFor(tap: Tap, include: Region, cuts: Cuts): Region[] {
  const found: Region[] = [];
  const add = (name: FieldName, value: number) => {
    found.push(mustBe(region([constraint(name, value)])));
  };
  if (exactValue(include, "ethDst") === undefined) {
    found.push(RESERVED, ...cuts.forwarding(tap.dpid));
    for (const { mac } of tap.monitors) if (mac !== undefined) add("ethDst", mac);
  }
  if (exactValue(include, "inPort") === undefined) {
    for (const monitor of tap.monitors) {
      const port = cuts.copyPort(tap.dpid, monitor);
      if (port !== undefined) add("inPort", port);
    }
  }
  return found;
}

function tooLarge({ regionsPerPolicy, piecesPerPolicy }: CompileLimits): PlanProblem {
  const what = `its lists, ranges and excludes need more than ${regionsPerPolicy} match regions, or ${piecesPerPolicy} with their exceptions`;
  return { blocks: "policy", what };
}

/** A reason that holds for both directions blocks the whole policy, and is told once. */
function withoutRepeats(problems: readonly PlanProblem[], nothingTapped: boolean): PlanProblem[] {
  const told = new Map<string, PlanProblem>();
  for (const problem of problems) {
    const blocks = problem.blocks === "part" && nothingTapped ? "policy" : problem.blocks;
    told.set(`${problem.monitor ?? ""} ${problem.what}`, { ...problem, blocks });
  }
  return [...told.values()];
}

function mustBe<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("a region of one constraint cannot be empty");
  return value;
}
