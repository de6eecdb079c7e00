import type { BucketSpec, EntryRef, FlowKey, FlowSpec } from "../../flow-model/index.ts";
import type { Action, Band, Bucket, Match } from "../../openflow/index.ts";

/** A flow entry of ours that a switch holds, as far as it has confirmed. */
export interface InstalledFlow {
  readonly key: FlowKey;
  readonly table: number;
  readonly priority: number;
  readonly match: Match;
  readonly cookie: bigint;
  /** The meter that its frames go through first. */
  readonly meter: number | undefined;
  readonly actions: readonly Action[];
  /** Canonical form of meter and actions: equal for entries that do the same. */
  readonly actionsKey: string;
  /** Groups of ours that the actions use, each once. */
  readonly groups: readonly number[];
  /** Meters of ours that it uses, in the order of its actions. */
  readonly meters: readonly number[];
  /** Entries of other switches that its copies rely on. */
  readonly needs: readonly EntryRef[];
  /** Keys of the buckets that send copies, to tell an installed one from a new one. */
  readonly copies: readonly string[];
  /** Those of the buckets whose specs are known. */
  readonly copySpecs: readonly BucketSpec[];
  /** It may send copies that rely on entries we do not know of (installed before our time). */
  readonly opaque: boolean;
  /**
   * What an entry of a tap does with the production frame (`originalKey`); undefined when that is not
   * known, and of other entries.
   */
  readonly original: string | undefined;
  /** The spec that it fulfils, with nothing left out; undefined when it fulfils none. */
  readonly fulfils: FlowSpec | undefined;
}

/** A group of ours that a switch holds, as far as it has confirmed. */
export interface InstalledGroup {
  readonly id: number;
  /** Wire value: all 0, select 1, indirect 2, fast failover 3. */
  readonly type: number;
  readonly buckets: readonly Bucket[];
  /** Canonical form of type and buckets: the identity of its content. */
  readonly key: string;
  /** Groups of ours that its buckets use, each once. */
  readonly groups: readonly number[];
}

/** A meter of ours that a switch holds, as far as it has confirmed. */
export interface InstalledMeter {
  readonly id: number;
  /** Bits of `MeterFlags`. */
  readonly flags: number;
  readonly bands: readonly Band[];
  /** Canonical form of its effect. */
  readonly key: string;
}

/** What a switch holds of ours. */
export interface InstalledEntries {
  readonly flows: readonly InstalledFlow[];
  readonly groups: readonly InstalledGroup[];
  readonly meters: readonly InstalledMeter[];
}
