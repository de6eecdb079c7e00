// SPDX-License-Identifier: Apache-2.0
import { Listeners } from "../runtime/listeners.ts";
import type { Logger } from "../runtime/logger.ts";

/** Whether writes reach the disk; `reason` is `file: what; what to do`. */
export type StorageState =
  | { readonly state: "working" }
  | { readonly state: "failing"; readonly since: string; readonly reason: string };

/** What a controller requires of the disk behind all its stores. */
export interface StorageSource {
  readonly state: StorageState;
  /** Calls back when the state changes. */
  subscribe(listener: (state: StorageState) => void): void;
}

/** The state of the disk; notifies parts with unwritten changes when it takes writes again. */
export class Storage {
  readonly #source: StorageSource | undefined;
  readonly #recovered = new Listeners<[]>();

  /** @param source absent: stores in memory, which never fail. */
  constructor(source: StorageSource | undefined, logger: Logger) {
    this.#source = source;
    source?.subscribe((now) => {
      if (now.state === "failing") {
        const { reason, since } = now;
        logger.error(
          { reason, since },
          "writes to disk fail: changes are rejected until they work",
        );
        return;
      }
      logger.info({}, "writes to disk work again");
      this.#recovered.notify();
    });
  }

  get state(): StorageState {
    return this.#source?.state ?? { state: "working" };
  }

  /** Calls back each time that writes work again. */
  onRecovered(listener: () => void): void {
    this.#recovered.add(listener);
  }
}
