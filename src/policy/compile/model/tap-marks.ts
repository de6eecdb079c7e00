// SPDX-License-Identifier: Apache-2.0
import { contentHash } from "../../../flow-model/index.ts";
import { type Action, setField } from "../../../openflow/index.ts";
import { formatIpAddress, type IpAddress } from "../../../topology/index.ts";
import { EthType } from "../../match-region/fields.ts";
import type { MarkRange } from "./mark-range.ts";
import { StableAllocator } from "./stable-allocator.ts";

/** What a tap mark identifies: the addresses to restore, and the monitor whose switch restores them. */
export interface MarkedPair {
  readonly ethSrc: number;
  readonly ethDst: number;
  readonly monitor: number;
  /** The IP destination, if it is rewritten as well. */
  readonly ip?: MarkedIp;
  /** Bytes of the copies that the monitor gets; undefined: all. */
  readonly truncate?: number;
  /** Identity of the pair. */
  readonly key: string;
}

/** An IP destination that is rewritten on the path of a copy. */
export interface MarkedIp {
  /** The destination to restore. */
  readonly original: IpAddress;
  /** The monitor's address, of the same family. */
  readonly monitor: IpAddress;
}

/** A pair that needs a mark. */
export function markedPair(pair: Omit<MarkedPair, "key">): MarkedPair {
  const { ethSrc, ethDst, monitor, ip, truncate } = pair;
  let key = `${ethSrc.toString(16)}-${ethDst.toString(16)}-${monitor.toString(16)}`;
  if (ip !== undefined) key += `-${formatIpAddress(ip.original)}-${formatIpAddress(ip.monitor)}`;
  if (truncate !== undefined) key += `-${truncate}`;
  // Nearly all pairs, of which there are many, have only the addresses.
  if (ip === undefined && truncate === undefined) return { ethSrc, ethDst, monitor, key };
  return { ...pair, key };
}

/** The action that writes an IP destination. */
export function setIpDestination(ip: IpAddress): Action {
  return ip.family === 4 ? setField("ipv4Dst", ip.value) : setField("ipv6Dst", ip.value);
}

/** The Ethernet type of an address's family: a rule that writes an address must match it. */
export function etherTypeOf({ family }: IpAddress): number {
  return family === 4 ? EthType.ipv4 : EthType.ipv6;
}

/** The mark that a pair requests at its n-th attempt: any number, of which 32 bits are used. */
export type MarkHash = (key: string, attempt: number) => number;

/**
 * Allocates tap marks to pairs: 32 bits of a hash (fewer where hosts have addresses in the range), different for
 * the pairs of one monitor. Of 100,000 pairs on one monitor two probably share a hash; then one of them takes its
 * next hash.
 */
export class TapMarks {
  readonly #range: MarkRange | undefined;
  readonly #allocator: StableAllocator;

  /** `range`: undefined where there are none. */
  constructor(range: MarkRange | undefined, hash: MarkHash = contentHash) {
    this.#range = range;
    const size = range?.size ?? 1;
    this.#allocator = new StableAllocator((key, attempt) => hash(key, attempt) % size);
  }

  /**
   * Acquires the mark of a pair for one more user; undefined where there are none. It may change when other pairs
   * come or go.
   */
  acquire(pair: MarkedPair): number | undefined {
    if (this.#range === undefined) return undefined;
    const mark = this.#allocator.acquire(pair.key, pair.monitor.toString(16));
    if (mark === undefined) throw new Error("tap marks never run out");
    return this.#range.first + mark;
  }

  /** Releases a pair for one user. */
  release(pair: MarkedPair): void {
    if (this.#range !== undefined) this.#allocator.release(pair.key);
  }

  /** The keys of the pairs whose mark changed since the last call. */
  takeRenumbered(): readonly string[] {
    return this.#allocator.takeRenumbered();
  }
}
