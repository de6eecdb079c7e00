// SPDX-License-Identifier: Apache-2.0
import type { FlowSpec } from "../../flow-model/index.ts";
import { firstChoice, type IdRange } from "../model/id-range.ts";
import type { InstalledFlow, InstalledMeter } from "../model/installed.ts";
import { meterFrom, meterIdentity, meterSpecsOf } from "../model/meter-content.ts";
import type { MeterTable } from "../model/tables.ts";
import { UseCounts } from "./use-counts.ts";

/**
 * The meters of one switch, and the spec that each of them implements.
 *
 * A meter on the switch does not name its owner. After a restart of the controller, the owner follows
 * from the flow entries that use the meter, and from its id, which is a hash of its identity.
 */
export class MeterTracker {
  readonly #installed = new Map<number, InstalledMeter>();
  #foreign: ReadonlySet<number> = new Set();
  #unsupported: string | undefined;
  readonly #ids = new Map<string, number>();
  readonly #identities = new Map<number, string>();
  readonly #uses = new UseCounts(this.#installed);
  readonly #stuck = new Set<number>();

  /** OpenVTAP's own meters as confirmed. */
  get installed(): ReadonlyMap<number, InstalledMeter> {
    return this.#installed;
  }

  /** Why the switch supports no meters, in words. */
  get unsupported(): string | undefined {
    return this.#unsupported;
  }

  /** Own meters without a user. */
  get unused(): ReadonlySet<number> {
    return this.#uses.unused;
  }

  /** The id of the installed meter of an identity. */
  idOf(identity: string): number | undefined {
    return this.#ids.get(identity);
  }

  /** Whether a meter has an id, own or foreign. */
  isTaken(id: number): boolean {
    return this.#installed.has(id) || this.#foreign.has(id);
  }

  /** How often own flow entries name a meter. */
  users(id: number): number {
    return this.#uses.of(id);
  }

  /** Whether the switch refused to delete a meter. */
  isStuck(id: number): boolean {
    return this.#stuck.has(id);
  }

  /** Replaces everything by a meter table as read, with the flow entries that use it. */
  load(
    table: MeterTable,
    flows: ReadonlyMap<string, InstalledFlow>,
    desired: ReadonlyMap<string, FlowSpec>,
    range: IdRange,
  ): void {
    this.#foreign = table.foreign;
    this.#unsupported = table.unsupported;
    const maps = [this.#installed, this.#ids, this.#identities];
    for (const each of [...maps, this.#uses, this.#stuck]) each.clear();
    for (const meter of table.meters.values()) this.#put(meter);
    for (const flow of flows.values()) this.use(flow.meters, 1);
    this.#identify(flows, desired, range);
  }

  add(meter: InstalledMeter, identity: string): void {
    this.#put(meter);
    this.#name(meter.id, identity);
  }

  delete(id: number): void {
    this.#installed.delete(id);
    this.#uses.deleted(id);
    this.#ids.delete(this.#identities.get(id) ?? "");
    this.#identities.delete(id);
  }

  /** A flow entry begins or ceases to use meters. */
  use(ids: readonly number[], by: 1 | -1): void {
    this.#uses.change(ids, by);
  }

  markStuck(id: number): void {
    this.#stuck.add(id);
  }

  #name(id: number, identity: string): void {
    this.#ids.set(identity, id);
    this.#identities.set(id, identity);
  }

  #put(meter: InstalledMeter): void {
    this.#installed.set(meter.id, meter);
    this.#uses.added(meter.id);
  }

  /** Assigns specs to the meters as read: first to meters that the spec's own flow entry uses. */
  #identify(
    flows: ReadonlyMap<string, InstalledFlow>,
    desired: ReadonlyMap<string, FlowSpec>,
    range: IdRange,
  ): void {
    if (this.#installed.size === 0) return;
    const assign = (identity: string, content: string, id: number | undefined) => {
      if (id === undefined || this.#identities.has(id) || this.#ids.has(identity)) return;
      if (this.#installed.get(id)?.key !== content) return;
      this.#name(id, identity);
    };
    for (const inUse of [true, false]) {
      for (const [key, spec] of desired) {
        const used = flows.get(key)?.meters ?? [];
        for (const [index, meter] of meterSpecsOf(spec).entries()) {
          const identity = meterIdentity(meter);
          const id = inUse ? used[index] : firstChoice(identity, range);
          assign(identity, meterFrom(0, meter).key, id);
        }
      }
    }
  }
}

/** What a plan reads of a switch's meters. */
export type MeterView = Pick<
  MeterTracker,
  "installed" | "unsupported" | "unused" | "idOf" | "isTaken" | "users" | "isStuck"
>;
