// SPDX-License-Identifier: Apache-2.0

/** A moment by two clocks, in milliseconds. */
export interface Moment {
  /** Since the epoch, which can be set: compared with times in tokens and certificates. */
  readonly wallMs: number;
  /** On a clock that never steps: for how long something is remembered, locked or idle. */
  readonly steadyMs: number;
}
