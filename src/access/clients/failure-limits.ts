// SPDX-License-Identifier: Apache-2.0
import { parseIpAddress } from "../../topology/index.ts";

/** Failures of one address within the window before it is locked. */
const ALLOWED = 10;
const WINDOW_MS = 60_000;

/** The first lock; each further one lasts twice as long, up to the longest. */
const FIRST_LOCK_MS = 60_000;
const LONGEST_LOCK_MS = 15 * 60_000;

/** Without a failure for so long, an address begins anew. */
const FORGOTTEN_MS = 60 * 60_000;

/** Addresses that are remembered; beyond them the one without a failure for longest is forgotten. */
const MOST_ADDRESSES = 10_000;

interface Failures {
  /** In the window that began at `sinceMs`. */
  count: number;
  sinceMs: number;
  lastMs: number;
  lockedUntilMs: number;
  locks: number;
}

/**
 * Failed authentications by address: an address with too many of them is locked for a time. IPv6 addresses
 * count by /64, which is what one client has. Times are milliseconds of one clock.
 */
export class FailureLimits {
  /** In the order of the last failure. */
  readonly #failures = new Map<string, Failures>();

  /** How many addresses are remembered. */
  get size(): number {
    return this.#failures.size;
  }

  /** How long the address stays locked, in milliseconds; 0: it is not locked. */
  lockedForMs(address: string, nowMs: number): number {
    // The usual case, for every request.
    if (this.#failures.size === 0) return 0;
    const until = this.#failures.get(clientOf(address))?.lockedUntilMs ?? 0;
    return Math.max(0, until - nowMs);
  }

  /** Counts a failure; returns for how long that locks the address, 0 if it does not. */
  failed(address: string, nowMs: number): number {
    const client = clientOf(address);
    const failures = this.#current(client, nowMs);
    failures.lastMs = nowMs;
    failures.count++;
    this.#remember(client, failures);
    if (failures.count < ALLOWED) return 0;
    const lockMs = Math.min(FIRST_LOCK_MS * 2 ** failures.locks, LONGEST_LOCK_MS);
    failures.locks++;
    failures.count = 0;
    failures.sinceMs = nowMs + lockMs;
    failures.lockedUntilMs = nowMs + lockMs;
    return lockMs;
  }

  #current(client: string, nowMs: number): Failures {
    const known = this.#failures.get(client);
    if (!known || nowMs - known.lastMs > FORGOTTEN_MS) {
      return { count: 0, sinceMs: nowMs, lastMs: nowMs, lockedUntilMs: 0, locks: 0 };
    }
    if (nowMs - known.sinceMs > WINDOW_MS) {
      known.count = 0;
      known.sinceMs = nowMs;
    }
    return known;
  }

  #remember(client: string, failures: Failures): void {
    this.#failures.delete(client);
    this.#failures.set(client, failures);
    if (this.#failures.size <= MOST_ADDRESSES) return;
    const [oldest] = this.#failures.keys();
    if (oldest !== undefined) this.#failures.delete(oldest);
  }
}

/** What counts as one client: an IPv4 address, or the /64 of an IPv6 address. */
export function clientOf(address: string): string {
  // The usual form, also for IPv4 clients of a listener for both families.
  const ipv4 = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (ipv4 !== undefined) return ipv4;
  // Without the zone of a link-local address.
  const ip = parseIpAddress(address.split("%", 1)[0] ?? "");
  return ip?.family === 6 ? `${(ip.value >> 64n).toString(16)}::/64` : address;
}
