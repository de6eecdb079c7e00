// SPDX-License-Identifier: Apache-2.0
import type { SwitchDatabaseView } from "../../contract/observation/switch-database.ts";
import { defined } from "../../lang/defined.ts";
import { type BRIDGE, INTERFACE_STATISTICS, type RowOf } from "../../ovsdb/index.ts";
import type { OvsdbSession } from "../../ovsdb-session/index.ts";
import { interfacesIn } from "./bridge-settings.ts";

/** Most ports with losses that are shown. */
const MOST_PORTS = 100;

/** Counters of frames that are lost: `rx_dropped`, `tx_errors`, `ovs_tx_failure_drops`, … */
const LOSS = /_(dropped|drops|errors?)$/;

interface Reading {
  readonly at: string;
  readonly rows: ReadonlyMap<string, RowOf<typeof INTERFACE_STATISTICS>>;
}

/**
 * The counters of interfaces, as last read from databases. They are read and not followed: every port's
 * change every few seconds.
 */
export class PortCounters {
  readonly #readings = new Map<OvsdbSession, Reading>();
  readonly #reading = new Set<OvsdbSession>();

  /** Reads all counters of a database, one request at a time. */
  async read(session: OvsdbSession, now: () => string): Promise<void> {
    if (this.#reading.has(session)) return;
    this.#reading.add(session);
    const rows = await session.select(INTERFACE_STATISTICS);
    this.#reading.delete(session);
    if (rows !== undefined && session.isOpen) this.#readings.set(session, { at: now(), rows });
  }

  delete(session: OvsdbSession): void {
    this.#readings.delete(session);
  }

  /** The ports of a bridge that have lost frames; undefined: not read yet. */
  lossesOf(
    session: OvsdbSession,
    bridge: RowOf<typeof BRIDGE> | undefined,
  ): SwitchDatabaseView["losses"] {
    const reading = this.#readings.get(session);
    if (reading === undefined || bridge === undefined) return undefined;
    const ports = [];
    for (const { uuid, name, ofport, type } of interfacesIn(session.replica, bridge.ports)) {
      const { statistics = new Map<string, number>() } = reading.rows.get(uuid) ?? {};
      const lost = [...statistics].filter(([key, count]) => count > 0 && LOSS.test(key));
      if (lost.length === 0) continue;
      const number = ofport !== undefined && ofport > 0 ? ofport : undefined;
      ports.push({ port: name, ...defined({ number }), type, counts: Object.fromEntries(lost) });
      if (ports.length === MOST_PORTS) break;
    }
    return { at: reading.at, ports };
  }
}
