// SPDX-License-Identifier: Apache-2.0
import type { SwitchDatabaseView } from "../../contract/observation/switch-database.ts";
import { defined } from "../../lang/defined.ts";
import { partsOf } from "../../lang/steps.ts";
import {
  type INTERFACE,
  INTERFACE_STATISTICS,
  OPEN_VSWITCH_STATISTICS,
  type RowOf,
  select,
} from "../../ovsdb/index.ts";
import type { OvsdbSession } from "../../ovsdb-session/index.ts";
import { mapInSlices } from "../../runtime/index.ts";
import type { Dpid } from "../../topology/index.ts";
import { bridgesOf, interfacesIn } from "./bridge-settings.ts";

/** Most ports with losses that are shown. */
const MOST_PORTS = 100;

/** Counters of frames that are lost: `rx_dropped`, `tx_errors`, `ovs_tx_failure_drops`, … */
const LOSS = /_(dropped|drops|errors?)$/;

type Losses = NonNullable<SwitchDatabaseView["losses"]>;
type Load = NonNullable<SwitchDatabaseView["load"]>;
/** What was read of a bridge; undefined: nothing yet, or the database does not have it. */
interface Reading {
  readonly losses: Losses | undefined;
  readonly load: Load | undefined;
}
type PortLosses = Losses["ports"][number];

/**
 * Which ports lose frames, and how busy the machine is, as last read from databases. These counters are read and not
 * followed: they change every few seconds.
 */
export class PortCounters {
  readonly #readings = new Map<OvsdbSession, Map<Dpid, Reading>>();
  readonly #reading = new Set<string>();

  /**
   * Reads the counters of a bridge, those of a few ports with one request: all of thousands of ports would exceed the limits
   * of a message.
   */
  async read(session: OvsdbSession, dpid: Dpid, now: () => string): Promise<void> {
    const key = `${session.peer} ${dpid}`;
    if (this.#reading.has(key)) return;
    this.#reading.add(key);
    const ports = await readLosses(session, dpid);
    const load = await readLoad(session);
    this.#reading.delete(key);
    if (ports === undefined || !session.isOpen) return;
    const at = now();
    const ofSession = this.#readings.get(session) ?? new Map<Dpid, Reading>();
    const reading = { losses: { at, ports }, load: load && { at, ...load } };
    this.#readings.set(session, ofSession.set(dpid, reading));
  }

  delete(session: OvsdbSession): void {
    this.#readings.delete(session);
  }

  /** What was last read of a bridge. */
  of(session: OvsdbSession, dpid: Dpid): Reading {
    return this.#readings.get(session)?.get(dpid) ?? NOTHING;
  }
}

const NOTHING: Reading = { losses: undefined, load: undefined };

/** Reads which ports of a bridge lose frames. Undefined: it cannot be read. */
export async function readLosses(
  session: OvsdbSession,
  dpid: Dpid,
): Promise<readonly PortLosses[] | undefined> {
  const bridge = bridgesOf(session.replica).get(dpid);
  if (bridge === undefined) return undefined;
  const found: PortLosses[] = [];
  const all = await mapInSlices(interfacesIn(session.replica, bridge.ports), (each) => each);
  for (const interfaces of partsOf(all)) {
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

/** Reads how busy the machine is. Undefined: the database does not have it. */
async function readLoad(session: OvsdbSession): Promise<Omit<Load, "at"> | undefined> {
  const reading = select(OPEN_VSWITCH_STATISTICS, { uuid: session.root });
  const outcome = await session.transact([reading]);
  if (outcome.type !== "committed") return undefined;
  return loadOf(outcome.results[0]?.[0]?.statistics ?? new Map());
}

/**
 * How busy a machine is, as Open vSwitch states it where `other_config:enable-statistics` is `true`.
 * @spec ovs-vswitchd.conf.db(5), table Open_vSwitch, `statistics`
 */
function loadOf(statistics: ReadonlyMap<string, string>): Omit<Load, "at"> | undefined {
  const numbers = (key: string) => (statistics.get(key) ?? "").split(",").map(Number);
  const [processors = 0] = numbers("cpu");
  const averages = numbers("load_average");
  const isComplete = averages.length === 3 && averages.every(Number.isFinite);
  if (!Number.isInteger(processors) || processors < 1 || !isComplete) return undefined;
  const [, memoryKib = 0, cpuMs = 0, , , upMs = 0] = numbers("process_ovs-vswitchd");
  const isKnown = [memoryKib, cpuMs, upMs].every(Number.isInteger) && upMs > 0;
  return { processors, averages, ...(isKnown && { vswitchd: { memoryKib, cpuMs, upMs } }) };
}
