import type { CancelTimer, Clock } from "../runtime/clock.ts";
import type { SessionOptions } from "./session-options.ts";

/** What the keepalive watches. */
export interface Watched {
  /** When something last came in, on the clock. */
  lastReceived(): number;
  /** Asks for a sign of life. */
  probe(): void;
  /** There was none. */
  lost(reason: string): void;
}

/**
 * Watches over a connection: silent for `echoIntervalMs` -> probe -> silent for `echoTimeoutMs` ->
 * lost. Anything that comes in is a sign of life. Returns how to stop.
 */
export function startKeepalive(
  watched: Watched,
  options: Pick<SessionOptions, "echoIntervalMs" | "echoTimeoutMs">,
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
      else watched.lost(`no sign of life for ${echoIntervalMs + echoTimeoutMs} ms`);
    });
  };
  wait();
  return () => cancel();
}
