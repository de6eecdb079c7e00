// SPDX-License-Identifier: Apache-2.0
import { createHmac } from "node:crypto";
import { contentHash } from "../../../flow-model/index.ts";
import { ONE_SIDED_PREFIX } from "../../../topology/index.ts";
import type { CompileEnvironment } from "./environment.ts";
import { ExclusiveAllocator } from "./exclusive-allocator.ts";
import type { MarkHash } from "./tap-marks.ts";

/** Bits of a mark below its range: those of the monitor, then those of the address to restore. */
const MONITOR_BITS = 12;
const ADDRESS_BITS = 20;

/** The numbers are hashes: only so many of them can be in use (see `ExclusiveAllocator`). */
export const MOST_MONITORS = 2 ** MONITOR_BITS / 4;
export const MOST_ADDRESSES = 2 ** ADDRESS_BITS / 4;

/** More attempts than any key needs while no more than the above are in use. */
const MOST_ATTEMPTS = 64;

/** The bits of a mark that are the same for all copies to one monitor. */
export const MONITOR_MASK = 2 ** 48 - 2 ** ADDRESS_BITS;

/** What a one-sided mark stands for: the address to restore, and the monitor whose switch restores it. */
export interface MarkedEnd {
  /** The address that the mark replaces. */
  readonly side: "ethSrc" | "ethDst";
  readonly address: number;
  /** The key of the monitor. */
  readonly monitor: string;
  /** Bytes of the copies that the monitor gets; undefined: all. */
  readonly truncate?: number;
  /** Identity of all of it. */
  readonly key: string;
}

/** An end that needs a mark. */
export function markedEnd(end: Omit<MarkedEnd, "key">): MarkedEnd {
  const { side, address, monitor, truncate } = end;
  let key = `${monitor} ${side} ${address.toString(16)}`;
  if (truncate !== undefined) key += ` ${truncate}`;
  return { ...end, key };
}

/** Bytes of a keyed hash that are used: a whole number that is exact. */
const HASH_BYTES = 6;

function keyedHash(secret: Uint8Array): MarkHash {
  return (key, attempt) =>
    createHmac("sha256", secret)
      .update(`tap mark ${attempt} ${key}`)
      .digest()
      .readUIntBE(0, HASH_BYTES);
}

/** Allocates one-sided marks. */
export class OneSidedMarks {
  readonly #monitors: ExclusiveAllocator;
  readonly #ends: ExclusiveAllocator;

  /** See `CompileEnvironment`. */
  constructor({ markHash, markKey }: Pick<CompileEnvironment, "markHash" | "markKey">) {
    const hash = markHash ?? (markKey === undefined ? contentHash : keyedHash(markKey));
    const preferring = (bits: number) => (key: string, attempt: number) =>
      attempt < MOST_ATTEMPTS ? hash(key, attempt) % 2 ** bits : undefined;
    this.#monitors = new ExclusiveAllocator(preferring(MONITOR_BITS), MOST_MONITORS);
    this.#ends = new ExclusiveAllocator(preferring(ADDRESS_BITS), MOST_ADDRESSES);
  }

  /**
   * Acquires the mark of an end for one more user; undefined when there are too many. It may change
   * when others come or go.
   */
  acquire({ monitor, key }: MarkedEnd): number | undefined {
    const high = this.#monitors.acquire(monitor, "");
    const low = this.#ends.acquire(key, monitor);
    if (high === undefined || low === undefined) return undefined;
    return ONE_SIDED_PREFIX + high * 2 ** ADDRESS_BITS + low;
  }

  /** Releases an end for one user. */
  release({ monitor, key }: MarkedEnd): void {
    this.#monitors.release(monitor, "");
    this.#ends.release(key, monitor);
  }

  /** The keys of the ends whose mark changed since the last call. */
  takeRenumbered(): ReadonlySet<string> {
    const keys = new Set(this.#ends.takeRenumbered());
    for (const monitor of this.#monitors.takeRenumbered()) {
      for (const key of this.#ends.keysOf(monitor)) keys.add(key);
    }
    return keys;
  }
}
