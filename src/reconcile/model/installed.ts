// SPDX-License-Identifier: Apache-2.0
import type { BucketSpec, EntryRef, FlowKey, FlowSpec } from "../../flow-model/index.ts";
import type { Action, Band, Bucket, Match } from "../../openflow/index.ts";
import type { EntryLife } from "./entry-life.ts";

/** An OpenVTAP flow entry that a switch holds, as far as it has confirmed. */
export interface InstalledFlow {
  readonly key: FlowKey;
  readonly table: number;
  readonly priority: number;
  readonly match: Match;
  readonly cookie: bigint;
  /** The meter that its frames pass first. */
  readonly meter: number | undefined;
  readonly actions: readonly Action[];
  /** Canonical form of meter and actions: equal for entries that do the same. */
  readonly actionsKey: string;
  /** Own groups that the actions use, each once. */
  readonly groups: readonly number[];
  /** Own meters that it uses, in the order of its actions. */
  readonly meters: readonly number[];
  /** Entries of other switches that its copies rely on. */
  readonly dependencies: readonly EntryRef[];
  /** Keys of the buckets that send copies: they distinguish installed buckets from new ones. */
  readonly copies: readonly string[];
  /** Those of the buckets whose specs are known. */
  readonly copySpecs: readonly BucketSpec[];
  /** It may send copies that rely on unknown entries (installed before this process started). */
  readonly opaque: boolean;
  /**
   * What an entry of a tap does with the production frame (`originalKey`); undefined when that is
   * unknown, and of other entries.
   */
  readonly original: string | undefined;
  /** Until when the switch keeps it by itself; absent: for ever. */
  readonly life?: EntryLife | undefined;
  /** The spec that it fulfils, with nothing left out; undefined when it fulfils none. */
  readonly fulfils: FlowSpec | undefined;
}

/** An OpenVTAP group that a switch holds, as far as it has confirmed. */
export interface InstalledGroup {
  readonly id: number;
  /** Wire value: all 0, select 1, indirect 2, fast failover 3. */
  readonly type: number;
  readonly buckets: readonly Bucket[];
  /** Canonical form of type and buckets: the identity of its content. */
  readonly key: string;
  /** Own groups that its buckets use, each once. */
  readonly groups: readonly number[];
}

/** An OpenVTAP meter that a switch holds, as far as it has confirmed. */
export interface InstalledMeter {
  readonly id: number;
  /** Bits of `MeterFlags`. */
  readonly flags: number;
  readonly bands: readonly Band[];
  /** Canonical form of its effect. */
  readonly key: string;
}

/** What a switch holds of OpenVTAP's own entries. */
export interface InstalledEntries {
  readonly flows: readonly InstalledFlow[];
  readonly groups: readonly InstalledGroup[];
  readonly meters: readonly InstalledMeter[];
}

/** Whether two records of one key describe the same entry on the switch. */
export function hasSameContent(a: InstalledFlow, b: InstalledFlow): boolean {
  return a.cookie === b.cookie && a.actionsKey === b.actionsKey;
}
