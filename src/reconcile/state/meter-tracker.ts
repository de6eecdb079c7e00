// SPDX-License-Identifier: Apache-2.0
import type { FlowSpec } from "../../flow-model/index.ts";
import { forEach, type Steps } from "../../lang/steps.ts";
import { firstChoice, type IdRange } from "../model/id-range.ts";
import type { InstalledFlow, InstalledMeter } from "../model/installed.ts";
import { meterFrom, meterIdentity, meterSpecsOf } from "../model/meter-content.ts";
import type { MeterTable } from "../model/tables.ts";
import { NumberedTracker } from "./numbered-tracker.ts";

/**
 * The meters of one switch, and the spec that each of them implements.
 *
 * A meter on the switch does not name its owner. After a restart of the controller, the owner follows
 * from the flow entries that use the meter, and from its id, which is a hash of its identity.
 */
export class MeterTracker extends NumberedTracker<InstalledMeter> {
  #unsupported: string | undefined;
  readonly #identities = new Map<number, string>();

  /** Why the switch supports no meters, in words. */
  get unsupported(): string | undefined {
    return this.#unsupported;
  }

  /** Replaces everything by a meter table as read, with the flow entries that use it. */
  *loading(
    table: MeterTable,
    flows: ReadonlyMap<string, InstalledFlow>,
    desired: ReadonlyMap<string, FlowSpec>,
    range: IdRange,
  ): Steps<void> {
    this.reset(table.foreign);
    this.#unsupported = table.unsupported;
    this.#identities.clear();
    yield* forEach(table.meters.values(), (meter) => this.put(meter));
    yield* forEach(flows.values(), (flow) => this.use(flow.meters, 1));
    yield* this.#identifying(flows, desired, range);
  }

  add(meter: InstalledMeter, identity: string): void {
    this.put(meter);
    this.#name(meter.id, identity);
  }

  delete(id: number): void {
    this.remove(id);
    this.ids.delete(this.#identities.get(id) ?? "");
    this.#identities.delete(id);
  }

  #name(id: number, identity: string): void {
    this.ids.set(identity, id);
    this.#identities.set(id, identity);
  }

  /** Assigns specs to the meters as read: first to meters that the spec's own flow entry uses. */
  *#identifying(
    flows: ReadonlyMap<string, InstalledFlow>,
    desired: ReadonlyMap<string, FlowSpec>,
    range: IdRange,
  ): Steps<void> {
    if (this.installed.size === 0) return;
    const assign = (identity: string, content: string, id: number | undefined) => {
      if (id === undefined || this.#identities.has(id) || this.ids.has(identity)) return;
      if (this.installed.get(id)?.key !== content) return;
      this.#name(id, identity);
    };
    for (const inUse of [true, false]) {
      yield* forEach(desired, ([key, spec]) => {
        const used = flows.get(key)?.meters ?? [];
        for (const [index, meter] of meterSpecsOf(spec).entries()) {
          const identity = meterIdentity(meter);
          const id = inUse ? used[index] : firstChoice(identity, range);
          assign(identity, meterFrom(0, meter).key, id);
        }
      });
    }
  }
}

/** What a plan reads of a switch's meters. */
export type MeterView = Pick<
  MeterTracker,
  "installed" | "unsupported" | "unused" | "idOf" | "isTaken" | "users" | "isStuck"
>;
