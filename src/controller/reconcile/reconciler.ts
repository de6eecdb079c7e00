import type { EntryRef, FlowKey, FlowSpec } from "../../pipeline/index.ts";
import type { Dpid } from "../../topology/index.ts";
import type { Logger } from "../logger.ts";
import type { InstalledEntries } from "./installed.ts";
import type { SwitchChannel } from "./switch-channel.ts";

/** How far an entry is on its switch; `refused` carries the OpenFlow error in words. */
export type EntryState = "confirmed" | "pending" | { readonly refused: string };

/** Group ids that are ours: from `first` to `last`, both included. */
export interface GroupIdRange {
  readonly first: number;
  readonly last: number;
}

export const DEFAULT_GROUP_IDS: GroupIdRange = { first: 0x76000000, last: 0x76ffffff };

/** What the reconciler tells the outside. Called outside of any edit; must not throw. */
export interface ReconcilerEvents {
  /** `state` of these entries may have changed. */
  changed(refs: readonly EntryRef[]): void;
}

export interface ReconcilerOptions {
  readonly logger: Logger;
  readonly events: ReconcilerEvents;
  readonly groupIds?: GroupIdRange;
}

/** An edit of the entries wanted on a switch. */
export interface DesiredEdit {
  readonly set?: Iterable<FlowSpec>;
  readonly delete?: Iterable<FlowKey>;
}

/** How a switch stands. */
export interface SwitchProgress {
  readonly connected: boolean;
  /** Its tables have been read since it connected. */
  readonly synced: boolean;
  /** Entries that differ from what is wanted, as far as known, and are not refused. */
  readonly pending: number;
  readonly refused: number;
  /** Flow entries and group changes sent since the process started. */
  readonly modsSent: number;
}

/**
 * Makes every switch hold what is wanted of it, and keeps it so.
 *
 * Edits change memory only; what they touch is sent soon after (in a microtask), in one atomic
 * bundle per switch and round. A bucket for a monitor waits for the entries it needs on other
 * switches, and these stay until no installed bucket needs them, so no order between switches is
 * needed and none waits for a switch it has nothing to do with.
 */
export declare class Reconciler {
  constructor(options: ReconcilerOptions);
  /** Changes what is wanted on a switch. A spec replaces the one of the same key. */
  edit(dpid: Dpid, edit: DesiredEdit): void;
  /**
   * Says that what is wanted is complete (the first compile is in): from now on our entries that
   * are not wanted are removed. Before, nothing is swept.
   */
  allowSweep(): void;
  /** A switch is there: reads its tables, then brings them up to date. Replaces an older channel. */
  connect(dpid: Dpid, channel: SwitchChannel): void;
  /** The switch is gone; what it holds is unknown until it is back. A stale channel is ignored. */
  disconnect(dpid: Dpid, channel: SwitchChannel): void;
  /** Reads a switch's tables again and repairs them; tries again what was refused. */
  resync(dpid: Dpid): void;
  state(ref: EntryRef): EntryState;
  /** What a switch holds of ours, as last confirmed; undefined for a switch never heard of. */
  installed(dpid: Dpid): InstalledEntries | undefined;
  progress(dpid: Dpid): SwitchProgress | undefined;
  /** Resolves when no switch has a round in flight or about to start. */
  settled(): Promise<void>;
  /** Starts nothing new; resolves when what is in flight is over. */
  close(): Promise<void>;
}
