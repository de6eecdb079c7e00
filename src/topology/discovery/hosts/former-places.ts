// SPDX-License-Identifier: Apache-2.0
import type { FormerPlace } from "../../model.ts";
import type { PortAt } from "../../port-at.ts";
import type { HostEntry } from "./host-entry.ts";
import type { HostLimits } from "./host-limits.ts";
import { plainPort, samePort } from "./host-moves.ts";

/** Most former places of one host, and of all hosts together. */
const MOST_OF_HOST = 3;
const MOST = 1000;

/** Share of the time in which a conflict lapses for which a place in use is not watched again. */
const UNWATCHED_SHARE = 1 / 5;

/** A port that a host has left. */
interface LeftPort extends PortAt {
  /** When the host left it, or frames of it were last seen there. */
  readonly last: number;
  /** When frames of it were last seen there; undefined: not since it left. */
  readonly seen: number | undefined;
}

/** Dependencies of `FormerPlaces`. */
interface FormerPlacesDeps {
  readonly limits: Pick<HostLimits, "expiryMs" | "conflictMs">;
  readonly changed: (entry: HostEntry) => void;
}

/**
 * The ports that hosts have left.
 *
 * A host moves by one announcement, which any device can send, and the host itself: if only its present place
 * counted, it could announce itself elsewhere and go on sending, unseen by every tap. Nothing but a port that goes
 * down proves that a host has left it. So the port it leaves stays a place of the host
 * - until it is down, gone, or no longer an edge port, or the host is back, forgotten or named,
 * - or until nothing of the host has been seen there for the expiry time,
 * - or until there are too many of them: the oldest goes.
 */
export class FormerPlaces {
  readonly #limits: FormerPlacesDeps["limits"];
  readonly #changed: FormerPlacesDeps["changed"];
  /** By host, in the order of their last changes. */
  readonly #places = new Map<HostEntry, readonly LeftPort[]>();
  #count = 0;

  constructor({ limits, changed }: FormerPlacesDeps) {
    this.#limits = limits;
    this.#changed = changed;
  }

  /** A host has left a port for another one. */
  left(entry: HostEntry, from: PortAt, now: number): void {
    this.#add(entry, { ...plainPort(from), last: now, seen: undefined }, now);
  }

  /** Frames of a host are seen at a port which is not its present place. */
  used(entry: HostEntry, at: PortAt, now: number): void {
    this.#add(entry, { ...plainPort(at), last: now, seen: now }, now);
  }

  /** Whether a port is a former place of a host. */
  has(entry: HostEntry, at: PortAt): boolean {
    return this.#of(entry).some((each) => samePort(each, at));
  }

  /** Drops what has expired, and updates what is published of the others. */
  check(entry: HostEntry, now: number): void {
    const places = this.#of(entry);
    if (places.length === 0) return;
    const kept = places.filter(({ last }) => now - last < this.#limits.expiryMs);
    this.#set(entry, kept, now);
  }

  /** Drops the places at ports for which the predicate does not hold. */
  keepOnly(isKept: (at: PortAt) => boolean): void {
    for (const [entry, places] of [...this.#places]) {
      const kept = places.filter(isKept);
      if (kept.length === places.length) continue;
      this.#keep(entry, kept);
      this.#publish(entry, entry.formerly.filter(isKept));
    }
  }

  /** A host is no longer known. */
  forget(entry: HostEntry): void {
    this.#count -= this.#of(entry).length;
    this.#places.delete(entry);
  }

  #of(entry: HostEntry): readonly LeftPort[] {
    return this.#places.get(entry) ?? [];
  }

  #add(entry: HostEntry, place: LeftPort, now: number): void {
    const others = this.#of(entry).filter(
      (each) => !samePort(each, place) && !samePort(each, entry.at),
    );
    this.#set(entry, [...others, place].slice(-MOST_OF_HOST), now);
    if (this.#count > MOST) this.#dropOldest(now);
  }

  #dropOldest(now: number): void {
    const [oldest] = this.#places;
    if (oldest !== undefined) this.#set(oldest[0], oldest[1].slice(1), now);
  }

  #set(entry: HostEntry, places: readonly LeftPort[], now: number): void {
    this.#keep(entry, places);
    const published = places.map((each) => this.#published(each, now));
    if (!sameFormerPlaces(published, entry.formerly)) this.#publish(entry, published);
  }

  #keep(entry: HostEntry, places: readonly LeftPort[]): void {
    this.forget(entry);
    this.#count += places.length;
    if (places.length > 0) this.#places.set(entry, places);
  }

  #publish(entry: HostEntry, places: readonly FormerPlace[]): void {
    entry.formerly = places;
    this.#changed(entry);
  }

  #published({ dpid, port, seen }: LeftPort, now: number): FormerPlace {
    const { conflictMs } = this.#limits;
    const ago = seen === undefined ? Infinity : now - seen;
    return {
      ...{ dpid, port },
      isUsed: ago < conflictMs,
      isWatched: ago >= conflictMs * UNWATCHED_SHARE,
    };
  }
}

function sameFormerPlaces(x: readonly FormerPlace[], y: readonly FormerPlace[]): boolean {
  return (
    x.length === y.length &&
    x.every((each, index) => {
      const other = y[index];
      return (
        other !== undefined &&
        samePort(each, other) &&
        each.isUsed === other.isUsed &&
        each.isWatched === other.isWatched
      );
    })
  );
}
