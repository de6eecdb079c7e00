import type { FlowSpec } from "../../flow-model/index.ts";
import { firstChoice, type IdRange } from "../model/id-range.ts";
import type { InstalledFlow, InstalledMeter } from "../model/installed.ts";
import { meterFrom, meterIdentity, meterSpecsOf } from "../model/meter-content.ts";

/** The meters a switch holds, or why it has none. */
export interface MeterTable {
  /** Meters of ours. */
  readonly meters: ReadonlyMap<number, InstalledMeter>;
  /** Ids of meters that are not ours. */
  readonly foreign: ReadonlySet<number>;
  /** Why the switch can hold no meters, in words. */
  readonly unsupported?: string;
}

/**
 * The meters of one switch, and which of them stands for which spec.
 *
 * A switch does not say for whom a meter is: after a restart of the controller it is known from the
 * flow entries that use it, and by its id, which its identity hashes to.
 */
export class MeterTracker {
  readonly installed = new Map<number, InstalledMeter>();
  foreign: ReadonlySet<number> = new Set();
  unsupported: string | undefined;
  /** Ids by identity. */
  readonly ids = new Map<string, number>();
  readonly #identities = new Map<number, string>();
  /** How many flow entries of ours use a meter, as often as they name it. */
  readonly users = new Map<number, number>();
  /** Meters of ours that nothing uses. */
  readonly unused = new Set<number>();
  /** Identities of meters that were refused, with the reason. */
  readonly refused = new Map<string, string>();
  /** Meters that the switch would not delete. */
  readonly stuck = new Set<number>();

  /** Takes a meter table as read for the truth, with the flow entries that use it. */
  load(
    table: MeterTable,
    flows: ReadonlyMap<string, InstalledFlow>,
    desired: ReadonlyMap<string, FlowSpec>,
    range: IdRange,
  ): void {
    this.foreign = table.foreign;
    this.unsupported = table.unsupported;
    const { installed, users, ids, unused, refused, stuck } = this;
    for (const each of [installed, users, ids, this.#identities, unused, refused, stuck]) {
      each.clear();
    }
    for (const meter of table.meters.values()) this.#put(meter);
    for (const flow of flows.values()) this.use(flow.meters, 1);
    this.#claim(flows, desired, range);
  }

  add(meter: InstalledMeter, identity: string): void {
    this.#put(meter);
    this.#name(meter.id, identity);
  }

  delete(id: number): void {
    this.installed.delete(id);
    this.unused.delete(id);
    this.ids.delete(this.#identities.get(id) ?? "");
    this.#identities.delete(id);
  }

  /** Notes that a flow entry uses meters, or no longer does. */
  use(ids: readonly number[], by: 1 | -1): void {
    for (const id of ids) {
      const left = (this.users.get(id) ?? 0) + by;
      if (left > 0) {
        this.users.set(id, left);
        this.unused.delete(id);
      } else {
        this.users.delete(id);
        if (this.installed.has(id)) this.unused.add(id);
      }
    }
  }

  #name(id: number, identity: string): void {
    this.ids.set(identity, id);
    this.#identities.set(id, identity);
  }

  #put(meter: InstalledMeter): void {
    this.installed.set(meter.id, meter);
    if (!this.users.has(meter.id)) this.unused.add(meter.id);
  }

  /** Finds out which specs the meters stand for: first those in use where they are wanted. */
  #claim(
    flows: ReadonlyMap<string, InstalledFlow>,
    desired: ReadonlyMap<string, FlowSpec>,
    range: IdRange,
  ): void {
    if (this.installed.size === 0) return;
    const claim = (identity: string, content: string, id: number | undefined) => {
      if (id === undefined || this.#identities.has(id) || this.ids.has(identity)) return;
      if (this.installed.get(id)?.key !== content) return;
      this.#name(id, identity);
    };
    for (const inUse of [true, false]) {
      for (const [key, spec] of desired) {
        const used = flows.get(key)?.meters ?? [];
        for (const [index, meter] of meterSpecsOf(spec).entries()) {
          const identity = meterIdentity(meter);
          const id = inUse ? used[index] : firstChoice(identity, range);
          claim(identity, meterFrom(0, meter).key, id);
        }
      }
    }
  }
}
