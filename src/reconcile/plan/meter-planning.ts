// SPDX-License-Identifier: Apache-2.0
import type { MeterSpec } from "../../flow-model/index.ts";
import { forEach, type Steps } from "../../lang/steps.ts";
import { chooseId, type IdRange } from "../model/id-range.ts";
import type { InstalledMeter } from "../model/installed.ts";
import { meterFrom, meterIdentity } from "../model/meter-content.ts";
import type { RefusedPart } from "../model/switch-error.ts";
import type { TableChange } from "../model/table-change.ts";
import type { SwitchTrackerView } from "../state/tracker-view.ts";

/** The changes of a switch's meters in one plan. */
export class MeterPlanning {
  readonly #switch: Pick<SwitchTrackerView, "meters" | "errors">;
  readonly #range: IdRange;
  readonly #added = new Map<
    number,
    { readonly meter: InstalledMeter; readonly identity: string }
  >();
  readonly #newIds = new Map<string, number>();
  /** Users of the meters whose number changes, after the plan. */
  readonly #users = new Map<number, number>();

  constructor(view: Pick<SwitchTrackerView, "meters" | "errors">, range: IdRange) {
    this.#switch = view;
    this.#range = range;
  }

  /** The id of the installed or new meter of a spec. */
  idOf(spec: MeterSpec): number | RefusedPart {
    const { meters, errors } = this.#switch;
    const identity = meterIdentity(spec);
    const known = meters.idOf(identity) ?? this.#newIds.get(identity);
    if (known !== undefined) return known;
    const reason = meters.unsupported ?? errors.meterReason(identity);
    if (reason !== undefined) return { refused: reason, meter: identity };
    const isTaken = (id: number) => meters.isTaken(id) || this.#added.has(id);
    const id = chooseId(identity, this.#range, isTaken);
    if (id === undefined) return { refused: "no meter id is left", meter: identity };
    this.#added.set(id, { meter: meterFrom(id, spec), identity });
    this.#newIds.set(identity, id);
    return id;
  }

  use(ids: readonly number[], by: 1 | -1): void {
    for (const id of ids) this.#users.set(id, this.#usersOf(id) + by);
  }

  /** Additions, without the meters of entries that are not installed after all. */
  *adds(): Steps<TableChange[]> {
    const changes: TableChange[] = [];
    yield* forEach(this.#added.values(), ({ meter, identity }) => {
      if (this.#usersOf(meter.id) > 0) changes.push({ type: "meterAdd", meter, identity });
    });
    return changes;
  }

  /** Deletions of meters that nothing uses any longer. */
  *deletes(): Steps<TableChange[]> {
    const { meters } = this.#switch;
    const candidates = new Set([...meters.unused, ...this.#users.keys()]);
    const changes: TableChange[] = [];
    yield* forEach(candidates, (id) => {
      const meter = meters.installed.get(id);
      if (!meter || meters.isStuck(id) || this.#usersOf(id) > 0) return;
      changes.push({ type: "meterDelete", meter });
    });
    return changes;
  }

  #usersOf(id: number): number {
    return this.#users.get(id) ?? this.#switch.meters.users(id);
  }
}
