// SPDX-License-Identifier: Apache-2.0

import type { Steps } from "../../../lang/steps.ts";
import type { Dpid } from "../../../topology/index.ts";
import {
  constraint,
  constraintOn,
  intersect,
  type Region,
  region,
  single,
  without,
} from "../../match-region/region.ts";
import { RegionIndex } from "../../match-region/region-index.ts";
import { treatmentOf, WHOLE } from "../../model/treatment.ts";
import type { PlacedMonitor } from "../../placement/placed-monitors.ts";
import { missingFor } from "../model/waiting-copies.ts";
import type { SwitchView } from "../network/switch-view.ts";
import { isOwnTraffic, isRequest, knowsBySource, type Piece, type Tap } from "../taps/tap.ts";
import { carriageOf } from "./carriage.ts";
import { PassedTaps } from "./passed-taps.ts";

/** A piece of one switch's tap in the closure of another switch. */
interface ForeignPiece {
  /** The switch whose closure contains it. */
  readonly dpid: Dpid;
  readonly piece: Piece;
}

/** What the selection needs to know about the network. */
interface Reach {
  /** Whether frames of one switch reach another. */
  reaches(from: Dpid, to: Dpid): boolean;
  /** Pieces that include or exclude frames of a region, of taps on switches other than `except`. */
  requestPieces(region: Region, except: Dpid): Iterable<Piece>;
}

/**
 * Ensures that a frame that passes several tap points is copied to a monitor at exactly one of them.
 *
 * Problem: one policy may tap a frame at its sender's edge and another policy, for the same monitor,
 * at its receiver's edge on another switch; a broadcast frame even has several receivers' edges. The
 * switches decide independently, and one that receives a frame by a link does not know its ingress
 * port in the network. Solution: of the taps that request the frame for the monitor, one is selected:
 *
 * - A tap at a sender's edge defers to one at a receiver's edge: the frame arrives there by a link.
 * - Of several receivers' edges (a group address, flooded to all of them) the highest dpid makes the
 *   copy; the others defer.
 * - The selected tap may not request the frame because of its in-port: that of the receiver itself, or
 *   of the monitor. The other taps cannot know this and have deferred. The selected tap's switch,
 *   which knows the port, copies for them.
 * - A tap at a receiver's edge defers to one at a sender's edge where mirrors hand over both (`PassedTaps`).
 *
 * A deferring tap may request more than the selected tap: whole frames, or all flows. It therefore
 * delegates its request to the selected tap's switch, which copies at least that much. The request
 * covers all frames that the deferring tap would copy if they entered by any port, because the other
 * switch does not see their in-port. So no monitor gets less than its policies request.
 *
 * For these decisions a switch needs the regions of other switches' taps where they overlap those of
 * its own taps: they are added to its closure as foreign pieces.
 */
export class TapPointSelection {
  readonly #reach: Reach;
  readonly #receivers = new RegionIndex<Piece>();
  readonly #passed = new PassedTaps();
  #count = 0;
  /** The foreign pieces that exist because of a piece: its tap defers, or is deferred to. */
  readonly #foreign = new Map<Piece, Set<ForeignPiece>>();
  readonly #parents = new Map<ForeignPiece, readonly [Piece, Piece]>();

  constructor(reach: Reach) {
    this.#reach = reach;
  }

  /** The foreign pieces to add with a new piece. */
  *add(piece: Piece): Steps<ForeignPiece[]> {
    const found: ForeignPiece[] = [];
    if (isRequest(piece) && this.#count > 0) {
      const anywhere = without(piece.region, "inPort");
      for (const other of this.#receivers.overlapping(anywhere)) {
        this.#link(piece, other, found);
        yield;
      }
    }
    if (isSharedWithOthers(piece)) {
      const { dpid } = piece.tap;
      for (const own of this.#reach.requestPieces(piece.region, dpid)) {
        this.#link(own, piece, found);
        yield;
      }
      this.#receivers.add(piece);
      this.#count++;
    }
    for (const { own, other, region } of yield* this.#passed.add(piece)) {
      if (!sharesMonitor(own.tap, other.tap)) continue;
      const parts = own.kind === "include" ? partsOf(region, own, other) : [];
      this.#note(own, parts, other, found);
      yield;
    }
    return found;
  }

  /** The foreign pieces to remove with a piece. */
  remove(piece: Piece): ForeignPiece[] {
    if (isSharedWithOthers(piece)) {
      this.#receivers.remove(piece);
      this.#count--;
    }
    this.#passed.remove(piece);
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
    // A tap needs no foreign regions for traffic that it does not request.
    const shared = own.kind === "include" ? sharedRegions(own, other) : [];
    this.#note(
      own,
      shared.flatMap((part) => partsOf(part, own, other)),
      other,
      found,
    );
  }

  /** Adds parts of the other tap's pieces to the closure of the own tap's switch, as long as both pieces exist. */
  #note(own: Piece, parts: readonly Piece[], other: Piece, found: ForeignPiece[]): void {
    const parents = [own, other.tap.passed ? this.#passed.original(other) : other] as const;
    for (const foreign of [
      ...parts.map((piece): ForeignPiece => ({ dpid: own.tap.dpid, piece })),
      ...delegatedPieces(own, other),
    ]) {
      this.#parents.set(foreign, parents);
      for (const parent of parents) {
        const all = this.#foreign.get(parent) ?? new Set();
        this.#foreign.set(parent, all.add(foreign));
      }
      found.push(foreign);
    }
  }
}

/** Whether a tap's copy for a monitor is made at another tap that also requests the frame. */
export function defersTo(tap: Tap, other: Tap): boolean {
  if (tap.passed !== undefined || other.passed !== undefined) return other.passed !== undefined;
  return tap.edge === "sender" || other.dpid > tap.dpid;
}

/** Whether a tap copies frames of a region to a monitor, whatever their in-port; `at`: any switch. */
export function serves(tap: Tap, { key }: PlacedMonitor, region: Region, at: SwitchView): boolean {
  return requestsFor(tap, key, region).some((each) => "by" in carriageOf(tap, each, region, at));
}

/**
 * The monitors at one port for which a tap requests copies of a region's frames, whatever their
 * in-port: a policy may name a port several times, each time with a separate share of the flows.
 */
export function requestsFor(tap: Tap, key: string, region: Region): PlacedMonitor[] {
  if (missingFor(tap.waits, key, undefined) !== undefined) return [];
  return tap.monitors.filter(
    (each) =>
      each.key === key &&
      (each.party.tunnel === undefined || typeof each.tunnelPort === "number") &&
      !isOwnTraffic(tap, each, region),
  );
}

/** Whether other switches need a piece: it includes or excludes frames whatever their in-port. */
function isSharedWithOthers(piece: Piece): boolean {
  const { tap, region, kind } = piece;
  const isShared = isRequest(piece) || kind === "source";
  return tap.edge === "receiver" && isShared && constraintOn(region, "inPort") === undefined;
}

function sharesMonitor(a: Tap, b: Tap): boolean {
  return a.monitors.some(({ key }) => b.monitors.some((other) => other.key === key));
}

/**
 * The other tap's piece restricted to a part of the own piece, and cut at the own traffic of monitors
 * that both serve: two names of one port may have different addresses, so the own tap's cuts may
 * differ.
 */
function partsOf(part: Region, own: Piece, other: Piece): Piece[] {
  const { kind, tap } = other;
  const pieces: Piece[] = [{ region: part, kind, tap }];
  for (const monitor of tap.monitors) {
    const { key, ownMacs, portMacs } = monitor;
    if (!own.tap.monitors.some((each) => each.key === key)) continue;
    const sources = knowsBySource(tap, monitor) ? portMacs : [];
    const ownTraffic = [
      ...ownMacs.map((mac) => constraint("ethDst", mac)),
      ...sources.map((mac) => constraint("ethSrc", mac)),
    ];
    for (const each of ownTraffic) {
      const cut = intersect(part, single(each));
      if (cut !== undefined && cut.key !== part.key) pieces.push({ region: cut, kind: "cut", tap });
    }
  }
  return pieces;
}

/**
 * The own tap's requests and excludes for a tap that copies in its place and may request less: its
 * switch adds them to its closure.
 */
function delegatedPieces(own: Piece, other: Piece): ForeignPiece[] {
  if (other.kind !== "include" || !defersTo(own.tap, other.tap)) return [];
  const isWhole = treatmentOf(other.tap.policy) === WHOLE;
  if (isWhole && other.tap.monitors.every(({ share }) => share === undefined)) return [];
  const both = intersect(without(own.region, "inPort"), other.region);
  if (both === undefined) return [];
  const kind = own.kind === "include" ? "delegate" : "exclude";
  return [{ dpid: other.tap.dpid, piece: { region: both, kind, tap: own.tap } }];
}

/** Where a tap must consider another one: everywhere, or only where it may have to copy for it. */
function sharedRegions(own: Piece, other: Piece): Region[] {
  const both = intersect(own.region, other.region);
  if (both === undefined) return [];
  if (defersTo(own.tap, other.tap)) return [both];
  const { exceptInPorts, monitors, dpid } = own.tap;
  const ports = new Set(monitors.filter((each) => each.dpid === dpid).map(({ port }) => port));
  for (const port of exceptInPorts) ports.add(port);
  return [...ports].flatMap((port) => {
    const entering = region([constraint("inPort", port)]);
    return (entering && intersect(both, entering)) ?? [];
  });
}
