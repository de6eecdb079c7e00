// SPDX-License-Identifier: Apache-2.0
import { KeyedQueue } from "../../runtime/keyed-queue.ts";
import type { Logger } from "../../runtime/logger.ts";
import { attemptStore } from "../../runtime/store-attempt.ts";
import type { DiscoveryMemory, Dpid } from "../../topology/index.ts";

/** Stores what link discovery has found. A write resolves only when it is durable. */
export interface DiscoveryStore {
  load(): Promise<readonly DiscoveryMemory[]>;
  put(memory: DiscoveryMemory): Promise<void>;
  remove(dpid: Dpid): Promise<void>;
  /** The key that probes are signed with: the same for the life of the data directory. */
  probeKey(): Promise<Uint8Array>;
}

/**
 * Remembers links and edge ports over a restart, so that a restart changes no flow table. A disk failure
 * does not stop discovery: what is remembered is then only older, and probes correct it.
 */
export class DiscoveryMemoryWriter {
  readonly #store: DiscoveryStore;
  readonly #logger: Logger;
  readonly #queue = new KeyedQueue<Dpid>();
  /** As written or queued to be written, as JSON; by datapath id. */
  readonly #queued = new Map<Dpid, string>();

  /** Not written because the disk failed. */
  readonly #failed = new Map<Dpid, DiscoveryMemory>();

  constructor(store: DiscoveryStore, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
  }

  async load(): Promise<readonly DiscoveryMemory[]> {
    const memories = await this.#store.load();
    for (const memory of memories) this.#queued.set(memory.dpid, JSON.stringify(memory));
    return memories;
  }

  /** Queues a write if the memory differs from the one before. */
  keep(memory: DiscoveryMemory): void {
    const text = JSON.stringify(memory);
    const { dpid } = memory;
    if (this.#queued.get(dpid) === text) return;
    this.#queued.set(dpid, text);
    this.#failed.delete(dpid);
    void this.#queue.run(dpid, () => this.#write(memory, text));
  }

  /** The disk takes writes again: queues what could not be written. */
  retry(): void {
    const failed = [...this.#failed.values()];
    this.#failed.clear();
    for (const memory of failed) this.keep(memory);
  }

  /** Resolves when everything is written. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  async #write(memory: DiscoveryMemory, text: string): Promise<void> {
    const { dpid, edges, links } = memory;
    // A newer memory is queued behind this one and replaces it.
    if (this.#queued.get(dpid) !== text) return;
    const isEmpty = edges.length === 0 && links.length === 0;
    const written = await attemptStore(() =>
      isEmpty ? this.#store.remove(dpid) : this.#store.put(memory),
    );
    if (written.ok) return;
    const why = written.refusal.detail;
    this.#logger.warn(
      { dpid, why },
      "the links and edge ports discovered at a switch cannot be stored",
    );
    if (this.#queued.get(dpid) !== text) return;
    this.#queued.delete(dpid);
    this.#failed.set(dpid, memory);
  }
}
