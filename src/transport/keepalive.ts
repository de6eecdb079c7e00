// SPDX-License-Identifier: Apache-2.0
import type { CancelTimer, Clock } from "../runtime/clock.ts";

/** When a keepalive acts, in milliseconds. */
export interface KeepaliveTimes {
  /** Silence after which an echo request is sent. */
  readonly echoIntervalMs: number;
  /** Time for the reply. */
  readonly echoTimeoutMs: number;
}

/** The connection that a keepalive watches. */
export interface KeepaliveTarget {
  /** When data was last received, on the clock. */
  lastReceived(): number;
  /** Sends an echo request. */
  probe(): void;
  /** The peer has not answered. */
  lost(reason: string): void;
}

/**
 * Watches a connection: silent for `echoIntervalMs` -> probe -> silent for `echoTimeoutMs` -> lost.
 * Any received data counts as alive. Returns a function that stops it.
 */
export function startKeepalive(
  watched: KeepaliveTarget,
  options: KeepaliveTimes,
  clock: Clock,
): CancelTimer {
  const { echoIntervalMs, echoTimeoutMs } = options;
  let cancel: CancelTimer = () => undefined;
  const wait = () => {
    const silence = clock.now() - watched.lastReceived();
    cancel = clock.after(Math.max(echoIntervalMs - silence, 0), () => {
      if (clock.now() - watched.lastReceived() < echoIntervalMs) wait();
      else ask();
    });
  };
  const ask = () => {
    const asked = clock.now();
    watched.probe();
    cancel = clock.after(echoTimeoutMs, () => {
      if (watched.lastReceived() >= asked) wait();
      else watched.lost(`nothing received for ${echoIntervalMs + echoTimeoutMs} ms`);
    });
  };
  wait();
  return () => cancel();
}
