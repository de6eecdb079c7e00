// SPDX-License-Identifier: Apache-2.0
import { forEach, type Steps } from "../../../lang/steps.ts";
import { constraint, intersect, type Region, single, without } from "../../match-region/region.ts";
import { RegionIndex } from "../../match-region/region-index.ts";
import { isRequest, type Piece, type Tap } from "../taps/tap.ts";

/** A piece of a tap, and a part of it whatever the port by which its frames come. */
interface Part {
  readonly region: Region;
  readonly piece: Piece;
}

/** Frames of `own`, as they leave a port, that `other` has been asked for where they were sent. */
interface Passing {
  readonly own: Piece;
  readonly other: Piece;
  /** Of the frames of `own`. */
  readonly region: Region;
}

/**
 * Finds the frames that mirrors hand over twice: as a port sends them, and as another one gets them. A frame that the
 * application in between leaves as it is has at its receiver the source address of a host that is known at the port of
 * its sender; by that it is recognized. One that is routed has another one: it is what the receiver gets, and a
 * frame of its own.
 */
export class PassedTaps {
  readonly #sent = new RegionIndex<Part>();
  readonly #received = new RegionIndex<Part>();
  readonly #parts = new Map<Piece, readonly Part[]>();
  readonly #standIns = new WeakMap<Tap, Tap>();
  readonly #originals = new WeakMap<Piece, Piece>();

  /** The pairs of a new piece with others. */
  *add(piece: Piece): Steps<readonly Passing[]> {
    const { mirrored } = piece.tap;
    if (mirrored === undefined || !isRequest(piece)) return [];
    const anywhere = without(piece.region, "inPort");
    const isSent = mirrored.patched.use === "sent";
    const parts = isSent
      ? mirrored.macs.flatMap((mac) => intersect(anywhere, single(constraint("ethSrc", mac))) ?? [])
      : [anywhere];
    const own = parts.map((region): Part => ({ region, piece }));
    this.#parts.set(piece, own);
    const [mine, theirs] = isSent ? [this.#sent, this.#received] : [this.#received, this.#sent];
    const found: Passing[] = [];
    yield* forEach(own, (part) => {
      mine.add(part);
      for (const other of theirs.overlapping(part.region)) {
        const [from, to] = isSent ? [part, other] : [other, part];
        const region = intersect(to.piece.region, from.region);
        if (region === undefined || isSamePort(from.piece.tap, to.piece.tap)) continue;
        found.push({ own: to.piece, other: this.#standIn(from.piece), region });
      }
    });
    return found;
  }

  remove(piece: Piece): void {
    const isSent = piece.tap.mirrored?.patched.use === "sent";
    const index = isSent ? this.#sent : this.#received;
    for (const part of this.#parts.get(piece) ?? []) index.remove(part);
    this.#parts.delete(piece);
  }

  /** The piece for which one of a stand-in has been made. */
  original(standIn: Piece): Piece {
    return this.#originals.get(standIn) ?? standIn;
  }

  /** The same piece of a tap that stands for the piece's. */
  #standIn(piece: Piece): Piece {
    const { tap, kind, region } = piece;
    const known = this.#standIns.get(tap) ?? { ...tap, passed: tap };
    this.#standIns.set(tap, known);
    const made: Piece = { tap: known, kind, region };
    this.#originals.set(made, piece);
    return made;
  }
}

function isSamePort(a: Tap, b: Tap): boolean {
  return a.place.dpid === b.place.dpid && a.place.port === b.place.port;
}
