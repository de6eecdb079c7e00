// SPDX-License-Identifier: Apache-2.0
import type { PortAt } from "../port-at.ts";
import type { DiscoveredLink, DiscoveredLinkState } from "./discovered.ts";
import type { Direction, ProbedPort } from "./probed-port.ts";

/** Time for the second direction of a link to appear, once the first is known, in milliseconds. */
const SECOND_DIRECTION_MS = 1_000;
/** Time for its last probe to arrive, in milliseconds. */
const ANSWER_MS = 300;

/** Two ports that a probe passed between, or one port that leads back to itself. */
export interface Pair {
  readonly a: ProbedPort;
  readonly b: ProbedPort;
  /** `half`: one direction is known, and it is too early to rule out the other. */
  state: DiscoveredLinkState | "half";
  /** Both ports had been proven edges, and neither has gone down since. */
  isDoubtful: boolean;
  /** When the first direction became known, and how many probes the other end had sent by then. */
  since: number;
  sentBefore: number;
}

/**
 * Which ports hear each other, and what links that makes.
 *
 * A pair is `half` when its first direction is heard -> `up` when the second is -> `unidirectional`
 * when one of them falls silent; `half` -> `unidirectional` when the second is not heard in time;
 * `shared` while one of the ports has another neighbour, `selfLoop` when both are on one switch;
 * every state -> `down` when a port goes down, -> gone when no direction is left or a port turns out
 * to lead elsewhere.
 */
export class Adjacency {
  readonly #pairs = new Map<ProbedPort, Map<ProbedPort, Pair>>();
  readonly #half = new Set<Pair>();
  /** Called for each port whose role may have changed. */
  readonly #touched: (port: ProbedPort) => void;

  constructor(touched: (port: ProbedPort) => void) {
    this.#touched = touched;
  }

  /**
   * Records that a probe came through. Undefined when the direction was already known; else the ports
   * that lose a link which was only believed.
   * @param manner `believed`: restored from the previous process; `isDoubtful` as in `Pair`
   */
  hear(
    from: ProbedPort,
    to: ProbedPort,
    now: number,
    { believed = false, isDoubtful = false } = {},
  ): readonly ProbedPort[] | undefined {
    const known = to.hears.get(from);
    if (known) {
      known.missed = 0;
      known.believed = false;
      return undefined;
    }
    const orphans = believed ? [] : this.#supersede(from, to, now);
    const direction: Direction = { from, to, missed: 0, silentSince: now, believed };
    to.hears.set(from, direction);
    from.heardAt.set(to, direction);
    this.#review(from, now);
    if (to !== from) this.#review(to, now);
    const pair = this.#pairOf(from, to);
    if (pair && isDoubtful) pair.isDoubtful = true;
    return orphans;
  }

  /** Removes a direction. */
  lose({ from, to }: Direction, now: number): void {
    to.hears.delete(from);
    from.heardAt.delete(to);
    this.#evaluate(from, to, now);
    this.#review(from, now);
    this.#review(to, now);
  }

  /** The port went down, and with it its links. Returns the ports at the other ends. */
  portDown(port: ProbedPort, now: number): readonly ProbedPort[] {
    const others = [...port.neighbours].filter((each) => each !== port);
    for (const other of others) {
      const pair = this.#pairOf(port, other);
      forget(port, other);
      forget(other, port);
      if (pair) pair.isDoubtful = false;
      if (pair?.state === "up" || pair?.state === "unidirectional") this.#set(pair, "down");
      else if (pair?.state !== "down") this.#delete(port, other);
      this.#review(other, now);
    }
    forget(port, port);
    this.#delete(port, port);
    return others;
  }

  /** Forgets all links of the port, those that went down included: it is gone, or leads elsewhere. */
  clear(port: ProbedPort): void {
    for (const other of [...(this.#pairs.get(port)?.keys() ?? [])]) {
      forget(port, other);
      forget(other, port);
      this.#delete(port, other);
    }
  }

  /** Stops waiting for second directions that should have been heard by now. */
  settleHalves(now: number): void {
    for (const pair of [...this.#half]) {
      const { a, b } = pair;
      const speaker = b.heardAt.has(a) ? a : b;
      const isSilent = speaker.silent || !speaker.up;
      const wasAsked =
        a.owner.ready &&
        b.owner.ready &&
        speaker.sent - pair.sentBefore >= 2 &&
        now - speaker.lastSent >= ANSWER_MS;
      if (now - pair.since >= SECOND_DIRECTION_MS && (isSilent || wasAsked)) {
        this.#set(pair, "unidirectional");
      }
    }
  }

  get hasHalves(): boolean {
    return this.#half.size > 0;
  }

  /** Whether the port has a link, used or not. */
  isLinkPort(port: ProbedPort): boolean {
    for (const { state } of this.#pairs.get(port)?.values() ?? []) {
      if (state !== "half") return true;
    }
    return false;
  }

  /** The link that is in use at a port. */
  inUse(port: ProbedPort): { readonly peer: ProbedPort; readonly isDoubtful: boolean } | undefined {
    for (const [peer, { state, isDoubtful }] of this.#pairs.get(port) ?? []) {
      if (state === "up") return { peer, isDoubtful };
    }
    return undefined;
  }

  /** The far ends of the port's links that went down. */
  wentDown(port: ProbedPort): readonly ProbedPort[] {
    const row = [...(this.#pairs.get(port) ?? [])];
    return row.flatMap(([other, { state }]) => (state === "down" ? [other] : []));
  }

  /** Every link, in the order of their ends. */
  links(): DiscoveredLink[] {
    const links: DiscoveredLink[] = [];
    for (const [port, row] of this.#pairs) {
      for (const { a, b, state, isDoubtful } of row.values()) {
        // Every pair is in the rows of both its ports.
        if (state === "half" || a !== port) continue;
        links.push({ a: placeOf(a), b: placeOf(b), state, ...(isDoubtful ? { isDoubtful } : {}) });
      }
    }
    return links.sort((x, y) => comparePlaces(x.a, y.a) || comparePlaces(x.b, y.b));
  }

  /** A heard probe replaces links that were only believed or that went down. */
  #supersede(from: ProbedPort, to: ProbedPort, now: number): ProbedPort[] {
    const orphans: ProbedPort[] = [];
    for (const port of [from, to]) {
      for (const [other, pair] of [...(this.#pairs.get(port) ?? [])]) {
        if (other === (port === from ? to : from)) continue;
        const directions = [port.hears.get(other), other.hears.get(port)];
        if (!directions.every((each) => each === undefined || each.believed)) continue;
        forget(port, other);
        forget(other, port);
        this.#delete(pair.a, pair.b);
        this.#review(other, now);
        orphans.push(other);
      }
    }
    return orphans;
  }

  /** Evaluates the port's pairs and those of its neighbours: the number of neighbours affects all. */
  #review(port: ProbedPort, now: number): void {
    for (const near of port.neighbours) {
      this.#evaluate(port, near, now);
      for (const far of near.neighbours) this.#evaluate(near, far, now);
    }
    this.#touched(port);
  }

  #evaluate(p: ProbedPort, q: ProbedPort, now: number): void {
    const [forth, back] = [q.hears.has(p), p.hears.has(q)];
    const known = this.#pairOf(p, q);
    if (!forth && !back) {
      if (known && known.state !== "down") this.#delete(p, q);
      return;
    }
    const pair = known ?? this.#create(p, q, now);
    if (p.owner === q.owner) this.#set(pair, "selfLoop");
    else if (p.neighbours.size > 1 || q.neighbours.size > 1) this.#set(pair, "shared");
    else if (forth && back) this.#set(pair, "up");
    else if (pair.state === "up") this.#set(pair, "unidirectional");
    else if (pair.state !== "half" && pair.state !== "unidirectional") this.#await(pair, now);
  }

  #await(pair: Pair, now: number): void {
    const speaker = pair.b.heardAt.has(pair.a) ? pair.a : pair.b;
    pair.since = now;
    pair.sentBefore = speaker.sent;
    this.#set(pair, "half");
  }

  #create(p: ProbedPort, q: ProbedPort, now: number): Pair {
    const [a, b] = comparePlaces(placeOf(p), placeOf(q)) <= 0 ? [p, q] : [q, p];
    const speaker = p.heardAt.has(q) ? q : p;
    const pair: Pair = {
      ...{ a, b, state: "half", isDoubtful: false },
      ...{ since: now, sentBefore: speaker.sent },
    };
    this.#row(a).set(b, pair);
    this.#row(b).set(a, pair);
    this.#half.add(pair);
    this.#touchEnds(pair);
    return pair;
  }

  #set(pair: Pair, state: Pair["state"]): void {
    if (pair.state === state) return;
    pair.state = state;
    if (state === "half") this.#half.add(pair);
    else this.#half.delete(pair);
    this.#touchEnds(pair);
  }

  #delete(p: ProbedPort, q: ProbedPort): void {
    const pair = this.#pairOf(p, q);
    if (!pair) return;
    this.#half.delete(pair);
    for (const [one, other] of [
      [p, q],
      [q, p],
    ] as const) {
      const row = this.#row(one);
      row.delete(other);
      if (row.size === 0) this.#pairs.delete(one);
    }
    this.#touchEnds(pair);
  }

  #pairOf(p: ProbedPort, q: ProbedPort): Pair | undefined {
    return this.#pairs.get(p)?.get(q);
  }

  #row(port: ProbedPort): Map<ProbedPort, Pair> {
    let row = this.#pairs.get(port);
    if (!row) {
      row = new Map();
      this.#pairs.set(port, row);
    }
    return row;
  }

  #touchEnds({ a, b }: Pair): void {
    this.#touched(a);
    this.#touched(b);
  }
}

function forget(from: ProbedPort, to: ProbedPort): void {
  from.heardAt.delete(to);
  to.hears.delete(from);
}

export function placeOf({ dpid, no }: ProbedPort): PortAt {
  return { dpid, port: no };
}

function comparePlaces(x: PortAt, y: PortAt): number {
  if (x.dpid !== y.dpid) return x.dpid < y.dpid ? -1 : 1;
  return x.port - y.port;
}
