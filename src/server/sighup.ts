// SPDX-License-Identifier: Apache-2.0
import type { Logger } from "pino";

/**
 * Reloads files on SIGHUP. The signal never ends the process: one that arrives before the controller runs
 * takes effect when it runs, and one that arrives while it stops has no effect. Reloads never overlap;
 * signals during a reload cause one more, because a file may have changed after it was read.
 *
 * starting -serve-> serving -close-> stopping
 */
export class SighupHandler {
  readonly #logger: Logger;
  #reload: (() => Promise<void>) | undefined;
  #isDue = false;
  #running: Promise<void> | undefined;

  /** Handles the signal from now on. */
  constructor(logger: Logger) {
    this.#logger = logger;
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
    this.#logger.info("files are reloaded (SIGHUP)");
    this.#running = this.#reload().finally(() => {
      this.#running = undefined;
      this.#start();
    });
  }
}
