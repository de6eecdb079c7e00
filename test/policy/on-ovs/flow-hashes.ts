// SPDX-License-Identifier: Apache-2.0
import type { FrameFields } from "../../../src/packet/index.ts";
import { BALANCE_PARTS } from "../../../src/policy/model/balance.ts";
import { SAMPLE_PARTS } from "../../../src/policy/model/treatment.ts";
import type { FlowHash } from "../../../src/policy/semantics/semantics.ts";

/** Sample sizes of the generated policies, and 0. */
const SHARES = [0, 0.25, 0.5];
/** A set of up to three monitors has at most six slots of equal size. */
const SLOTS = 6;

/** One hash for each class of flows that policies with such samples and sets can distinguish. */
const CLASSES: readonly FlowHash[] = SHARES.flatMap((share) =>
  Array.from({ length: SLOTS }, (_, slot) => ({
    sample: share * SAMPLE_PARTS,
    balance: Math.ceil((slot * BALANCE_PARTS) / SLOTS),
  })),
);

/**
 * The possible flow hashes of real switches. The hash function is unknown, but it depends on the flow
 * alone: it is the same for all frames of a flow, in both directions, on every switch. So the arrivals
 * of a frame narrow down the hash of its flow.
 */
export class FlowHashes {
  readonly #possible = new Map<string, readonly FlowHash[]>();

  /** The hashes that are still possible for the frame's flow. */
  of(frame: Partial<FrameFields>): readonly FlowHash[] {
    return this.#possible.get(flowOf(frame)) ?? CLASSES;
  }

  narrow(frame: Partial<FrameFields>, possible: readonly FlowHash[]): void {
    this.#possible.set(flowOf(frame), possible);
  }

  /** Whether the frame's flow was not narrowed yet. */
  isNew(frame: Partial<FrameFields>): boolean {
    return !this.#possible.has(flowOf(frame));
  }

  /** How many different hashes are certain. */
  get seen(): number {
    const certain = [...this.#possible.values()].filter(({ length }) => length === 1);
    return new Set(certain.flat()).size;
  }
}

/** The flow of a frame (README, "A flow"); text that is equal in both directions. */
function flowOf(frame: Partial<FrameFields>): string {
  const { ethType, vlanVid, ipProto, ipFrag } = frame;
  const [src, dst] = [frame.ipv4Src ?? frame.ipv6Src, frame.ipv4Dst ?? frame.ipv6Dst];
  if (src === undefined || dst === undefined) {
    return [ethType, vlanVid, ...[frame.ethSrc, frame.ethDst].sort()].join();
  }
  if (ipFrag) return [ethType, "fragment", ...[src, dst].sort()].join();
  const from = `${src} ${frame.tcpSrc ?? frame.udpSrc ?? ""}`;
  const to = `${dst} ${frame.tcpDst ?? frame.udpDst ?? ""}`;
  return [ethType, ipProto, ...[from, to].sort()].join();
}
