import type { Logger } from "pino";

/**
 * What `kill -HUP` does. It never ends the process: what comes before the controller runs is done when
 * it does, and what comes while it stops is not done. One after the other; what comes meanwhile is done
 * once more, as a file may have changed after it was read.
 *
 * starting -serve-> serving -close-> stopping
 */
export class SighupHandler {
  readonly #logger: Logger;
  #renew: (() => Promise<void>) | undefined;
  #isDue = false;
  #running: Promise<void> | undefined;

  /** Takes the signal from now on. */
  constructor(logger: Logger) {
    this.#logger = logger;
    process.on("SIGHUP", () => {
      this.#isDue = true;
      this.#start();
    });
  }

  /** What is to be done at every signal, and for one that came before. */
  serve(renew: () => Promise<void>): void {
    this.#renew = renew;
    this.#start();
  }

  /** Begins nothing more; resolves when what was begun is done. */
  async close(): Promise<void> {
    this.#renew = undefined;
    await this.#running;
  }

  #start(): void {
    if (this.#running || !this.#renew || !this.#isDue) return;
    this.#isDue = false;
    this.#logger.info("files are read again (SIGHUP)");
    this.#running = this.#renew().finally(() => {
      this.#running = undefined;
      this.#start();
    });
  }
}
