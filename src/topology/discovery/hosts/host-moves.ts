// SPDX-License-Identifier: Apache-2.0
import type { PortAt } from "../../port-at.ts";
import type { HostLimits } from "./host-limits.ts";

/** What an observation of a host means for its place. */
export type HostMove =
  | { readonly type: "stays" }
  | { readonly type: "moves" }
  /** It moves too often: it returns to the place it had before the first move, and is held there. */
  | { readonly type: "held"; readonly home: PortAt };

type MoveLimits = Pick<HostLimits, "moves" | "moveWindowMs" | "quietMs">;

/**
 * Damps a host that is observed at two places in turn.
 *
 * - free, observed elsewhere, at most `moves` times in the window → moves at once
 * - free, observed elsewhere once more → held, at the place it had before the first of these moves
 * - held, observed at another place than the last time → held; the quiet time restarts
 * - held, observed at one place only for the quiet time → free; it moves there if observed there again
 */
export class MoveDamper {
  #moves: number[] = [];
  #home: PortAt | undefined;
  /** While held: where it was last observed, since when only there, and whether more than once. */
  #held: { at: PortAt; since: number; again: boolean } | undefined;

  get isHeld(): boolean {
    return this.#held !== undefined;
  }

  /** The host, whose place is `place`, is observed at `at`. */
  seen(place: PortAt, at: PortAt, now: number, limits: MoveLimits): HostMove {
    if (this.#held) {
      if (samePort(this.#held.at, at)) this.#held.again = true;
      else this.#held = { at, since: now, again: false };
      return { type: "stays" };
    }
    if (samePort(place, at)) return { type: "stays" };
    this.#moves = this.#moves.filter((time) => time > now - limits.moveWindowMs);
    if (this.#moves.length === 0) this.#home = place;
    if (this.#moves.length < limits.moves) {
      this.#moves.push(now);
      return { type: "moves" };
    }
    this.#held = { at, since: now, again: false };
    return { type: "held", home: this.#home ?? place };
  }

  /** Frees a held host after its quiet time; returns where it was observed meanwhile, if steadily. */
  release(now: number, quietMs: number): { readonly at: PortAt | undefined } | undefined {
    if (!this.#held || now - this.#held.since < quietMs) return undefined;
    const { at, again } = this.#held;
    this.reset();
    return { at: again ? at : undefined };
  }

  /** A held host does not move to a port that is no longer an edge. */
  keepOnly(isEdge: (at: PortAt) => boolean): void {
    if (this.#held && !isEdge(this.#held.at)) this.#held.again = false;
  }

  reset(): void {
    this.#held = undefined;
    this.#moves = [];
    this.#home = undefined;
  }
}

export function samePort(a: PortAt, b: PortAt): boolean {
  return a.port === b.port && a.dpid === b.dpid;
}

/** The port alone, of a port with more members: an entry's port refers to all hosts there. */
export function plainPort({ dpid, port }: PortAt): PortAt {
  return { dpid, port };
}
