// SPDX-License-Identifier: Apache-2.0
import { formatIpAddress, type IpAddress } from "../../ip-address.ts";
import type { PortAt } from "../../port-at.ts";

/** A contradiction between observations of hosts. */
export type HostConflict =
  /** A host placed by a file or over REST was observed at another port; it is not moved. */
  | { readonly kind: "place"; readonly mac: number; readonly at: PortAt }
  /** Two hosts use one address; `macs` in ascending order. */
  | { readonly kind: "address"; readonly ip: IpAddress; readonly macs: readonly [number, number] }
  /** A host is observed at two places in turn; it is held at its former place. */
  | { readonly kind: "flapping"; readonly mac: number; readonly held: PortAt; readonly at: PortAt };

/** A conflict with its history; times are on the table's clock. */
export interface ConflictRecord {
  readonly conflict: HostConflict;
  readonly since: number;
  readonly last: number;
  readonly count: number;
}

/** A conflict that has begun or ended. */
export interface ConflictNotice {
  readonly state: "begun" | "ended";
  readonly conflict: HostConflict;
}

/** Maximum number of conflicts kept; a forger that causes more has long been reported. */
const MAX_CONFLICTS = 1000;

/** The current conflicts. */
export class ConflictBook {
  /** Ordered by their last observation. */
  readonly #records = new Map<string, ConflictRecord>();
  #notices: ConflictNotice[] = [];

  get size(): number {
    return this.#records.size;
  }

  /** Records a conflict: it begins or continues. */
  saw(conflict: HostConflict, now: number): void {
    const key = keyOf(conflict);
    const known = this.#records.get(key);
    if (!known && this.#records.size >= MAX_CONFLICTS) return;
    this.#records.delete(key);
    const { since = now, count = 0 } = known ?? {};
    this.#records.set(key, { conflict, since, last: now, count: count + 1 });
    if (!known) this.#notices.push({ state: "begun", conflict });
  }

  /** Ends the conflicts that have not been observed since `time`. */
  lapse(time: number): void {
    for (const [key, { last }] of this.#records) {
      if (last > time) return;
      this.#end(key);
    }
  }

  /** Ends every conflict for which the predicate holds. */
  endWhere(isOver: (conflict: HostConflict) => boolean): void {
    for (const [key, { conflict }] of this.#records) if (isOver(conflict)) this.#end(key);
  }

  /** The conflicts by each MAC address concerned. */
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

  /** The conflicts that began and ended since the last call. */
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
