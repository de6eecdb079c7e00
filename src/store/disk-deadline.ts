// SPDX-License-Identifier: Apache-2.0
import type { StoreError } from "./store-error.ts";
import { hung } from "./store-failures.ts";

/** How long an access may take before the disk counts as hung, in seconds. */
const LIMIT_SECONDS = 10;

/**
 * Ends the wait for accesses to a disk that does not answer (a frozen file system, a network disk whose
 * server is gone). The access itself cannot be ended. It may still have its effect, and it holds what it
 * uses: nothing else may be done with the database before it ends.
 */
export class DiskDeadline {
  readonly #directory: string;
  readonly #answered: () => void;
  readonly #late = new Set<Promise<unknown>>();

  /** @param answered is called when the last of the late accesses has ended. */
  constructor(directory: string, answered: () => void) {
    this.#directory = directory;
    this.#answered = answered;
  }

  /** Why nothing can be done at present; undefined: no access is late. */
  get failure(): StoreError | undefined {
    return this.#late.size > 0 ? hung(this.#directory, LIMIT_SECONDS) : undefined;
  }

  /**
   * The outcome of an access.
   *
   * @throws StoreError `hung` if it takes too long.
   */
  async within<T>(access: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      let seconds = 0;
      // Counted, not measured: while this process is stopped or starved, the disk is not late.
      timer = setInterval(() => {
        if (++seconds < LIMIT_SECONDS) return;
        this.#hold(access);
        reject(hung(this.#directory, LIMIT_SECONDS));
      }, 1000);
    });
    try {
      return await Promise.race([access, late]);
    } finally {
      clearInterval(timer);
    }
  }

  #hold(access: Promise<unknown>): void {
    this.#late.add(access);
    const ended = () => {
      if (this.#late.delete(access) && this.#late.size === 0) this.#answered();
    };
    access.then(ended, ended);
  }
}
