// SPDX-License-Identifier: Apache-2.0

/** How many frames a port could not send, in total; a switch that restarts begins at zero again. */
export type SentLosses = ReadonlyMap<number, bigint>;

/** The frames that a port lost between two readings. */
export interface Loss {
  readonly frames: bigint;
  /** Between the readings, in milliseconds. */
  readonly elapsedMs: number;
}

interface Sample {
  readonly losses: SentLosses;
  readonly at: number;
}

/** Compares readings of the losses of a switch's ports. Pure memory: the caller passes the time. */
export class PortLosses {
  #last: Sample | undefined;
  #rising = new Map<number, Loss>();

  /** Takes a reading at a time in milliseconds; returns the ports of which `lossAt` has another answer. */
  read(losses: SentLosses, at: number): number[] {
    const before = this.#last;
    const rising = new Map<number, Loss>();
    if (before !== undefined) {
      for (const [port, total] of losses) {
        const frames = total - (before.losses.get(port) ?? total);
        if (frames > 0n) rising.set(port, { frames, elapsedMs: at - before.at });
      }
    }
    const changed = new Set([...this.#rising.keys(), ...rising.keys()]);
    this.#last = { losses, at };
    this.#rising = rising;
    return [...changed];
  }

  /** What a port lost between the last two readings; undefined: nothing, as far as is known. */
  lossAt(port: number): Loss | undefined {
    return this.#rising.get(port);
  }
}
