// SPDX-License-Identifier: Apache-2.0
import type { Logger } from "pino";
import type { Authenticator } from "../../access/authenticator.ts";
import { type AccessConfig, accessState, readAccess } from "./read-access.ts";

interface AccessReloadDeps {
  readonly config: AccessConfig;
  /** Absent without `auth`: then nothing is reloaded. */
  readonly authenticator: Pick<Authenticator, "replace"> | undefined;
  readonly logger: Pick<Logger, "info" | "error">;
}

/** How often the files are looked at. A poll also sees files behind links and on network file systems. */
const POLL_MS = 1000;

/**
 * Replaces the tokens of a running server
 * when their files change, and on demand. Reloads never overlap; a file
 * that is not valid leaves the tokens as they are, and is reported once for each change.
 */
export class AccessReload {
  readonly #deps: AccessReloadDeps;
  #state: string;
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** Reloads whenever a file changes after it had `state`. */
  constructor(deps: AccessReloadDeps, state: string) {
    this.#deps = deps;
    this.#state = state;
    if (deps.authenticator) this.#poll();
  }

  /** Reads the files and replaces the tokens. */
  reload(): Promise<void> {
    this.#work = this.#work.then(() => this.#reload());
    return this.#work;
  }

  /** Ends the watch; resolves when the reload that runs has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#work;
  }

  #poll(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(async () => {
      if ((await accessState(this.#deps.config)) !== this.#state) await this.reload();
      this.#poll();
    }, POLL_MS);
    this.#timer.unref();
  }

  async #reload(): Promise<void> {
    const { config, authenticator, logger } = this.#deps;
    if (!authenticator) return;
    // Before the files are read: a change in between is seen by the next poll.
    this.#state = await accessState(config);
    const read = await readAccess(config);
    if (!read.ok) {
      const remedy = "correct the file; it is read again when it changes";
      return logger.error({ errors: read.errors, remedy }, "tokens are not reloaded");
    }
    if (!read.accepted) return;
    authenticator.replace(read.accepted);
    logger.info({ tokens: read.accepted.tokens.length }, "tokens are reloaded");
  }
}
