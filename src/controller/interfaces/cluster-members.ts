// SPDX-License-Identifier: Apache-2.0
import { SERVED_DATABASE } from "../../ovsdb/index.ts";
import type { OvsdbSession } from "../../ovsdb-session/index.ts";
import type { CancelTimer, Clock } from "../../runtime/clock.ts";

/** How often members are asked for their place in the cluster, in milliseconds. */
const ASK_MS = 1_000;

/** A member as it last described itself. */
interface Place {
  /** In contact with a majority of the cluster. */
  readonly isConnected: boolean;
  readonly isLeader: boolean;
  /** The cluster; undefined: the database is in none. */
  readonly cluster: string | undefined;
  /** How many entries of the cluster's log the copy contains. */
  readonly index: number;
}

/** The sessions with the members of one cluster, and which of them is read. */
export class ClusterMembers {
  readonly #database: string;
  readonly #clock: Clock;
  readonly #changed: () => void;
  /** In the order in which they were there; undefined: not known yet. */
  readonly #places = new Map<OvsdbSession, Place | undefined>();
  /** Where the log was when a copy was last read. */
  #known: { readonly cluster: string | undefined; readonly index: number } | undefined;
  #cancelAsking: CancelTimer | undefined;

  /** `changed` is called when a member is better than the present one, or that one is no longer eligible. */
  constructor(database: string, clock: Clock, changed: () => void) {
    this.#database = database;
    this.#clock = clock;
    this.#changed = changed;
  }

  /** The member to read. */
  current: OvsdbSession | undefined;

  add(session: OvsdbSession): void {
    this.#places.set(session, undefined);
    void this.ask(session);
    this.#askLater();
  }

  delete(session: OvsdbSession): void {
    this.#places.delete(session);
    if (this.#places.size === 0) this.#stopAsking();
    // The others may have chosen another leader by now.
    for (const each of this.#places.keys()) void this.ask(each);
    if (session === this.current) this.#choose();
  }

  /** Asks a member for its place. A server that does not know it counts as the only one. */
  async ask(session: OvsdbSession): Promise<void> {
    const rows = await session.select(SERVED_DATABASE, "_Server");
    const row = [...(rows?.values() ?? [])].find(({ name }) => name === this.#database);
    if (!this.#places.has(session)) return;
    const { connected = true, leader = true, cluster, index = 0 } = row ?? {};
    const place = { isConnected: connected, isLeader: leader, cluster, index };
    this.#places.set(session, place);
    if (session === this.current && connected) this.#known = place;
    this.#choose();
  }

  #askLater(): void {
    if (this.#cancelAsking) return;
    this.#cancelAsking = this.#clock.after(ASK_MS, () => {
      this.#cancelAsking = undefined;
      for (const session of this.#places.keys()) void this.ask(session);
      this.#askLater();
    });
  }

  #stopAsking(): void {
    this.#cancelAsking?.();
    this.#cancelAsking = undefined;
  }

  /** The present member while none is better. */
  #choose(): void {
    let best = this.current;
    if (best && !this.#isEligible(best)) best = undefined;
    for (const session of this.#places.keys()) {
      if (this.#isEligible(session) && this.#isBetter(session, best)) best = session;
    }
    if (best === this.current) return;
    this.current = best;
    if (best) this.#known = this.#places.get(best);
    this.#changed();
  }

  /**
   * Whether a member may be read: one out of contact with the others lacks what they write, and one whose log ends before
   * what has been read would take it back, also a leader that has not noticed yet that there is another one.
   */
  #isEligible(session: OvsdbSession): boolean {
    const place = this.#places.get(session);
    if (place === undefined || !place.isConnected) return false;
    const { cluster, index = 0 } = this.#known ?? {};
    return place.cluster !== cluster || place.index >= index;
  }

  /** The leader is better, and of two, of which one has not noticed yet that it is not any more, that with the longer log. */
  #isBetter(session: OvsdbSession, other: OvsdbSession | undefined): boolean {
    const [a, b] = [this.#places.get(session), other && this.#places.get(other)];
    if (a === undefined || b === undefined) return a !== undefined;
    if (a.isLeader !== b.isLeader) return a.isLeader;
    return a.isLeader && a.cluster === b.cluster && a.index > b.index;
  }
}
