import { formatIpAddress, type IpAddress } from "../ip-address.ts";
import type { PortAt } from "../port-at.ts";

/** Something about hosts that cannot all be true. */
export type HostConflict =
  /** A host whose place is given by a file or over REST was seen at another port; it is not moved. */
  | { readonly kind: "place"; readonly mac: number; readonly at: PortAt }
  /** Two hosts use one address; `macs` in ascending order. */
  | { readonly kind: "address"; readonly ip: IpAddress; readonly macs: readonly [number, number] }
  /** A host is seen at two places in turn; it is held where it was before. */
  | { readonly kind: "flapping"; readonly mac: number; readonly held: PortAt; readonly at: PortAt };

/** A conflict with its history; times on the table's clock. */
export interface ConflictRecord {
  readonly conflict: HostConflict;
  readonly since: number;
  readonly last: number;
  readonly count: number;
}

/** A conflict that began or is over. */
export interface ConflictNotice {
  readonly state: "begun" | "ended";
  readonly conflict: HostConflict;
}

/** Conflicts kept at most; who forges more than this is known by then. */
const MOST_CONFLICTS = 1000;

/** The conflicts there are now. */
export class ConflictBook {
  /** In order of their last sighting. */
  readonly #records = new Map<string, ConflictRecord>();
  #notices: ConflictNotice[] = [];

  get size(): number {
    return this.#records.size;
  }

  /** Takes note of a conflict: it begins, or goes on. */
  saw(conflict: HostConflict, now: number): void {
    const key = keyOf(conflict);
    const known = this.#records.get(key);
    if (!known && this.#records.size >= MOST_CONFLICTS) return;
    this.#records.delete(key);
    const { since = now, count = 0 } = known ?? {};
    this.#records.set(key, { conflict, since, last: now, count: count + 1 });
    if (!known) this.#notices.push({ state: "begun", conflict });
  }

  /** Ends what has not been seen since `time`. */
  lapse(time: number): void {
    for (const [key, { last }] of this.#records) {
      if (last > time) return;
      this.#end(key);
    }
  }

  /** Ends every conflict for which this holds. */
  endWhere(isOver: (conflict: HostConflict) => boolean): void {
    for (const [key, { conflict }] of this.#records) if (isOver(conflict)) this.#end(key);
  }

  /** The conflicts by each address concerned. */
  byMac(): ReadonlyMap<number, readonly ConflictRecord[]> {
    const found = new Map<number, ConflictRecord[]>();
    for (const record of this.#records.values()) {
      const { conflict } = record;
      for (const mac of conflict.kind === "address" ? conflict.macs : [conflict.mac]) {
        const records = found.get(mac);
        if (records) records.push(record);
        else found.set(mac, [record]);
      }
    }
    return found;
  }

  /** What began and ended since the last time. */
  takeNotices(): readonly ConflictNotice[] {
    const notices = this.#notices;
    this.#notices = [];
    return notices;
  }

  #end(key: string): void {
    const record = this.#records.get(key);
    if (!record) return;
    this.#records.delete(key);
    this.#notices.push({ state: "ended", conflict: record.conflict });
  }
}

function keyOf(conflict: HostConflict): string {
  switch (conflict.kind) {
    case "place":
      return `place ${conflict.mac} ${conflict.at.dpid} ${conflict.at.port}`;
    case "address":
      return `address ${formatIpAddress(conflict.ip)} ${conflict.macs.join()}`;
    case "flapping":
      return `flapping ${conflict.mac}`;
    default:
      return conflict satisfies never;
  }
}
