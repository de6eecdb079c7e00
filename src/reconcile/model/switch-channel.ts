import type { Band, Bucket, Instruction, Match, Message } from "../../openflow/index.ts";

/** A flow entry as the switch lists it; anybody's. */
export interface ListedFlow {
  readonly table: number;
  readonly priority: number;
  readonly cookie: bigint;
  readonly match: Match;
  readonly instructions: readonly Instruction[];
}

/** A group as the switch lists it; anybody's. */
export interface ListedGroup {
  readonly id: number;
  /** Wire value: all 0, select 1, indirect 2, fast failover 3. */
  readonly type: number;
  readonly buckets: readonly Bucket[];
}

/** A meter as the switch lists it; anybody's. */
export interface ListedMeter {
  readonly id: number;
  /** Bits of `MeterFlags`. */
  readonly flags: number;
  readonly bands: readonly Band[];
}

/** A list that the switch was asked for. */
export type Listing<T> =
  | { readonly type: "listed"; readonly entries: readonly T[] }
  | { readonly type: "failed"; readonly reason: string };

/** The meters of a switch, which need not be able to have any. */
export type MeterListing =
  | Listing<ListedMeter>
  /** The switch says that it has none, in words. */
  | { readonly type: "unsupported"; readonly reason: string };

/** Messages by index; an array is one, and so is something that makes each when it is asked. */
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

/** What became of messages that go together. */
export type CommitOutcome =
  /** All are in effect. */
  | { readonly type: "committed" }
  /** None is in effect. `failures` names the messages to blame, if the switch said which. */
  | {
      readonly type: "refused";
      readonly error: OpenFlowError;
      readonly failures: readonly MessageFailure[];
    }
  /** None is in effect: the switch cannot do this kind of transaction. */
  | { readonly type: "unsupported"; readonly reason: string }
  /** Nobody knows: no answer in time, or the connection ended. */
  | { readonly type: "unknown"; readonly reason: string };

/** What became of messages that were sent one by one, up to a barrier. */
export type StepOutcome =
  /** All are in effect but those in `failures`. */
  | { readonly type: "done"; readonly failures: readonly MessageFailure[] }
  | { readonly type: "unknown"; readonly reason: string };

/** What the reconciler needs of a connected switch. A session is one (`switchChannel`). */
export interface SwitchChannel {
  /** Every flow entry of the table that is ours to write to. */
  readFlows(): Promise<Listing<ListedFlow>>;
  /** Every group. */
  readGroups(): Promise<Listing<ListedGroup>>;
  /** Every meter. */
  readMeters(): Promise<MeterListing>;
  /** All or nothing, in order. Meter-mods are not taken. */
  commit(messages: MessageList): Promise<CommitOutcome>;
  /** One by one, then a barrier: for meters, and for a switch that has no bundles. */
  step(messages: MessageList): Promise<StepOutcome>;
  /** Gives the switch up: it does not answer. It may connect again. */
  close(reason: string): void;
}
