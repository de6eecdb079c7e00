// SPDX-License-Identifier: Apache-2.0
/** Maximum number of peers remembered. Bounded, because a peer can invent datapath ids. */
const MAX_REMEMBERED = 1000;

/** The part of a peer's address that stays when it connects again. */
export function addressOf(peer: string): string {
  return peer.startsWith("unix:") ? peer : peer.slice(0, peer.lastIndexOf(":"));
}

/** Counts rejected connections, and detects repetitions: a peer that retries for days is logged once. */
export class RejectedConnections {
  readonly #lastReason = new Map<string, string>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Counts a rejection; true unless the peer's previous rejection had the same reason. */
  record(peer: string, reason: string): boolean {
    this.#count++;
    if (this.#lastReason.get(peer) === reason) return false;
    if (this.#lastReason.size >= MAX_REMEMBERED) this.#lastReason.clear();
    this.#lastReason.set(peer, reason);
    return true;
  }
}
