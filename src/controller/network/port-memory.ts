// SPDX-License-Identifier: Apache-2.0
import type { AuditEntry } from "../../contract/audit/audit.ts";
import { nextTurn } from "../../runtime/index.ts";
import { KeyedQueue } from "../../runtime/keyed-queue.ts";
import type { Logger } from "../../runtime/logger.ts";
import { attemptStore } from "../../runtime/store-attempt.ts";
import type { Dpid, Port, PortNo, PortTable, Topology } from "../../topology/index.ts";

/** Stores the ports that switches last had. A write resolves only when it is durable. */
export interface PortStore {
  load(): Promise<readonly PortTable[]>;
  put(table: PortTable): Promise<void>;
  remove(dpid: Dpid, audit?: readonly AuditEntry[]): Promise<void>;
}

/**
 * Remembers the ports of programmed switches, and thereby which unknown ones were accepted, over a
 * restart.
 *
 * A link or host may name its port, and only a switch that has connected reports the number. Were the
 * names forgotten, the first switch to reconnect would be programmed as if the links to the others
 * were missing. So a starting controller uses the ports known to the previous process, as it uses the
 * last known ports of a disconnected switch.
 *
 * A disk failure does not stop the controller: what is remembered is then only older, and the next
 * change is written again.
 */
export class PortMemory {
  readonly #store: PortStore;
  readonly #logger: Logger;
  readonly #queue = new KeyedQueue<Dpid>();
  /** The tables last queued; snapshots share the tables that did not change. */
  readonly #queued = new Map<Dpid, ReadonlyMap<PortNo, Port>>();

  constructor(store: PortStore, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
  }

  load(): Promise<readonly PortTable[]> {
    return this.#store.load();
  }

  /** Treats the present ports as written already: they were just loaded. */
  adopt({ switches }: Topology): void {
    for (const { dpid, ports } of switches.values()) this.#queued.set(dpid, ports);
  }

  /** Queues the tables that differ from those written before. */
  keep({ switches }: Topology): void {
    for (const { dpid, programmed, portsKnown, ports } of switches.values()) {
      if (!programmed || !portsKnown || this.#queued.get(dpid) === ports) continue;
      this.#queued.set(dpid, ports);
      void this.#queue.run(dpid, () => this.#write(dpid, ports));
    }
  }

  /** Removes a switch, with records of the audit; rejects when the disk fails. */
  forget(dpid: Dpid, audit: readonly AuditEntry[] = []): Promise<void> {
    this.#queued.delete(dpid);
    return this.#queue.run(dpid, () => this.#store.remove(dpid, audit));
  }

  /** Resolves when everything is written. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  async #write(dpid: Dpid, ports: ReadonlyMap<PortNo, Port>): Promise<void> {
    // What else follows from a change of ten thousand ports comes first, in a turn of its own.
    await nextTurn();
    // A newer table is queued behind this one and replaces it.
    if (this.#queued.get(dpid) !== ports) return;
    const written = await attemptStore(() => this.#store.put({ dpid, ports: [...ports.values()] }));
    if (written.ok) return;
    const why = written.refusal.detail;
    this.#logger.warn({ dpid, why }, "the ports of a switch cannot be stored");
    // No newer table is queued: the next update of the network tries again.
    if (this.#queued.get(dpid) === ports) this.#queued.delete(dpid);
  }
}
