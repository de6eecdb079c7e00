// SPDX-License-Identifier: Apache-2.0
import { contentHash } from "../../../flow-model/index.ts";
import { PREFIX_SIZE } from "../../../topology/index.ts";
import type { Side } from "./address-block.ts";
import type { CompileEnvironment } from "./environment.ts";
import { ExclusiveAllocator } from "./exclusive-allocator.ts";
import { keyedHash } from "./keyed-hash.ts";
import { MARKS_OF_MONITOR, type MarkRange } from "./mark-range.ts";
import type { MarkHash } from "./tap-marks.ts";

/**
 * Bits of a mark below its range: those of the monitor, 12 of them where no host has an address in the range, then
 * those of the address to restore.
 */
const ADDRESS_BITS = Math.log2(MARKS_OF_MONITOR);

/** The numbers are hashes: only so many of them can be in use (see `ExclusiveAllocator`). */
const USABLE_SHARE = 1 / 4;
export const MOST_ADDRESSES = MARKS_OF_MONITOR * USABLE_SHARE;
/** Fewer where hosts have addresses in the range. */
export const MOST_MONITORS = (PREFIX_SIZE / MARKS_OF_MONITOR) * USABLE_SHARE;

/** More attempts than any key needs while no more than the above are in use. */
const MOST_ATTEMPTS = 64;

/** Marks of sixteen numbers each: the last sixteenth of those below a monitor. */
const BLOCK_BITS = 4;
const FIRST_BLOCK = 15 * 2 ** (ADDRESS_BITS - 4);
const BLOCKS = (2 ** ADDRESS_BITS - FIRST_BLOCK) / 2 ** BLOCK_BITS;

/** The bits of a mark that are the same for all copies to one monitor. */
export const MONITOR_MASK = 2 ** 48 - 2 ** ADDRESS_BITS;

/** What a one-sided mark stands for: the address to restore, and the monitor whose switch restores it. */
export interface MarkedEnd {
  /** The address that the mark replaces. Of sixteen the mark keeps the last four bits. */
  readonly side: Side;
  readonly address: number;
  readonly isSixteen: boolean;
  /** The key of the monitor. */
  readonly monitor: string;
  /** Bytes of the copies that the monitor gets; undefined: all. */
  readonly truncate?: number;
  /** Identity of all of it. */
  readonly key: string;
}

/** An end that needs a mark. */
export function markedEnd(end: Omit<MarkedEnd, "key">): MarkedEnd {
  const { side, address, isSixteen, monitor, truncate } = end;
  let key = `${monitor} ${side} ${address.toString(16)}${isSixteen ? "/44" : ""}`;
  if (truncate !== undefined) key += ` ${truncate}`;
  return { ...end, key };
}

/** The number of a single address: below those of the blocks. */
function singleNumber(hashed: number): number {
  const number = hashed % 2 ** ADDRESS_BITS;
  return number < FIRST_BLOCK ? number : hashed % FIRST_BLOCK;
}

function keyedMarkHash(secret: Uint8Array): MarkHash {
  const hash = keyedHash(secret);
  return (key, attempt) => hash(`tap mark ${attempt} ${key}`);
}

/** Allocates one-sided marks. */
export class OneSidedMarks {
  readonly #range: MarkRange | undefined;
  readonly #monitors: ExclusiveAllocator;
  readonly #ends: ExclusiveAllocator;
  readonly #blocks: ExclusiveAllocator;

  /**
   * See `CompileEnvironment`. `range`: undefined where there are none. `before`: the marks whose numbers are held (see
   * `hold`).
   */
  constructor(
    { markHash, markKey }: Pick<CompileEnvironment, "markHash" | "markKey">,
    range: MarkRange | undefined,
    before?: OneSidedMarks,
  ) {
    this.#range = range;
    const hash = markHash ?? (markKey === undefined ? contentHash : keyedMarkHash(markKey));
    const preferring = (numberOf: (hash: number) => number) => (key: string, attempt: number) =>
      attempt < MOST_ATTEMPTS ? numberOf(hash(key, attempt)) : undefined;
    const below = (count: number) => preferring((hashed) => hashed % count);
    const monitors = (range?.size ?? 0) / MARKS_OF_MONITOR;
    this.#monitors = new ExclusiveAllocator(below(monitors), Math.floor(monitors * USABLE_SHARE));
    this.#ends = new ExclusiveAllocator(preferring(singleNumber), MOST_ADDRESSES);
    this.#blocks = new ExclusiveAllocator(below(BLOCKS), BLOCKS / 4);
    if (before === undefined) return;
    this.#monitors.holdAs(before.#monitors);
    this.#ends.holdAs(before.#ends);
    this.#blocks.holdAs(before.#blocks);
  }

  /**
   * Acquires the mark of an end for one more user; undefined when there are too many. It may change
   * when others come or go.
   */
  acquire({ monitor, key, isSixteen }: MarkedEnd): number | undefined {
    const high = this.#monitors.acquire(monitor, "");
    const low = this.#allocatorOf(isSixteen).acquire(key, monitor);
    if (this.#range === undefined || high === undefined || low === undefined) return undefined;
    const number = isSixteen ? FIRST_BLOCK + low * 2 ** BLOCK_BITS : low;
    return this.#range.first + high * 2 ** ADDRESS_BITS + number;
  }

  /** Releases an end for one user. */
  release({ monitor, key, isSixteen }: MarkedEnd): void {
    this.#monitors.release(monitor, "");
    this.#allocatorOf(isSixteen).release(key, monitor);
  }

  /** Monitors and ends that have numbers keep them where there are too many, whichever come. */
  hold(): void {
    for (const each of [this.#monitors, this.#ends, this.#blocks]) each.hold();
  }

  /** Whether an end has no mark because there are too many. */
  get isShort(): boolean {
    return [this.#monitors, this.#ends, this.#blocks].some((each) => each.isExhausted);
  }

  /** The keys of the ends whose mark changed since the last call. */
  takeRenumbered(): ReadonlySet<string> {
    const allocators = [this.#ends, this.#blocks];
    const keys = new Set(allocators.flatMap((each) => each.takeRenumbered()));
    for (const monitor of this.#monitors.takeRenumbered()) {
      for (const each of allocators) for (const key of each.keysOf(monitor)) keys.add(key);
    }
    return keys;
  }

  #allocatorOf(isSixteen: boolean): ExclusiveAllocator {
    return isSixteen ? this.#blocks : this.#ends;
  }
}
