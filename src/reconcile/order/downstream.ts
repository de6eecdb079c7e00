import type { EntryRef, FlowKey } from "../../flow-model/index.ts";

/** Which entries wait for entries of a key on other switches. */
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

  /** Those who wait for a key; they wait no longer. */
  take(key: FlowKey): Iterable<EntryRef> {
    const known = this.#byKey.get(key);
    if (!known) return [];
    this.#byKey.delete(key);
    return known;
  }

  /** All who wait; they wait no longer. */
  takeAll(): Iterable<EntryRef> {
    if (this.isEmpty) return [];
    const all = new Set([...this.#byKey.values()].flatMap((waiters) => [...waiters]));
    this.#byKey.clear();
    return all;
  }
}
