// SPDX-License-Identifier: Apache-2.0
import type { PolicyId } from "../policy/index.ts";
import type { Amount, RunningTotal } from "./totals.ts";

/** A policy to which copies of a stream are attributed, from when to when. */
export interface Attribution {
  readonly policy: PolicyId;
  /** Each counts every copy: the policy's own total, and those of its monitors. */
  readonly totals: readonly RunningTotal[];
  /** Called when one of the totals has changed. */
  readonly changed: () => void;
  /** Called when copies are, or may be, missing from the totals. */
  readonly miscounted: () => void;
  readonly from: number;
  /** Infinity: it has not ended. */
  until: number;
}

/** Copies of which it is not known yet whether they arrived. */
export interface Batch {
  /** All were made after `from`, and none after `until`. */
  readonly from: number;
  until: number;
  packets: number;
  bytes: number;
  readonly attributions: Attribution[];
  /** The policies recorded by the previous process, until their attributions are there again. */
  readonly restoredPolicies?: readonly PolicyId[];
}

/** Counts copies as delivered. */
export function addDelivered(attributions: readonly Attribution[], amount: Amount): void {
  for (const { totals, changed } of attributions) {
    for (const total of totals) total.addDelivered(amount);
    changed();
  }
}

/**
 * Counts `packets` of the batches as delivered, in proportion to each batch. The last packets of a
 * batch take all remaining bytes, so that a batch that arrives whole is delivered to the byte.
 */
export function deliver(batches: readonly Batch[], packets: number): void {
  let waiting = batches.reduce((sum, batch) => sum + batch.packets, 0);
  let left = Math.min(packets, waiting);
  for (const batch of batches) {
    if (waiting === 0) return;
    const part = Math.min(batch.packets, Math.round((left * batch.packets) / waiting));
    waiting -= batch.packets;
    left -= part;
    if (part === 0) continue;
    const bytes =
      part === batch.packets ? batch.bytes : Math.floor((batch.bytes * part) / batch.packets);
    batch.packets -= part;
    batch.bytes -= bytes;
    addDelivered(batch.attributions, { packets: part, bytes });
  }
}

/** Counts what is left of the batches as lost. */
export function writeOff(batches: readonly Batch[]): void {
  for (const batch of batches) {
    for (const { totals, changed } of batch.attributions) {
      for (const total of totals) total.lost += batch.packets;
      changed();
    }
    batch.packets = 0;
  }
}
