// SPDX-License-Identifier: Apache-2.0
import { categoryOf, type FlowKey, type FlowSpec } from "../../flow-model/index.ts";
import type { InstalledFlow } from "../model/installed.ts";
import type { InFlightView } from "./in-flight.ts";
import type { SwitchErrorView } from "./switch-error-log.ts";

/** What the status of an entry depends on: the switch's entries. */
export interface EntrySource {
  readonly desired: ReadonlyMap<FlowKey, FlowSpec>;
  readonly installed: ReadonlyMap<FlowKey, InstalledFlow>;
  readonly errors: SwitchErrorView;
  readonly inFlight: InFlightView;
  /** The tables have been read at least once. */
  readonly isRead: boolean;
  /** The tables in memory are those of the switch. */
  readonly isCurrent: boolean;
}

/** Status of the flow entries of one switch, by key. */
export class EntryStatus {
  readonly #switch: EntrySource;

  constructor(source: EntrySource) {
    this.#switch = source;
  }

  /** Whether the desired entry, or its deletion, was refused. */
  isRefused(key: FlowKey): boolean {
    return this.#switch.errors.isRefused(key, this.#switch.desired.get(key));
  }

  /** Confirmed as desired, with no change of it in flight. */
  isConfirmed(key: FlowKey): boolean {
    return this.#switch.isCurrent && this.isGuarding(key);
  }

  /** As `isConfirmed`, or so when the switch was last connected: it keeps its entries. */
  isGuarding(key: FlowKey): boolean {
    const { desired, installed, inFlight } = this.#switch;
    const spec = desired.get(key);
    return spec !== undefined && installed.get(key)?.fulfils === spec && !inFlight.touches(key);
  }

  /**
   * As desired when last confirmed. True also where there is nothing to wait for: an entry that is not
   * desired or was refused, and every entry of a switch that has never been read.
   */
  isSettled(key: FlowKey): boolean {
    const { desired, installed, inFlight, isRead } = this.#switch;
    const spec = desired.get(key);
    if (!isRead || spec === undefined || this.isRefused(key)) return true;
    if (inFlight.hasUncertain || inFlight.touches(key)) return false;
    return installed.get(key)?.fulfils === spec;
  }

  /** Not known to be missing. */
  mayExist(key: FlowKey): boolean {
    const { installed, inFlight, isRead } = this.#switch;
    return !isRead || inFlight.hasUncertain || installed.has(key);
  }

  /** For copies on their previous path: desired and possibly installed, or installed in transit. */
  stillServes(key: FlowKey): boolean {
    const { desired, installed } = this.#switch;
    if (desired.has(key)) return this.mayExist(key);
    const flow = installed.get(key);
    return flow !== undefined && IN_TRANSIT.has(categoryOf(flow.cookie) ?? "");
  }
}

/** Categories of entries that carry copies on, without delivering them. */
const IN_TRANSIT: ReadonlySet<string> = new Set(["transit", "treatment"]);
