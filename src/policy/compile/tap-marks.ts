import { contentHash } from "../../pipeline/index.ts";
import { TAP_MARK_PREFIX } from "../../topology/index.ts";
import { Claims } from "./claims.ts";

/** What a tap mark stands for: the addresses to put back, and the monitor where. */
export interface MarkedPair {
  readonly ethSrc: number;
  readonly ethDst: number;
  readonly monitor: number;
  /** Bytes of the copies that the monitor gets; undefined: all. */
  readonly truncate?: number;
  /** Identity of the pair. */
  readonly key: string;
}

/** A pair that needs a mark. */
export function markedPair(
  ethSrc: number,
  ethDst: number,
  monitor: number,
  truncate?: number,
): MarkedPair {
  const key = `${ethSrc.toString(16)}-${ethDst.toString(16)}-${monitor.toString(16)}`;
  if (truncate === undefined) return { ethSrc, ethDst, monitor, key };
  return { ethSrc, ethDst, monitor, truncate, key: `${key}-${truncate}` };
}

/** The mark a pair asks for at its n-th attempt: any number, of which 32 bits count. */
export type MarkHash = (key: string, attempt: number) => number;

/**
 * Gives pairs their tap marks: 32 bits of a hash, different for the pairs of one monitor. With
 * 100,000 pairs on one monitor two of them likely share a hash; then one takes its next.
 */
export class TapMarks {
  readonly #claims: Claims;

  constructor(hash: MarkHash = contentHash) {
    this.#claims = new Claims((key, attempt) => hash(key, attempt) % 2 ** 32);
  }

  /** The mark of a pair, for one more user. It may move when other pairs come or go. */
  acquire(pair: MarkedPair): number {
    const mark = this.#claims.acquire(pair.key, pair.monitor.toString(16));
    if (mark === undefined) throw new Error("tap marks never run out");
    return TAP_MARK_PREFIX + mark;
  }

  /** Gives back what `acquire` gave to one user. */
  release(pair: MarkedPair): void {
    this.#claims.release(pair.key);
  }

  /** The keys of the pairs whose mark is another one since this was last asked. */
  takeMoved(): readonly string[] {
    return this.#claims.takeMoved();
  }
}
