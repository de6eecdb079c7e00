/** What bounds a host table; times in milliseconds. */
export interface HostLimits {
  /** How long a host, or one of its addresses, may be silent before it is forgotten. */
  readonly expiryMs: number;
  /** Ask a silent host for its addresses before they are forgotten. */
  readonly probes: boolean;
  /** Most hosts learned at one port. */
  readonly hostsPerPort: number;
  /** Most hosts learned altogether. */
  readonly hosts: number;
  /** Most IP addresses of one host, and most VLANs. */
  readonly addressesPerHost: number;
  /** New hosts a port may bring at once, and then a second: what a forger can make of the network. */
  readonly newHostsBurst: number;
  readonly newHostsPerSecond: number;
  /** A host that moves more often than this within the window is held where it was. */
  readonly moves: number;
  readonly moveWindowMs: number;
  /** How long a held host must be seen at one place only before it is free again. */
  readonly quietMs: number;
  /** A conflict that has not been seen again for so long is over. */
  readonly conflictMs: number;
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
};

/** Seen again so much later, a host is no one-time forgery: it goes last when room is needed. */
export const CONFIRMED_AFTER_MS = 1000;

/** How often a silent host is asked, and the share of the expiry time between two questions. */
export const PROBES = 3;
export const PROBE_SHARE = 1 / 30;

/** Questions sent at one time at most: hosts that fall due together are asked one after another. */
export const PROBES_AT_ONCE = 200;
