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
  | { readonly kind: "flapping"; readonly mac: number; readonly held: PortAt; readonly at: PortAt }
  /** A host has moved to `at`, and frames of it still enter at a port that it has left. */
  | { readonly kind: "former"; readonly mac: number; readonly at: PortAt; readonly former: PortAt }
  /**
   * A host that nothing names has an address in a range of tap marks: it is not learned. One for each port, with the
   * address last seen there.
   */
  | { readonly kind: "mark"; readonly mac: number; readonly at: PortAt }
  | MonitorConflict;

/**
 * A learned monitor was observed at another port than its own, where it is held; or, with `by`, another host
 * there uses the address by which policies name the monitor. `mac` is that of the monitor.
 */
export interface MonitorConflict {
  readonly kind: "monitor";
  readonly mac: number;
  readonly held: PortAt;
  readonly at: PortAt;
  readonly by?: { readonly mac: number; readonly ip: IpAddress };
}

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

/**
 * Maximum number of conflicts kept, besides those of monitors; a forger that causes more has long been
 * reported. Those of monitors are bounded for each monitor, so that no other conflict hides them.
 */
const MAX_CONFLICTS = 1000;

/** The current conflicts. */
export class ConflictBook {
  /** Ordered by their last observation. */
  readonly #records = new Map<string, ConflictRecord>();
  #notices: ConflictNotice[] = [];
  #ofMonitors = 0;

  get size(): number {
    return this.#records.size;
  }

  /** Records a conflict: it begins or continues. */
  saw(conflict: HostConflict, now: number): void {
    const key = keyOf(conflict);
    const known = this.#records.get(key);
    const isOfMonitor = conflict.kind === "monitor";
    if (!known && !isOfMonitor && this.size - this.#ofMonitors >= MAX_CONFLICTS) return;
    this.#records.delete(key);
    const { since = now, count = 0 } = known ?? {};
    this.#records.set(key, { conflict, since, last: now, count: count + 1 });
    if (known) return;
    if (isOfMonitor) this.#ofMonitors++;
    this.#notices.push({ state: "begun", conflict });
  }

  /** Ends a conflict. */
  end(conflict: HostConflict): void {
    this.#end(keyOf(conflict));
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
      for (const mac of macsOf(conflict)) {
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
    if (record.conflict.kind === "monitor") this.#ofMonitors--;
    this.#notices.push({ state: "ended", conflict: record.conflict });
  }
}

/** The hosts that a conflict concerns. */
function macsOf(conflict: HostConflict): readonly number[] {
  if (conflict.kind === "address") return conflict.macs;
  const { mac } = conflict;
  return conflict.kind === "monitor" && conflict.by ? [mac, conflict.by.mac] : [mac];
}

function keyOf(conflict: HostConflict): string {
  switch (conflict.kind) {
    case "place":
      return `place ${conflict.mac} ${conflict.at.dpid} ${conflict.at.port}`;
    case "address":
      return `address ${formatIpAddress(conflict.ip)} ${conflict.macs.join()}`;
    case "flapping":
      return `flapping ${conflict.mac}`;
    case "monitor": {
      const { mac, at, by } = conflict;
      return `monitor ${mac} ${at.dpid} ${at.port} ${by ? formatIpAddress(by.ip) : ""}`;
    }
    case "mark":
      return `mark ${conflict.at.dpid} ${conflict.at.port}`;
    case "former":
      return `former ${conflict.mac} ${conflict.former.dpid} ${conflict.former.port}`;
    default:
      return conflict satisfies never;
  }
}
