// SPDX-License-Identifier: Apache-2.0
import type { SwitchChannel } from "../model/switch-channel.ts";

/** Consecutive rounds without a known outcome after which a connection is aborted. */
const MAX_UNKNOWN = 3;

export type Unknown = { readonly type: "unknown"; readonly reason: string };

/** One connection to a switch, and how the sync loop adapts to it. */
export class SwitchConnection {
  /** Resolves when the connection ends. */
  readonly gone: Promise<Unknown>;
  /** The switch supports bundles, as far as is known. */
  bundles = true;
  /** The tables were read because of drift, and no round has worked since. */
  readForDrift = false;
  #channel: SwitchChannel | undefined;
  #resolveGone: (outcome: Unknown) => void = () => undefined;
  #limit = Number.POSITIVE_INFINITY;
  #unknownRounds = 0;

  /** Without a channel it has ended already. */
  constructor(channel?: SwitchChannel) {
    this.#channel = channel;
    this.gone = new Promise((resolve) => {
      this.#resolveGone = resolve;
    });
    if (!channel) this.#resolveGone({ type: "unknown", reason: "not connected" });
  }

  /** Undefined once the connection has ended. */
  get channel(): SwitchChannel | undefined {
    return this.#channel;
  }

  /** Most entries in the next round. */
  get limit(): number {
    return this.#limit;
  }

  end(reason: string): void {
    this.#channel = undefined;
    this.#resolveGone({ type: "unknown", reason });
  }

  /** Every change of a round was confirmed. */
  roundWorked(): void {
    this.#limit = this.#limit * 2;
    this.readForDrift = false;
    this.#unknownRounds = 0;
  }

  /** The switch has refused a round of so many entries and changes: the next one is half as large. */
  roundRefused(size: number): void {
    this.#limit = Math.max(1, Math.floor(Math.min(this.#limit, size) / 2));
  }

  /** A round has no known outcome. Returns whether the connection is to be aborted. */
  roundLost(): boolean {
    return ++this.#unknownRounds >= MAX_UNKNOWN;
  }
}
