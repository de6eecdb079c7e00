// SPDX-License-Identifier: Apache-2.0
import type { EntryRef, FlowKey } from "../../flow-model/index.ts";

/** The entries that wait for entries of a key on other switches. */
export class DownstreamEntries {
  readonly #byKey = new Map<FlowKey, Set<EntryRef>>();

  get isEmpty(): boolean {
    return this.#byKey.size === 0;
  }

  add(key: FlowKey, waiter: EntryRef): void {
    const known = this.#byKey.get(key);
    if (known) known.add(waiter);
    else this.#byKey.set(key, new Set([waiter]));
  }

  /** Removes and returns the entries that wait for a key. */
  take(key: FlowKey): Iterable<EntryRef> {
    const known = this.#byKey.get(key);
    if (!known) return [];
    this.#byKey.delete(key);
    return known;
  }

  /** Removes and returns every entry that waits. */
  takeAll(): Iterable<EntryRef> {
    if (this.isEmpty) return [];
    const all = new Set([...this.#byKey.values()].flatMap((waiters) => [...waiters]));
    this.#byKey.clear();
    return all;
  }
}
