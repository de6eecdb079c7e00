// SPDX-License-Identifier: Apache-2.0
import type { SwitchDatabaseView } from "../../contract/observation/switch-database.ts";
import { defined } from "../../lang/defined.ts";
import { partsOf } from "../../lang/steps.ts";
import { type INTERFACE, INTERFACE_STATISTICS, type RowOf, select } from "../../ovsdb/index.ts";
import type { OvsdbSession } from "../../ovsdb-session/index.ts";
import type { Dpid } from "../../topology/index.ts";
import { bridgesOf, interfacesIn } from "./bridge-settings.ts";

/** Most ports with losses that are shown. */
const MOST_PORTS = 100;

/** Counters of frames that are lost: `rx_dropped`, `tx_errors`, `ovs_tx_failure_drops`, … */
const LOSS = /_(dropped|drops|errors?)$/;

type Losses = NonNullable<SwitchDatabaseView["losses"]>;
type PortLosses = Losses["ports"][number];

/**
 * Which ports lose frames, as last read from databases. Their counters are read and not followed: every port's
 * change every few seconds.
 */
export class PortCounters {
  readonly #losses = new Map<OvsdbSession, Map<Dpid, Losses>>();
  readonly #reading = new Set<string>();

  /**
   * Reads the counters of a bridge, those of a few ports with one request: all of thousands of ports would exceed the limits
   * of a message.
   */
  async read(session: OvsdbSession, dpid: Dpid, now: () => string): Promise<void> {
    const key = `${session.peer} ${dpid}`;
    if (this.#reading.has(key)) return;
    this.#reading.add(key);
    const ports = await lossesIn(session, dpid);
    this.#reading.delete(key);
    if (ports === undefined || !session.isOpen) return;
    const ofSession = this.#losses.get(session) ?? new Map<Dpid, Losses>();
    this.#losses.set(session, ofSession.set(dpid, { at: now(), ports }));
  }

  delete(session: OvsdbSession): void {
    this.#losses.delete(session);
  }

  /** The ports of a bridge that have lost frames; undefined: not read yet. */
  lossesOf(session: OvsdbSession, dpid: Dpid): Losses | undefined {
    return this.#losses.get(session)?.get(dpid);
  }
}

/** Undefined: they cannot be read. */
async function lossesIn(session: OvsdbSession, dpid: Dpid): Promise<PortLosses[] | undefined> {
  const bridge = bridgesOf(session.replica).get(dpid);
  if (bridge === undefined) return undefined;
  const found: PortLosses[] = [];
  for (const ports of partsOf([...bridge.ports])) {
    const interfaces = [...interfacesIn(session.replica, ports)];
    const reading = interfaces.map(([uuid]) => select(INTERFACE_STATISTICS, { uuid }));
    const outcome = await session.transact(reading);
    if (outcome.type !== "committed") return undefined;
    for (const [index, [, row]] of interfaces.entries()) {
      const [read] = outcome.results[index] ?? [];
      const counts = lossCounts(read?.statistics ?? new Map());
      if (counts.length > 0) found.push(portLosses(row, counts));
      if (found.length === MOST_PORTS) return found;
    }
  }
  return found;
}

function lossCounts(statistics: ReadonlyMap<string, number>): [key: string, count: number][] {
  return [...statistics].filter(([key, count]) => count > 0 && LOSS.test(key));
}

function portLosses(
  { name, ofport, type }: RowOf<typeof INTERFACE>,
  counts: readonly [key: string, count: number][],
): PortLosses {
  const number = ofport !== undefined && ofport > 0 ? ofport : undefined;
  return { port: name, ...defined({ number }), type, counts: Object.fromEntries(counts) };
}
