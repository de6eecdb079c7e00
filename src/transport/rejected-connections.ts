// SPDX-License-Identifier: Apache-2.0
/** Maximum number of peers remembered. Bounded, because a peer can invent datapath ids. */
const MAX_REMEMBERED = 1000;

/** Maximum number of peers that are listed. */
const MAX_LISTED = 100;

/** Who is rejected: a switch by its datapath id, from whichever address; another peer by its address. */
interface Peer {
  /** Without the port. */
  readonly address: string;
  /** Absent if the connection ended before the peer had one. */
  readonly dpid?: string;
}

/** A peer whose connections were rejected. */
export interface RejectedPeer extends Peer {
  /** Of the latest rejection, as a clause. */
  readonly reason: string;
  /** Number of its rejections since it is remembered. */
  readonly count: number;
  /** When the latest was, ISO 8601. */
  readonly at: string;
}

/** The part of a peer's address that stays when it connects again. */
export function addressOf(peer: string): string {
  return peer.startsWith("unix:") ? peer : peer.slice(0, peer.lastIndexOf(":"));
}

/** Counts rejected connections, and detects repetitions: a peer that retries for days is logged once. */
export class RejectedConnections {
  /** By datapath id or address; the latest at the end. */
  readonly #peers = new Map<string, RejectedPeer>();
  readonly #now: () => string;
  #count = 0;

  /** `now`: the wall clock, ISO 8601. */
  constructor(now = () => new Date().toISOString()) {
    this.#now = now;
  }

  get count(): number {
    return this.#count;
  }

  /** Counts a rejection; true unless the peer's previous rejection had the same reason. */
  record(peer: Peer, reason: string): boolean {
    this.#count++;
    const key = peer.dpid ?? peer.address;
    const before = this.#peers.get(key);
    this.#peers.delete(key);
    const count = (before?.count ?? 0) + 1;
    this.#peers.set(key, { ...peer, reason, count, at: this.#now() });
    const [oldest] = this.#peers.keys();
    if (this.#peers.size > MAX_REMEMBERED && oldest !== undefined) this.#peers.delete(oldest);
    return before?.reason !== reason;
  }

  /** The latest first. */
  latest(): readonly RejectedPeer[] {
    return [...this.#peers.values()].slice(-MAX_LISTED).reverse();
  }
}
