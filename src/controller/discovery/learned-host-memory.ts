// SPDX-License-Identifier: Apache-2.0
import { mapDifferences } from "../../lang/persistent-map.ts";
import { formatMac } from "../../openflow/index.ts";
import type { Clock } from "../../runtime/clock.ts";
import { mapInSlices } from "../../runtime/index.ts";
import { KeyedQueue } from "../../runtime/keyed-queue.ts";
import type { Logger } from "../../runtime/logger.ts";
import { attemptStore } from "../../runtime/store-attempt.ts";
import type { LearnedHost, RememberedHost } from "../../topology/index.ts";

/** A learned host on disk; `lastSeen` is a time of day in milliseconds since 1970. */
export type StoredLearnedHost = RememberedHost;

/** Stores learned hosts. A write resolves only when it is durable. */
export interface LearnedHostStore {
  load(): Promise<readonly StoredLearnedHost[]>;
  write(put: readonly StoredLearnedHost[], remove: readonly number[]): Promise<void>;
}

/** How long changes are collected before they are written, in milliseconds. */
const WRITE_AFTER_MS = 1000;
/** Most addresses that a log line names. */
const MOST_LOGGED = 10;
/** Maximum number of records per write, so that no write takes long. */
const BATCH = 500;

/**
 * Remembers learned hosts over a restart. Writes are asynchronous: nothing waits for them. A disk failure
 * does not stop learning: what is remembered is then only older, and the next change tries again.
 */
export class LearnedHostMemory {
  readonly #store: LearnedHostStore;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** The time of day, in milliseconds since 1970. */
  readonly #timeOfDay: () => number;
  readonly #queue = new KeyedQueue<"hosts">();
  #written: ReadonlyMap<number, Omit<RememberedHost, "lastSeen">> = new Map();
  #latest: { hosts: ReadonlyMap<number, LearnedHost>; seen: SeenAt } | undefined;
  #isWaiting = false;

  constructor(deps: {
    store: LearnedHostStore;
    clock: Clock;
    logger: Logger;
    timeOfDay: () => number;
  }) {
    this.#store = deps.store;
    this.#clock = deps.clock;
    this.#logger = deps.logger;
    this.#timeOfDay = deps.timeOfDay;
  }

  /** The stored hosts, with times of the clock. */
  async load(): Promise<readonly RememberedHost[]> {
    const offset = this.#clock.now() - this.#timeOfDay();
    const hosts = await this.#store.load();
    this.#written = new Map(hosts.map((host) => [host.mac, host]));
    // A time in the future means that the wall clock was set back.
    return hosts.map((host) => ({
      ...host,
      lastSeen: Math.min(host.lastSeen + offset, this.#clock.now()),
    }));
  }

  /** Queues the hosts that differ from those written. `seen`: when a host was last seen, on the clock. */
  keep(hosts: ReadonlyMap<number, LearnedHost>, seen: SeenAt): void {
    this.#latest = { hosts, seen };
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#clock.after(WRITE_AFTER_MS, () => {
      this.#isWaiting = false;
      void this.#queue.run("hosts", () => this.#write(false));
    });
  }

  /** The disk takes writes again: writes what could not be written. */
  retry(): void {
    void this.#queue.run("hosts", () => this.#write(false));
  }

  /** Writes all hosts with the time they were last seen, and resolves when that is done. */
  async close(hosts: ReadonlyMap<number, LearnedHost>, seen: SeenAt): Promise<void> {
    this.#latest = { hosts, seen };
    await this.#queue.run("hosts", () => this.#write(true));
  }

  async #write(all: boolean): Promise<void> {
    if (!this.#latest) return;
    const { hosts, seen } = this.#latest;
    const before = this.#written;
    const offset = this.#timeOfDay() - this.#clock.now();
    const differences = mapDifferences(before, hosts);
    const changed = all ? [...hosts.values()] : differences.flatMap(([, , host]) => host ?? []);
    const put = await mapInSlices(changed, (host) => ({
      ...host,
      lastSeen: Math.round((seen(host.mac) ?? 0) + offset),
    }));
    const remove = differences.flatMap(([mac, , host]) => (host ? [] : [mac]));
    const written = await attemptStore(() => this.#writeBatches(put, remove));
    if (written.ok) {
      this.#written = hosts;
      const macs = put.slice(0, MOST_LOGGED).map(({ mac }) => formatMac(mac));
      const counts = { put: put.length, removed: remove.length };
      this.#logger.debug({ ...counts, hosts: macs }, "learned hosts written");
    } else this.#logger.warn({ why: written.refusal.detail }, "learned hosts cannot be stored");
  }

  async #writeBatches(put: readonly StoredLearnedHost[], remove: readonly number[]): Promise<void> {
    for (let at = 0; at < Math.max(put.length, remove.length); at += BATCH) {
      await this.#store.write(put.slice(at, at + BATCH), remove.slice(at, at + BATCH));
    }
  }
}

/** When a host was last seen, on the clock. */
type SeenAt = (mac: number) => number | undefined;
