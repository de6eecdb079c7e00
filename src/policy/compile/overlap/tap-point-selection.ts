import type { Dpid } from "../../../topology/index.ts";
import {
  constraint,
  constraintOn,
  contains,
  exactValue,
  intersect,
  type Region,
  region,
  single,
  without,
} from "../../match-region/region.ts";
import { RegionIndex } from "../../match-region/region-index.ts";
import { treatmentOf, WHOLE } from "../../model/treatment.ts";
import type { PlacedMonitor } from "../../placement/placed-monitors.ts";
import { knowsBySource, type Piece, type Tap, talksItself } from "../taps/compile-taps.ts";

/** A piece of one switch's tap in the closure of another switch. */
export interface ForeignPiece {
  /** The switch in whose closure it is. */
  readonly dpid: Dpid;
  readonly piece: Piece;
}

/** What the elections ask of the network. */
export interface Reach {
  /** Whether frames of one switch get to another. */
  reaches(from: Dpid, to: Dpid): boolean;
  /** The pieces that include or exclude frames of a region, of taps of other switches than `except`. */
  wishes(region: Region, except: Dpid): Iterable<Piece>;
}

/**
 * Sees to it that a frame that passes two tap points is copied to a monitor at one of them.
 *
 * Problem: a frame may be seen at its sender's edge by one policy and at its receiver's edge, on
 * another switch, by another one, for the same monitor; a broadcast frame even at several receivers'
 * edges. The switches decide on their own, and one that gets a frame by a link does not know where it
 * came in. Solution: of the switches whose taps want the frame for the monitor, one is elected:
 *
 * - A tap at a sender's edge yields to one at a receiver's edge: the frame will come there by a link.
 * - Of several receivers' edges (a group address, flooded to all of them) the highest dpid makes the
 *   copy; the others yield.
 * - The elected one may not want the frame after all, because of the port it enters by: the receiver
 *   itself, or the monitor. The others, who cannot know, have yielded all the same; so its switch,
 *   which knows the port, copies for them.
 *
 * Who yields may ask for more than the elected one: for whole frames, for all flows. So it lends what it
 * asks for, for all frames that it would copy whatever port they came in by there; only the elected
 * switch does not see that port. Thus nobody gets less than asked for.
 *
 * To decide so, a switch must know the regions of the other switches' taps where they overlap those
 * of its own: these are put into its closure, as foreign pieces.
 */
export class TapPointSelection {
  readonly #reach: Reach;
  readonly #receivers = new RegionIndex<Piece>();
  #count = 0;
  /** The foreign pieces that exist because of a piece: it yields there, or is yielded to. */
  readonly #foreign = new Map<Piece, Set<ForeignPiece>>();
  readonly #parents = new Map<ForeignPiece, readonly [Piece, Piece]>();

  constructor(reach: Reach) {
    this.#reach = reach;
  }

  /** The foreign pieces that a new piece calls for. */
  add(piece: Piece): ForeignPiece[] {
    const found: ForeignPiece[] = [];
    if (isRequest(piece) && this.#count > 0) {
      const anywhere = without(piece.region, "inPort");
      for (const other of this.#receivers.overlapping(anywhere)) this.#link(piece, other, found);
    }
    if (isForeignKind(piece)) {
      const { dpid } = piece.tap;
      for (const own of this.#reach.wishes(piece.region, dpid)) this.#link(own, piece, found);
      this.#receivers.add(piece);
      this.#count++;
    }
    return found;
  }

  /** The foreign pieces that go with a piece. */
  remove(piece: Piece): ForeignPiece[] {
    if (isForeignKind(piece)) {
      this.#receivers.remove(piece);
      this.#count--;
    }
    const gone = [...(this.#foreign.get(piece) ?? [])];
    for (const each of gone) {
      for (const parent of this.#parents.get(each) ?? []) {
        const left = this.#foreign.get(parent);
        left?.delete(each);
        if (left?.size === 0) this.#foreign.delete(parent);
      }
      this.#parents.delete(each);
    }
    return gone;
  }

  #link(own: Piece, other: Piece, found: ForeignPiece[]): void {
    const { tap } = own;
    if (tap.dpid === other.tap.dpid || !sharesMonitor(tap, other.tap)) return;
    if (!this.#reach.reaches(tap.dpid, other.tap.dpid)) return;
    // Of what it does not want itself a tap need not know what others do.
    const shared = own.kind === "include" ? overlaps(own, other) : [];
    const told = shared.flatMap((part) => partsOf(part, own, other));
    for (const foreign of [
      ...told.map((piece): ForeignPiece => ({ dpid: tap.dpid, piece })),
      ...lent(own, other),
    ]) {
      this.#parents.set(foreign, [own, other]);
      for (const parent of [own, other]) {
        const all = this.#foreign.get(parent) ?? new Set();
        this.#foreign.set(parent, all.add(foreign));
      }
      found.push(foreign);
    }
  }
}

/** Whether a tap's copy for a monitor is made at another tap, which is known to want the frame too. */
export function defersTo(tap: Tap, other: Tap): boolean {
  return tap.edge === "sender" || other.dpid > tap.dpid;
}

/** Whether a tap copies frames of a region to a monitor, wherever they come in. */
export function serves(tap: Tap, { key }: PlacedMonitor, region: Region): boolean {
  return requestsFor(tap, key, region).some(
    // Who insists on rewriting may find that it cannot be done.
    ({ dpid, mac }) =>
      dpid === tap.dpid ||
      tap.policy.delivery !== "rewrite" ||
      (mac !== undefined && pinsAddresses(tap, region)),
  );
}

/** Whether a tap at a receiver's edge says what MAC addresses the frames of a region have. */
function pinsAddresses({ pieces }: Tap, region: Region): boolean {
  return pieces.some(
    (piece) =>
      piece.kind === "include" &&
      exactValue(piece.region, "ethSrc") !== undefined &&
      exactValue(piece.region, "ethDst") !== undefined &&
      contains(piece.region, region),
  );
}

/**
 * For which of its monitors at one port a tap wants copies of a region's frames, wherever they come in:
 * a policy may call a port by several names, each with a share of its own.
 */
export function requestsFor(tap: Tap, key: string, region: Region): PlacedMonitor[] {
  return tap.monitors.filter(
    (each) =>
      each.key === key &&
      (each.party.tunnel === undefined || typeof each.tunnelPort === "number") &&
      !talksItself(tap, each, region),
  );
}

/** What a tap tells other switches: what it includes and excludes, wherever a frame comes in. */
function isForeignKind(piece: Piece): boolean {
  const { tap, region } = piece;
  return (
    tap.edge === "receiver" && isRequest(piece) && constraintOn(region, "inPort") === undefined
  );
}

/** Whether a piece says what frames a tap wants, or does not want after all. */
export function isRequest({ kind }: Piece): boolean {
  return kind === "include" || kind === "exclude";
}

function sharesMonitor(a: Tap, b: Tap): boolean {
  return a.monitors.some(({ key }) => b.monitors.some((other) => other.key === key));
}

/**
 * The other tap's piece on a part of the own one's, cut where monitors that both serve talk
 * themselves: the own tap may be cut elsewhere, as two monitors may share a port, which names them.
 */
function partsOf(part: Region, own: Piece, other: Piece): Piece[] {
  const { kind, tap } = other;
  const pieces: Piece[] = [{ region: part, kind, tap }];
  for (const monitor of tap.monitors) {
    const { key, ownMacs, portMacs } = monitor;
    if (!own.tap.monitors.some((each) => each.key === key)) continue;
    const sources = knowsBySource(tap, monitor) ? portMacs : [];
    const talks = [
      ...ownMacs.map((mac) => constraint("ethDst", mac)),
      ...sources.map((mac) => constraint("ethSrc", mac)),
    ];
    for (const talk of talks) {
      const cut = intersect(part, single(talk));
      if (cut !== undefined && cut.key !== part.key) pieces.push({ region: cut, kind: "cut", tap });
    }
  }
  return pieces;
}

/** What a tap has another one know that copies for it and may ask for less: what it wants, and what not. */
function lent(own: Piece, other: Piece): ForeignPiece[] {
  if (other.kind !== "include" || !defersTo(own.tap, other.tap)) return [];
  const isWhole = treatmentOf(other.tap.policy) === WHOLE;
  if (isWhole && other.tap.monitors.every(({ share }) => share === undefined)) return [];
  const both = intersect(without(own.region, "inPort"), other.region);
  if (both === undefined) return [];
  const kind = own.kind === "include" ? "lend" : "exclude";
  return [{ dpid: other.tap.dpid, piece: { region: both, kind, tap: own.tap } }];
}

/** Where a tap must know of another one: everywhere, or where it may have to copy for it. */
function overlaps(own: Piece, other: Piece): Region[] {
  const both = intersect(own.region, other.region);
  if (both === undefined) return [];
  if (defersTo(own.tap, other.tap)) return [both];
  const { notFrom, monitors, dpid } = own.tap;
  const ports = new Set(monitors.filter((each) => each.dpid === dpid).map(({ port }) => port));
  if (notFrom !== undefined) ports.add(notFrom);
  return [...ports].flatMap((port) => {
    const entering = region([constraint("inPort", port)]);
    return (entering && intersect(both, entering)) ?? [];
  });
}
