// SPDX-License-Identifier: Apache-2.0

/**
 * The stop signals, from the construction on. The first SIGTERM or SIGINT resolves `received`; the next one,
 * whichever of the two, has its default effect and ends the process at once.
 */
export class StopSignal {
  readonly received: Promise<NodeJS.Signals>;

  constructor() {
    this.received = new Promise((resolve) => {
      const stop = (signal: NodeJS.Signals) => {
        for (const each of STOP_SIGNALS) process.off(each, stop);
        resolve(signal);
      };
      for (const each of STOP_SIGNALS) process.on(each, stop);
    });
  }
}

const STOP_SIGNALS = ["SIGTERM", "SIGINT"] as const;

/**
 * Reloads files on SIGHUP. The signal never ends the process: one that arrives before the controller runs
 * takes effect when it runs, and one that arrives while it stops has no effect. Reloads never overlap;
 * signals during a reload, however many, cause one more, because a file may have changed after it was read.
 *
 * starting -serve-> serving -close-> stopping
 */
export class SighupHandler {
  #reload: (() => Promise<void>) | undefined;
  #isDue = false;
  #running: Promise<void> | undefined;

  /** Handles the signal from now on. */
  constructor() {
    process.on("SIGHUP", () => {
      this.#isDue = true;
      this.#start();
    });
  }

  /** Calls `reload` at every signal, and now if one has already arrived. */
  serve(reload: () => Promise<void>): void {
    this.#reload = reload;
    this.#start();
  }

  /** Starts no further reload; resolves when the running one ends. */
  async close(): Promise<void> {
    this.#reload = undefined;
    await this.#running;
  }

  #start(): void {
    if (this.#running || !this.#reload || !this.#isDue) return;
    this.#isDue = false;
    this.#running = this.#reload().finally(() => {
      this.#running = undefined;
      this.#start();
    });
  }
}

/** The signals of `vtap serve`. */
export interface Signals {
  readonly stop: StopSignal;
  readonly sighup: SighupHandler;
}

/** Handles the signals from now on. */
export function handleSignals(): Signals {
  return { stop: new StopSignal(), sighup: new SighupHandler() };
}
