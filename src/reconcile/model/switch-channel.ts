// SPDX-License-Identifier: Apache-2.0

import type { Band, Bucket, Instruction, Match, Message } from "../../openflow/index.ts";
import type { EntryLife } from "./entry-life.ts";

/** A flow entry as the switch lists it, of any application. */
export interface ListedFlow {
  readonly table: number;
  readonly priority: number;
  readonly cookie: bigint;
  readonly match: Match;
  readonly instructions: readonly Instruction[];
  /** Until when the switch keeps it by itself; absent: for ever. */
  readonly life?: EntryLife;
}

/** A group as the switch lists it, of any application. */
export interface ListedGroup {
  readonly id: number;
  /** Wire value: all 0, select 1, indirect 2, fast failover 3. */
  readonly type: number;
  readonly buckets: readonly Bucket[];
}

/** A meter as the switch lists it, of any application. */
export interface ListedMeter {
  readonly id: number;
  /** Bits of `MeterFlags`. */
  readonly flags: number;
  readonly bands: readonly Band[];
}

/** The answer to a request for a list. */
export type Listing<T> =
  | { readonly type: "listed"; readonly entries: readonly T[] }
  | { readonly type: "failed"; readonly reason: string };

/** The meters of a switch, which may support none. */
export type MeterListing =
  | Listing<ListedMeter>
  /** The switch supports none; why, in words. */
  | { readonly type: "unsupported"; readonly reason: string };

/** Messages by index: an array, or a list that builds each message on access. */
export interface MessageList {
  readonly length: number;
  at(index: number): Message | undefined;
}

/** An OpenFlow error in numbers and in words. */
export interface OpenFlowError {
  readonly errorType: number;
  readonly errorCode: number;
  readonly text: string;
}

/** A message that the switch refused. */
export interface MessageFailure {
  readonly index: number;
  readonly error: OpenFlowError;
}

/** Outcome of a transaction. */
export type CommitOutcome =
  /** All are in effect. */
  | { readonly type: "committed" }
  /** None is in effect. `failures` names the messages at fault, if the switch named them. */
  | {
      readonly type: "refused";
      readonly error: OpenFlowError;
      readonly failures: readonly MessageFailure[];
    }
  /** None is in effect: the switch does not support this kind of transaction. */
  | { readonly type: "unsupported"; readonly reason: string }
  /** Unknown: no answer in time, or the connection ended. */
  | { readonly type: "unknown"; readonly reason: string };

/** Outcome of messages that were sent one by one, up to a barrier. */
export type StepOutcome =
  /** All are in effect but those in `failures`. */
  | { readonly type: "done"; readonly failures: readonly MessageFailure[] }
  | { readonly type: "unknown"; readonly reason: string };

/** Access to a connected switch. A session provides it (`switchChannel`). */
export interface SwitchChannel {
  /** Every flow entry of the table that OpenVTAP writes to. */
  readFlows(): Promise<Listing<ListedFlow>>;
  /** Every group. */
  readGroups(): Promise<Listing<ListedGroup>>;
  /** Every meter. */
  readMeters(): Promise<MeterListing>;
  /** All or nothing, in order. Meter-mods are not allowed. */
  commit(messages: MessageList): Promise<CommitOutcome>;
  /** One by one, then a barrier: for meters, and for a switch that has no bundles. */
  step(messages: MessageList): Promise<StepOutcome>;
  /** Closes the connection to a switch that does not answer. The switch may connect again. */
  close(reason: string): void;
}
