// SPDX-License-Identifier: Apache-2.0
/**
 * When a learned host that a policy names as monitor moves: `verified`: when its port is down or gone, or
 * when it has answered probes at its place and no longer does; `never`: no frame moves it; `any`: as other
 * learned hosts do.
 */
type MonitorMoves = "verified" | "never" | "any";

/** Limits of a host table; times in milliseconds. */
export interface HostLimits {
  /** Time a host, or one of its addresses, may be silent before it is forgotten. */
  readonly expiryMs: number;
  /** Whether to probe a silent host for its addresses before they are forgotten. */
  readonly probes: boolean;
  /** Maximum number of hosts learned at one port. */
  readonly hostsPerPort: number;
  /** Maximum number of hosts learned in total. */
  readonly hosts: number;
  /** Maximum number of IP addresses of one host, and of its VLANs. */
  readonly addressesPerHost: number;
  /** New hosts a port may add at once, and then per second: bounds the harm of a forger. */
  readonly newHostsBurst: number;
  readonly newHostsPerSecond: number;
  /** A host that moves more often than this within the window is held where it was. */
  readonly moves: number;
  readonly moveWindowMs: number;
  /** Time a held host must be observed at one place only before it is free again. */
  readonly quietMs: number;
  /** A conflict that is not observed again for this long has ended; so has a claim to a monitor's place. */
  readonly conflictMs: number;
  readonly monitorMoves: MonitorMoves;
  /** Time for which a monitor must leave probes unanswered before it moves while its port is up. */
  readonly monitorMoveMs: number;
}

export const HOST_LIMITS: HostLimits = {
  expiryMs: 900_000,
  probes: true,
  hostsPerPort: 512,
  hosts: 20_000,
  addressesPerHost: 64,
  newHostsBurst: 256,
  newHostsPerSecond: 10,
  moves: 5,
  moveWindowMs: 10_000,
  quietMs: 30_000,
  conflictMs: 300_000,
  monitorMoves: "verified",
  monitorMoveMs: 30_000,
};

/** A host observed again this much later is no one-time forgery: it is evicted last. */
export const CONFIRMED_AFTER_MS = 1000;

/** How often a silent host is probed, and the share of the expiry time between two probes. */
export const PROBES = 3;
export const PROBE_SHARE = 1 / 30;

/** Claims to the place of one monitor that are kept: a forger at more ports has long been reported. */
export const CLAIMS_PER_MONITOR = 8;

/** Number of probes that a monitor must leave unanswered before it moves. */
export const UNANSWERED_PROBES = 3;

/** Maximum number of probes sent at one time: hosts that fall due together are probed in turn. */
export const PROBES_AT_ONCE = 200;
