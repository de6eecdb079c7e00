// SPDX-License-Identifier: Apache-2.0
/** Bounds on the number of rules; a compile refuses a policy that exceeds one of them. */
export interface CompileLimits {
  /** Most match regions that the lists and ranges of one policy may expand to. */
  readonly regionsPerPolicy: number;
  /** Most regions of one policy including its excludes and the regions that forwarding cuts out. */
  readonly piecesPerPolicy: number;
  /** Most rules that overlaps may add on one switch to those that policies request. */
  readonly intersectionsPerSwitch: number;
}

export const DEFAULT_LIMITS: CompileLimits = {
  regionsPerPolicy: 4096,
  piecesPerPolicy: 50_000,
  intersectionsPerSwitch: 20_000,
};
