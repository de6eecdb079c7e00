import type { Dpid, IpAddress, PortNo } from "../../../topology/index.ts";
import { expandTerms } from "../../match-region/expand-terms.ts";
import type { FieldName } from "../../match-region/fields.ts";
import {
  constraint,
  exactValue,
  intersect,
  isSame,
  type Region,
  region,
} from "../../match-region/region.ts";
import type { CompileLimits } from "../../model/compile-limits.ts";
import type { Monitor, Party, Policy, Tunnel } from "../../model/policy.ts";
import { treatmentOf, WHOLE } from "../../model/treatment.ts";
import { type DirectedView, directedViews, type Role } from "../../placement/directed-views.ts";
import {
  inability,
  isPlaced,
  type LostMonitor,
  nameOf,
  type PlacedEnds,
  type PlacedMonitor,
  shareOut,
  type TunnelPort,
  withoutEnds,
  withTunnelled,
} from "../../placement/placed-monitors.ts";
import type { Place, Placement } from "../../placement/placement.ts";
import { type TapPoint, tapPoints } from "../../placement/tap-points.ts";
import type { PlanProblem } from "../model/policy-plan.ts";
import type { CachedQuery } from "../model/query-cache.ts";
import { ipCuts, unrewritten, withRewrittenIp } from "./rewritten-ip.ts";

/** What the frames of a region are to a tap. */
export type PieceKind =
  /** They are copied. */
  | "include"
  /** They are not, although an include holds them. */
  | "exclude"
  /** They enter by the very port that the receiver is, and so do not leave by it. */
  | "notFrom"
  /** Nothing of itself: the region only cuts others where they must be treated differently. */
  | "cut"
  /** They are copied at another switch's tap, which asks no less of the copies than this one. */
  | "lend";

/**
 * A region that a tap puts into the closure of its switch; or, for a tap of another switch, into the
 * closure of one that must know of it (see `Elections`).
 */
export interface Piece {
  readonly region: Region;
  readonly kind: PieceKind;
  readonly tap: Tap;
}

/** One direction of a policy at one tap point. */
export interface Tap {
  readonly policy: Policy;
  readonly dpid: Dpid;
  readonly edge: "sender" | "receiver";
  /** A port by which frames enter that the tap does not mean. */
  readonly notFrom: PortNo | undefined;
  /** The port of the end at whose edge it is, and which end that is. */
  readonly place: Place;
  readonly role: Role;
  readonly monitors: readonly PlacedMonitor[];
  /**
   * Whether the sender is named by its MAC address, and so is not the monitor, though both may be
   * behind one port. Otherwise a monitor gets nothing that it sends itself.
   */
  readonly senderIsNamed: boolean;
  pieces: readonly Piece[];
}

/** A policy with everything the tables need of it. */
export interface CompiledPolicy {
  readonly policy: Policy;
  readonly monitors: readonly (PlacedMonitor | LostMonitor)[];
  readonly taps: readonly Tap[];
  readonly problems: readonly PlanProblem[];
  /** What was asked about the network: while the answers hold, so does all of this. */
  readonly questions: readonly CachedQuery[];
}

/** The network as the compile of one policy sees it: whatever is asked is noted. */
export interface PolicyQuery extends Cuts {
  readonly questions: readonly CachedQuery[];
  placeOf(party: Party, role: Role): Placement;
  placeMonitor(monitor: Monitor): PlacedMonitor | LostMonitor;
  /** The MAC addresses of the hosts known at a port. */
  macsAt(place: Place): readonly number[];
}

/** What taps are cut for besides their own filters; depends on the topology alone. */
export interface Cuts {
  /** Regions of a switch in which originals move differently than elsewhere. */
  forwarding(dpid: Dpid): readonly Region[];
  /** The frames for each host that is known. */
  hosts(): readonly Region[];
  /** The link ports of a switch where frames for an address (undefined: for nobody known) end. */
  deadEnds(dpid: Dpid, ethDst: number | undefined): readonly number[];
  /** The port that copies for a monitor leave a switch by; undefined when there is no way. */
  copyPort(dpid: Dpid, monitor: PlacedMonitor): number | undefined;
  /** The port of a switch by which copies for a monitor enter a tunnel. */
  tunnelPort(dpid: Dpid, monitor: PlacedMonitor, tunnel: Tunnel): TunnelPort;
  /** The IP addresses of the host with a MAC address; none when it is not known. */
  ipsOf(mac: number): readonly IpAddress[];
  /** The name of a switch that is not Open vSwitch. */
  plainName(dpid: Dpid): string | undefined;
  /** Whether copies made at a switch get to a monitor. */
  serves(dpid: Dpid, monitor: PlacedMonitor): boolean;
}

/** Frames for these addresses never leave a link and are never copied (IEEE 802.1Q §8.6.3). */
export const RESERVED: Region = mustBe(
  region([constraint("ethDst", 0x0180c2000000, 0xfffffffffff0)]),
);

/** Works out where a policy is tapped, and which regions that takes. */
export function compileTaps(
  policy: Policy,
  inquiry: PolicyQuery,
  limits: CompileLimits,
): CompiledPolicy {
  const ends: PlacedEnds = {
    sender: inquiry.placeOf(policy.sender, "sender"),
    receiver: inquiry.placeOf(policy.receiver, "receiver"),
  };
  const monitors = withoutEnds(
    withTunnelled(
      policy.monitors,
      policy.monitors.map((monitor) => inquiry.placeMonitor(monitor)),
    ),
    ends,
  );
  const problems: PlanProblem[] = monitors.flatMap((monitor) =>
    isPlaced(monitor)
      ? []
      : [{ blocks: "monitor" as const, monitor: monitor.name, what: monitor.reason }],
  );
  const isTreated = monitors.some((each) => isPlaced(each) && asksMuch(policy, each));
  const taps: Tap[] = [];
  const views = directedViews(policy);
  for (const view of views) {
    const found = tapPoints(view, ends, (place) => inquiry.macsAt(place));
    if ("reason" in found) {
      problems.push({ blocks: views.length > 1 ? "part" : "policy", what: found.reason });
      continue;
    }
    const unknown = unknownToOvs(view);
    for (const point of found.points) {
      if (unknown !== undefined && inquiry.plainName(point.dpid) === undefined) {
        problems.push({ blocks: views.length > 1 ? "part" : "policy", what: unknown });
        continue;
      }
      const tap: Tap = {
        policy,
        dpid: point.dpid,
        edge: point.edge,
        notFrom: point.notFrom,
        place: point.place,
        role: point.role,
        monitors: monitorsFrom(point.dpid, policy, monitors, inquiry).filter((monitor) => {
          if (!isTreated) return true;
          const plain = (dpid: Dpid) => inquiry.plainName(dpid);
          const what = inability(policy, point.dpid, monitor, plain);
          if (what === undefined) return true;
          problems.push({ blocks: "monitor", monitor: nameOf(monitor), what });
          return false;
        }),
        senderIsNamed: namesOneMac(view.from),
        pieces: [],
      };
      if (addPieces(tap, point, view, inquiry, limits)) taps.push(tap);
      else problems.push(tooLarge(limits));
      problems.push(...unrewritten(tap));
    }
  }
  return {
    policy,
    monitors,
    // Copies, as they have room for no more than they hold.
    taps: taps.slice(),
    problems: problems.length === 0 ? [] : withoutRepeats(problems, taps.length === 0),
    questions: inquiry.questions.slice(),
  };
}

/** What of a direction's filters Open vSwitch cannot match, a clause; undefined: nothing. */
function unknownToOvs({ filters, exclude }: DirectedView): string | undefined {
  for (const { field, alternatives } of [...filters, ...exclude.flat()]) {
    const { largestOnOvs: largest, oxm } = field;
    if (largest === undefined) continue;
    if (largest < 0) return `Open vSwitch has no ${oxm} to match`;
    if (alternatives.some(({ value }) => Number(value) > largest)) {
      return `Open vSwitch matches ${oxm} up to ${largest} only`;
    }
  }
  return undefined;
}

/** Whether a switch may be unable to make copies as a policy asks: most policies ask for nothing. */
function asksMuch(policy: Policy, { party: { set, tunnel } }: PlacedMonitor): boolean {
  const isTreated = treatmentOf(policy) !== WHOLE || policy.rewriteIp === true;
  return isTreated || set !== undefined || tunnel !== undefined;
}

/** The monitors of copies that are made at a switch. */
function monitorsFrom(
  dpid: Dpid,
  policy: Policy,
  monitors: readonly (PlacedMonitor | LostMonitor)[],
  inquiry: PolicyQuery,
): readonly PlacedMonitor[] {
  const shared = shareOut(policy, monitors, (monitor) => inquiry.serves(dpid, monitor));
  if (policy.rewriteIp) {
    return shared.map((monitor) => withRewrittenIp(dpid, monitor, inquiry));
  }
  if (policy.delivery !== "tunnel") return shared;
  return shared.map((monitor) => {
    const { tunnel } = monitor.party;
    if (tunnel === undefined) return monitor;
    return { ...monitor, tunnelPort: inquiry.tunnelPort(dpid, monitor, tunnel) };
  });
}

function namesOneMac(party: Party): boolean {
  return party.mac !== undefined || party.host !== undefined;
}

/** Fills in a tap's pieces; false when there are too many. */
function addPieces(
  tap: Tap,
  { terms, notFrom }: TapPoint,
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
  const pieces: Piece[] = [];
  for (const include of includes) {
    pieces.push({ region: include, kind: "include", tap });
    for (const exclude of excludes) {
      const hole = intersect(include, exclude);
      if (hole !== undefined) pieces.push({ region: hole, kind: "exclude", tap });
    }
    const entering = notFrom && intersect(include, exactly("inPort", notFrom));
    if (entering) pieces.push({ region: entering, kind: "notFrom", tap });
    for (const cut of cutsFor(tap, include, cuts)) {
      const part = intersect(include, cut);
      if (part === undefined || isSame(part, include)) continue;
      pieces.push({ region: part, kind: "cut", tap });
    }
    if (pieces.length > limits.piecesPerPolicy) return false;
  }
  tap.pieces = pieces.slice();
  return true;
}

/** Where inside an include frames must be treated differently than in the rest of it. */
function cutsFor(tap: Tap, include: Region, cuts: Cuts): Region[] {
  const found: Region[] = [];
  const { dpid, monitors, policy } = tap;
  const ethDst = exactValue(include, "ethDst") as number | undefined;
  if (ethDst === undefined) {
    found.push(RESERVED, ...cuts.forwarding(dpid));
    // What is for a host can be addressed to the monitor, whatever its switch does with it.
    if (policy.delivery === "rewrite") found.push(...cuts.hosts());
    for (const { ownMacs } of monitors) {
      for (const mac of ownMacs) found.push(exactly("ethDst", mac));
    }
  }
  if (exactValue(include, "ethSrc") === undefined) {
    for (const monitor of monitors) {
      if (!knowsBySource(tap, monitor)) continue;
      for (const mac of monitor.portMacs) found.push(exactly("ethSrc", mac));
    }
  }
  if (policy.rewriteIp) found.push(...ipCuts(include, monitors, cuts));
  if (exactValue(include, "inPort") === undefined) {
    const ports = monitors.flatMap((monitor) => {
      if (monitor.party.tunnel === undefined) return cuts.copyPort(dpid, monitor) ?? [];
      return typeof monitor.tunnelPort === "number" ? monitor.tunnelPort : [];
    });
    for (const port of [...ports, ...cuts.deadEnds(dpid, ethDst)]) {
      found.push(exactly("inPort", port));
    }
  }
  return found;
}

/** Whether frames of a region are a monitor's own conversation by their addresses. */
export function talksItself(tap: Tap, monitor: PlacedMonitor, region: Region): boolean {
  const { ownMacs, portMacs } = monitor;
  if (ownMacs.includes(exactValue(region, "ethDst") as number)) return true;
  return knowsBySource(tap, monitor) && portMacs.includes(exactValue(region, "ethSrc") as number);
}

/**
 * Whether a tap tells what has entered at a monitor's port by its source address. At the sender's
 * edge, and on the monitor's own switch, the in-port tells it, which cannot be forged.
 */
export function knowsBySource({ edge, dpid, senderIsNamed }: Tap, monitor: PlacedMonitor): boolean {
  return edge === "receiver" && !senderIsNamed && dpid !== monitor.dpid;
}

/** Whether frames of a region, seen at the tap's switch, enter by a monitor's own port. */
export function entersAtMonitor(tap: Tap, monitor: PlacedMonitor, region: Region): boolean {
  if (tap.senderIsNamed || monitor.dpid !== tap.dpid) return false;
  return exactValue(region, "inPort") === monitor.port;
}

function exactly(name: FieldName, value: number): Region {
  return mustBe(region([constraint(name, value)]));
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
