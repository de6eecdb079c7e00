import type { MeterSpec } from "../../flow-model/index.ts";
import { chooseId, type IdRange } from "../model/id-range.ts";
import type { InstalledMeter } from "../model/installed.ts";
import { meterFrom, meterIdentity } from "../model/meter-content.ts";
import type { RefusedPart } from "../model/refused-part.ts";
import type { TableChange } from "../model/table-change.ts";
import type { MeterTracker } from "../state/meter-tracker.ts";

/** What becomes of a switch's meters in one plan. The tracker does not change. */
export class MeterPlanning {
  readonly #tracker: MeterTracker;
  readonly #range: IdRange;
  readonly #added = new Map<
    number,
    { readonly meter: InstalledMeter; readonly identity: string }
  >();
  readonly #newIds = new Map<string, number>();
  /** Users of the meters whose number changes, as they will be. */
  readonly #users = new Map<number, number>();

  constructor(tracker: MeterTracker, range: IdRange) {
    this.#tracker = tracker;
    this.#range = range;
  }

  /** The id of the meter that a spec means: one that is there, or a new one. */
  idOf(spec: MeterSpec): number | RefusedPart {
    const { ids, refused, unsupported, installed, foreign } = this.#tracker;
    const identity = meterIdentity(spec);
    const known = ids.get(identity) ?? this.#newIds.get(identity);
    if (known !== undefined) return known;
    const reason = unsupported ?? refused.get(identity);
    if (reason !== undefined) return { refused: reason, meter: identity };
    const isTaken = (id: number) => installed.has(id) || this.#added.has(id) || foreign.has(id);
    const id = chooseId(identity, this.#range, isTaken);
    if (id === undefined) return { refused: "no meter id is left", meter: identity };
    this.#added.set(id, { meter: meterFrom(id, spec), identity });
    this.#newIds.set(identity, id);
    return id;
  }

  use(ids: readonly number[], by: 1 | -1): void {
    for (const id of ids) this.#users.set(id, this.#usersOf(id) + by);
  }

  /** Additions, without those made for an entry that came to nothing. */
  adds(): TableChange[] {
    return [...this.#added.values()].flatMap(({ meter, identity }): TableChange[] =>
      this.#usersOf(meter.id) > 0 ? [{ type: "meterAdd", meter, identity }] : [],
    );
  }

  /** Deletions of meters that nothing uses any more. */
  deletes(): TableChange[] {
    const { installed, stuck, unused } = this.#tracker;
    const candidates = new Set([...unused, ...this.#users.keys()]);
    return [...candidates].flatMap((id): TableChange[] => {
      const meter = installed.get(id);
      if (!meter || stuck.has(id) || this.#usersOf(id) > 0) return [];
      return [{ type: "meterDelete", meter }];
    });
  }

  #usersOf(id: number): number {
    return this.#users.get(id) ?? this.#tracker.users.get(id) ?? 0;
  }
}
