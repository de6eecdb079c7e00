// SPDX-License-Identifier: Apache-2.0
import { forEach, type Steps } from "../../../lang/steps.ts";
import type { PortNo } from "../../../topology/index.ts";
import type { FieldName } from "../../match-region/fields.ts";
import type { FilterTerm } from "../../match-region/filter-term.ts";
import {
  constraint,
  constraintOn,
  exactValue,
  intersect,
  isSame,
  type Region,
  single,
} from "../../match-region/region.ts";
import type { CompileLimits } from "../../model/compile-limits.ts";
import { isLocalTo, type PlacedMonitor } from "../../placement/placed-monitors.ts";
import { isOfHosts, RESERVED, RESERVED_ONE_BY_ONE } from "../model/reserved-frames.ts";
import { TAGGED } from "../model/tagged-frames.ts";
import type { Exclude, Excludes } from "./excludes.ts";
import type { CutQuery } from "./policy-query.ts";
import { ipCuts } from "./rewritten-ip.ts";
import { misreadIn, selectedRegions } from "./selected-regions.ts";
import { knowsBySource, type Piece, type Tap } from "./tap.ts";

/** What frames a tap copies. */
interface Selection {
  /** All must hold. */
  readonly terms: readonly FilterTerm[];
  readonly exclude: Exclude;
}

/** What pieces are made from besides the selection. */
export interface PieceContext {
  readonly cuts: CutQuery;
  readonly limits: CompileLimits;
  /** Whether VLAN ids are reserved for tagged copies. */
  readonly hasTags: boolean;
  readonly excludes: Excludes;
}

/** Why a tap has no pieces: it, or its policy, needs more of them than the limits allow. */
export interface TooMany {
  readonly tooMany: "ofTap" | "ofPolicy";
}

/** How many regions are intersected in a step. */
const REGIONS_PER_STEP = 256;

/** The pieces of a tap, in steps: how many exceptions there are is known before the first is made. */
export function* piecesOf(
  tap: Tap,
  { terms, exclude }: Selection,
  context: PieceContext,
): Steps<readonly Piece[] | TooMany> {
  const { cuts, limits, excludes } = context;
  const options = { limit: limits.regionsPerPolicy, ports: cuts.fragmentPorts(tap.dpid) };
  const includes = yield* selectedRegions(terms, options);
  const excluded = includes && (yield* excludes.regionsOf(exclude, options));
  if (includes === undefined || excluded === undefined) return { tooMany: "ofTap" };
  const all: { readonly include: Region; readonly holes: readonly Region[] }[] = [];
  let exceptions = 0;
  for (const include of includes) {
    yield;
    const holes = excluded.overlapping(include).map(({ region }) => region);
    if (!excludes.mayExcept(holes.length)) return { tooMany: "ofPolicy" };
    exceptions += holes.length;
    if (exceptions > limits.piecesPerPolicy) return { tooMany: "ofTap" };
    all.push({ include, holes });
  }
  const elsewhere = tap.exceptHostsBut ? cuts.hostsElsewhere(tap.exceptHostsBut) : [];
  const pieces: Piece[] = [];
  for (const { include, holes: excluded } of all) {
    const reserved = copiesReserved(tap, include) ? [] : [RESERVED];
    const holes = [...misreadIn(include), ...reserved, ...excluded, ...elsewhere];
    yield* addInclude({ tap, region: include, kind: "include" }, holes, context, pieces);
    if (pieces.length > limits.piecesPerPolicy) return { tooMany: "ofTap" };
  }
  // A copy, whose capacity is no larger than its length.
  return pieces.slice();
}

/** Adds an include with everything in it that is not copied, or needs other actions. */
function* addInclude(
  part: Piece,
  holes: readonly Region[],
  context: PieceContext,
  pieces: Piece[],
): Steps<void> {
  const { tap, region: include } = part;
  const sources = yield* sourcesIn(tap, include, holes.length, context);
  yield* addPart(part, holes, pieces);
  const isWhole = sources.length === 0 || copiesAnySource(tap, context);
  // A mark carries frames for reserved addresses whatever their source is.
  const parts = isWhole ? cutsFor(tap, include, context) : reservedCuts(tap, include, context);
  yield* addCuts(tap, include, parts, pieces);
  // The same in each part: left to the closure they would count as overlaps of policies.
  // No cut depends on which source it is.
  const [source] = sources;
  const sourceCuts = source === undefined ? [] : cutsFor(tap, source, context);
  for (const region of sources) {
    yield* addPart({ tap, region, kind: "source" }, holes, pieces);
    yield* addCuts(tap, region, sourceCuts, pieces);
  }
}

/** Adds an include, or a part of one, with the frames in it that are not copied. */
function* addPart(part: Piece, holes: readonly Region[], pieces: Piece[]): Steps<void> {
  const { tap, region } = part;
  pieces.push(part);
  for (const [index, each] of holes.entries()) {
    const hole = intersect(region, each);
    if (hole !== undefined) pieces.push({ region: hole, kind: "exclude", tap });
    if (index % REGIONS_PER_STEP === REGIONS_PER_STEP - 1) yield;
  }
  for (const port of tap.exceptInPorts) {
    const entering = intersect(region, exactly("inPort", port));
    if (entering) pieces.push({ region: entering, kind: "exceptInPort", tap });
  }
  yield;
}

function addCuts(tap: Tap, part: Region, cuts: readonly Region[], pieces: Piece[]): Steps<void> {
  return forEach(cuts, (cut) => {
    const region = intersect(part, cut);
    if (region === undefined || isSame(region, part)) return;
    pieces.push({ region, kind: "cut", tap });
  });
}

/** Whether some copies of a tap need no mark: they are made of frames of any source. */
function copiesAnySource({ dpid, monitors }: Tap, { hasTags }: PieceContext): boolean {
  return (
    hasTags || monitors.some((each) => isLocalTo(dpid, each) || each.party.tunnel !== undefined)
  );
}

/**
 * The parts of an include that known hosts send, where their copies need one-sided marks: a mark
 * replaces one address, and the include fixes neither. With too many parts for the tables the copies
 * go by tags alone.
 */
function* sourcesIn(
  tap: Tap,
  include: Region,
  holes: number,
  context: PieceContext,
): Steps<readonly Region[]> {
  const { cuts, limits, hasTags } = context;
  const isOpen = (name: FieldName) => exactValue(include, name) === undefined;
  if (!isOpen("ethSrc") || !isOpen("ethDst") || !mayMark(tap, cuts)) return [];
  const port = exactValue(include, "inPort") as PortNo | undefined;
  const macs = port === undefined ? cuts.hosts() : cuts.macsAt({ dpid: tap.dpid, port });
  const most = hasTags ? limits.regionsPerPolicy : limits.piecesPerPolicy;
  // Each address makes a part, unless the include constrains addresses.
  const isAnySource = constraintOn(include, "ethSrc") === undefined;
  if (isAnySource && macs.length * (1 + holes) > most) return [];
  const parts: Region[] = [];
  yield* forEach(macs, (mac) => {
    const part = intersect(include, exactly("ethSrc", mac));
    if (part !== undefined) parts.push(part);
  });
  const [first] = parts;
  if (first === undefined) return [];
  const size = parts.length * (1 + holes + cutsFor(tap, first, context).length);
  return size > most ? [] : parts;
}

/** Whether copies for some monitor of a tap may carry one-sided marks. */
function mayMark({ dpid, monitors, policy: { delivery } }: Tap, cuts: CutQuery): boolean {
  if (delivery !== "auto" && delivery !== "mark") return false;
  return monitors.some(
    (each) => each.party.tunnel === undefined && cuts.directPort(dpid, each) !== undefined,
  );
}

/** The regions inside an include whose frames need other actions than its remaining frames. */
function cutsFor(tap: Tap, include: Region, context: PieceContext): Region[] {
  const { cuts } = context;
  const { dpid, monitors, policy } = tap;
  const ethDst = exactValue(include, "ethDst") as number | undefined;
  const found: Region[] = [];
  if (ethDst === undefined) {
    found.push(...reservedCuts(tap, include, context), ...destinationCuts(tap, cuts));
  }
  if (cuts.dropsInnerTags(dpid)) found.push(TAGGED);
  if (exactValue(include, "ethSrc") === undefined) {
    for (const monitor of monitors) {
      if (!knowsBySource(tap, monitor)) continue;
      for (const mac of monitor.portMacs) found.push(exactly("ethSrc", mac));
    }
  }
  if (policy.rewriteIp) found.push(...ipCuts(include, monitors, cuts));
  if (exactValue(include, "inPort") === undefined) {
    const ports = [...copyPorts(tap, cuts), ...cuts.deadEnds(dpid, ethDst)];
    for (const port of ports) found.push(exactly("inPort", port));
  }
  return found;
}

/** Whether a tap copies the frames for reserved addresses that an include contains. */
function copiesReserved({ exceptReserved }: Tap, include: Region): boolean {
  return !exceptReserved && !isOfHosts(include);
}

/**
 * The reserved addresses. Copies that cross links have another destination there: for each one that
 * keeps the last bits of the frame's, or else each address has its own.
 */
function reservedCuts(tap: Tap, include: Region, context: PieceContext): readonly Region[] {
  const isTogether = tap.monitors
    .filter((each) => !isLocalTo(tap.dpid, each) && each.party.tunnel === undefined)
    .every((monitor) => keepsLastBits(tap, monitor, context));
  return isTogether || !copiesReserved(tap, include) ? [RESERVED] : RESERVED_ONE_BY_ONE;
}

/** Whether copies are carried by a tag or a one-sided mark, between two switches that are Open vSwitch. */
function keepsLastBits(
  { dpid, policy: { delivery } }: Tap,
  monitor: PlacedMonitor,
  { cuts, hasTags }: PieceContext,
): boolean {
  if (delivery === "rewrite") return false;
  if (cuts.plainName(dpid) !== undefined || cuts.plainName(monitor.dpid) !== undefined)
    return false;
  return delivery !== "auto" || hasTags || cuts.directPort(dpid, monitor) !== undefined;
}

function destinationCuts({ dpid, monitors, policy }: Tap, cuts: CutQuery): Region[] {
  const found: Region[] = [...cuts.forwarding(dpid)];
  // A frame for a known host can be rewritten for the monitor, whatever its switch does with it.
  if (policy.delivery === "rewrite") {
    for (const mac of cuts.hosts()) found.push(exactly("ethDst", mac));
  }
  for (const { ownMacs } of monitors) {
    for (const mac of ownMacs) found.push(exactly("ethDst", mac));
  }
  return found;
}

/** The ports by which copies leave: a copy of a frame that entered there is sent back by IN_PORT. */
function copyPorts({ dpid, monitors }: Tap, cuts: CutQuery): number[] {
  return monitors.flatMap((monitor) => {
    if (monitor.party.tunnel === undefined) {
      const ports = [cuts.copyPort(dpid, monitor), cuts.directPort(dpid, monitor)];
      return [...new Set(ports)].flatMap((port) => port ?? []);
    }
    return typeof monitor.tunnelPort === "number" ? monitor.tunnelPort : [];
  });
}

function exactly(name: FieldName, value: number): Region {
  return single(constraint(name, value));
}
