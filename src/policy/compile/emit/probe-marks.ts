// SPDX-License-Identifier: Apache-2.0
import { contentHash } from "../../../flow-model/index.ts";
import type { Match } from "../../../openflow/index.ts";
import type { PortNo } from "../../../topology/index.ts";
import { VID_PRESENT } from "../../match-region/fields.ts";
import { constraint } from "../../match-region/region.ts";
import { matchOf } from "../../match-region/to-match.ts";
import type { PlacedMonitor } from "../../placement/placed-monitors.ts";
import { keyedHash } from "../model/keyed-hash.ts";
import { type MarkedEnd, markedEnd, type OneSidedMarks } from "../model/one-sided-marks.ts";
import type { ProbeHeader } from "../model/policy-plan.ts";
import { RESERVED_MAC } from "../model/reserved-frames.ts";
import { type MarkedPair, markedPair, type TapMarks } from "../model/tap-marks.ts";
import { vlanKey } from "../model/tap-vlans.ts";
import type { PathMarking } from "./planned-rules.ts";

/** What distinguishes the probes for a monitor. */
export interface ProbeMark {
  /** Stands for the monitor where a probe's address is free. */
  readonly address: number;
  /** What a mark of the probes' own stands for; undefined for tagged copies. */
  readonly pair: MarkedPair | undefined;
  readonly end: MarkedEnd | undefined;
  /** The mark of the probes' own; undefined for tagged copies, and where none is free. */
  readonly number: number | undefined;
}

/** How a probe is addressed, and which frames are caught as such. */
interface AddressedProbe {
  readonly header: ProbeHeader;
  readonly caught: Match;
}

/** Top 16 bits of the addresses of probes: locally administered, beside those of the marks. */
const ADDRESS_PREFIX = 0x0e7b * 2 ** 32;

/**
 * The destination of the probes of tagged copies: base forwarding drops it, so that a probe whose transit rule is
 * lost is not flooded. Its Ethertype keeps it from the protocols that use the address.
 */
const UNFORWARDED = RESERVED_MAC + 0xe;

/** The addresses of probes that are known by something else. */
export const PROBE_ADDRESSES = {
  ethDst: UNFORWARDED,
  ethSrc: ADDRESS_PREFIX,
  vlan: undefined,
} as const;

/** Allocates the marks and addresses of probes. They are keyed by the secret of the marks. */
export class ProbeMarks {
  readonly #marks: TapMarks;
  readonly #oneSided: OneSidedMarks;
  readonly #hash: (text: string) => number;
  /** The address that stands for each monitor, by its key: a keyed hash for every copy would take longer. */
  readonly #addresses = new Map<string, number>();

  constructor({
    marks,
    oneSided,
    markKey,
  }: {
    readonly marks: TapMarks;
    readonly oneSided: OneSidedMarks;
    readonly markKey: Uint8Array | undefined;
  }) {
    this.#marks = marks;
    this.#oneSided = oneSided;
    this.#hash = markKey === undefined ? contentHash : keyedHash(markKey);
  }

  /** Acquires the mark of a monitor's probes for one more user. */
  acquire({ key: monitor }: PlacedMonitor, marking: PathMarking): ProbeMark {
    const address = this.#addressOf(monitor);
    if (marking.kind === "tag") {
      return { address, pair: undefined, end: undefined, number: undefined };
    }
    if (marking.kind === "mark") {
      const end = markedEnd({ side: marking.end.side, address, isSixteen: false, monitor });
      return { address, pair: undefined, end, number: this.#oneSided.acquire(end) };
    }
    const pair = markedPair({ ethSrc: address, ethDst: address, monitor: marking.pair.monitor });
    return { address, pair, end: undefined, number: this.#marks.acquire(pair) };
  }

  /** Releases a mark for one user. */
  release({ pair, end }: ProbeMark): void {
    if (pair !== undefined) this.#marks.release(pair);
    if (end !== undefined) this.#oneSided.release(end);
  }

  #addressOf(monitor: string): number {
    let address = this.#addresses.get(monitor);
    if (address === undefined) {
      address = ADDRESS_PREFIX + (this.#hash(`probe ${monitor}`) % 2 ** 32);
      this.#addresses.set(monitor, address);
    }
    return address;
  }
}

/** A text that is equal for copies to a monitor that the same transit rules forward. */
export function wayKind({ key }: PlacedMonitor, marking: PathMarking): string {
  if (marking.kind === "tag") return `tag ${vlanKey(key, marking.truncate)}`;
  if (marking.kind === "mark") return `${marking.end.side} ${key}`;
  return `rewrite ${key} ${marking.pair.monitor.toString(16)}`;
}

/** Addresses a probe that enters the monitor's switch by a port; undefined: it has no mark. */
export function addressedProbe(
  { address, number }: ProbeMark,
  marking: PathMarking,
  inPort: PortNo,
): AddressedProbe | undefined {
  const from = constraint("inPort", inPort);
  if (marking.kind === "tag") {
    const { vlan } = marking;
    const tagged = [constraint("vlanVid", VID_PRESENT + vlan), constraint("ethSrc", address)];
    const header = { ethDst: UNFORWARDED, ethSrc: address, vlan };
    return { header, caught: matchOf([from, ...tagged]) };
  }
  if (number === undefined) return undefined;
  if (marking.kind === "mark") {
    const { side } = marking.end;
    const header = { ethDst: address, ethSrc: address, vlan: undefined, [side]: number };
    return { header, caught: matchOf([from, constraint(side, number)]) };
  }
  const ethDst = marking.pair.monitor;
  const addresses = [constraint("ethDst", ethDst), constraint("ethSrc", number)];
  const header = { ethDst, ethSrc: number, vlan: undefined };
  return { header, caught: matchOf([from, ...addresses]) };
}
