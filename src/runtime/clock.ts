// SPDX-License-Identifier: Apache-2.0
/** Ends a timer; does nothing once it has fired. */
export type CancelTimer = () => void;

/** Time source of sessions and the reconciler; tests replace it. */
export interface Clock {
  /** Milliseconds on a monotonic clock. */
  now(): number;
  /** Calls back once after `ms` milliseconds. */
  after(ms: number, callback: () => void): CancelTimer;
}

/** The real clock. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
