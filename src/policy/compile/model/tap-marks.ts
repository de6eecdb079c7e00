import { contentHash } from "../../../flow-model/index.ts";
import { type Action, setField } from "../../../openflow/index.ts";
import { formatIpAddress, type IpAddress, TAP_MARK_PREFIX } from "../../../topology/index.ts";
import { EthType } from "../../match-region/fields.ts";
import { StableAllocator } from "./number-allocator.ts";

/** What a tap mark stands for: the addresses to put back, and the monitor where. */
export interface MarkedPair {
  readonly ethSrc: number;
  readonly ethDst: number;
  readonly monitor: number;
  /** The IP destination, where that is rewritten, too. */
  readonly ip?: MarkedIp;
  /** Bytes of the copies that the monitor gets; undefined: all. */
  readonly truncate?: number;
  /** Identity of the pair. */
  readonly key: string;
}

/** An IP destination that is another one on the way. */
export interface MarkedIp {
  /** The one to put back. */
  readonly original: IpAddress;
  /** The monitor's, of the same family. */
  readonly monitor: IpAddress;
}

/** A pair that needs a mark. */
export function markedPair(pair: Omit<MarkedPair, "key">): MarkedPair {
  const { ethSrc, ethDst, monitor, ip, truncate } = pair;
  let key = `${ethSrc.toString(16)}-${ethDst.toString(16)}-${monitor.toString(16)}`;
  if (ip !== undefined) key += `-${formatIpAddress(ip.original)}-${formatIpAddress(ip.monitor)}`;
  if (truncate !== undefined) key += `-${truncate}`;
  // Nearly all pairs are of two addresses and nothing else, and there are many.
  if (ip === undefined && truncate === undefined) return { ethSrc, ethDst, monitor, key };
  return { ...pair, key };
}

/** Writes an IP destination. */
export function setIpDestination(ip: IpAddress): Action {
  return ip.family === 4 ? setField("ipv4Dst", ip.value) : setField("ipv6Dst", ip.value);
}

/** The Ethernet type of an address's family: what writes an address must match it. */
export function etherTypeOf({ family }: IpAddress): number {
  return family === 4 ? EthType.ipv4 : EthType.ipv6;
}

/** The mark a pair asks for at its n-th attempt: any number, of which 32 bits count. */
export type MarkHash = (key: string, attempt: number) => number;

/**
 * Gives pairs their tap marks: 32 bits of a hash, different for the pairs of one monitor. With
 * 100,000 pairs on one monitor two of them likely share a hash; then one takes its next.
 */
export class TapMarks {
  readonly #claims: StableAllocator;

  constructor(hash: MarkHash = contentHash) {
    this.#claims = new StableAllocator((key, attempt) => hash(key, attempt) % 2 ** 32);
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
