import { KeyedQueue } from "../../runtime/keyed-queue.ts";
import type { Logger } from "../../runtime/logger.ts";
import { attemptStore } from "../../runtime/store-attempt.ts";
import type { DiscoveryMemory, Dpid } from "../../topology/index.ts";

/** Where discovery keeps what it found out. A write resolves only when it is durable. */
export interface DiscoveryStore {
  load(): Promise<readonly DiscoveryMemory[]>;
  put(memory: DiscoveryMemory): Promise<void>;
  remove(dpid: Dpid): Promise<void>;
  /** The key that probes are signed with: the same for the life of the data directory. */
  probeKey(): Promise<Uint8Array>;
}

/**
 * Remembers links and edge ports over a restart, so that a restart changes no table. A failing disk is
 * no reason not to go on: what is remembered is then only older, and corrected by probes.
 */
export class MemoryKeeper {
  readonly #store: DiscoveryStore;
  readonly #logger: Logger;
  readonly #queue = new KeyedQueue<Dpid>();
  /** As written, or about to be; by datapath id, as JSON. */
  readonly #queued = new Map<Dpid, string>();

  constructor(store: DiscoveryStore, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
  }

  async load(): Promise<readonly DiscoveryMemory[]> {
    const memories = await this.#store.load();
    for (const memory of memories) this.#queued.set(memory.dpid, JSON.stringify(memory));
    return memories;
  }

  /** Writes, in time, what is different from before. */
  keep(memory: DiscoveryMemory): void {
    const text = JSON.stringify(memory);
    const { dpid } = memory;
    if (this.#queued.get(dpid) === text) return;
    this.#queued.set(dpid, text);
    void this.#queue.run(dpid, () => this.#write(memory, text));
  }

  /** Resolves when everything is written. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  async #write(memory: DiscoveryMemory, text: string): Promise<void> {
    const { dpid, edges, links } = memory;
    // Something newer waits behind this: it says all that this does.
    if (this.#queued.get(dpid) !== text) return;
    const isEmpty = edges.length === 0 && links.length === 0;
    const written = await attemptStore(() =>
      isEmpty ? this.#store.remove(dpid) : this.#store.put(memory),
    );
    if (written.ok) return;
    const why = written.refusal.detail;
    this.#logger.warn({ dpid, why }, "what was discovered at a switch is not remembered");
    if (this.#queued.get(dpid) === text) this.#queued.delete(dpid);
  }
}
