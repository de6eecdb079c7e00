// SPDX-License-Identifier: Apache-2.0
import { contentHash } from "../../../flow-model/index.ts";
import type { VlanRange } from "./environment.ts";
import type { HeldVlan, HeldVlans } from "./held-vlans.ts";
import { StableAllocator } from "./stable-allocator.ts";

/** The key of a VLAN id: a monitor's whole copies, and those truncated at its switch, differ. */
export function vlanKey(monitorKey: string, truncate?: number): string {
  return truncate === undefined ? monitorKey : `${monitorKey} ${truncate}`;
}

/** All ids are of one scope. */
const SCOPE = "vlan";

/**
 * Allocates VLAN ids for tagged copies to monitors, from the range reserved for taps. A monitor
 * requests the id that its key's hash selects and then the following ones, wrapping around.
 */
export class TapVlans {
  readonly #allocator: StableAllocator;
  readonly #held: HeldVlans;
  /** Keys that have been acquired and hold no id: new ones, and those that wait for one. */
  readonly #notHeld = new Set<string>();

  /** Without a range there are no ids. */
  constructor(range: VlanRange | undefined, held: HeldVlans) {
    const { first, last } = range ?? { first: 1, last: 0 };
    const size = last - first + 1;
    this.#allocator = new StableAllocator((key, attempt) =>
      attempt < size ? first + ((contentHash(key) + attempt) % size) : undefined,
    );
    this.#held = held;
    for (const [key, id] of held.entries) this.#allocator.restore(key, SCOPE, id);
  }

  /** Acquires the VLAN id of a `vlanKey` for one more user; undefined when no id is free. */
  acquire(key: string): number | undefined {
    if (!this.#held.has(key)) this.#notHeld.add(key);
    return this.#allocator.acquire(key, SCOPE);
  }

  /** Releases an id for one user. */
  release(key: string): void {
    this.#allocator.release(key);
  }

  /** Holds the ids in use for the keys that have them, also when they are no longer used. */
  hold(): void {
    for (const key of this.#notHeld) {
      const isUsed = this.#allocator.isUsed(key);
      const id = isUsed ? this.#allocator.hold(key) : undefined;
      if (id !== undefined) this.#held.hold(key, id);
      if (id !== undefined || !isUsed) this.#notHeld.delete(key);
    }
  }

  /** Whether a key that has been acquired has no id. */
  get isShort(): boolean {
    return this.#allocator.isExhausted;
  }

  /** The ids that are held for keys without users, if other keys wait for one. Valid after `hold`. */
  get reclaimable(): readonly HeldVlan[] {
    if (this.#notHeld.size === 0) return [];
    const unused = [...this.#held.entries].filter(([key]) => !this.#allocator.isUsed(key));
    return unused.map(([key, id]) => ({ key, id }));
  }

  /** Frees the id that is held for a key without users; a key that waits may get it. */
  free(key: string): void {
    this.#allocator.free(key);
    this.#held.free(key);
  }

  /** The keys whose id changed since the last call. */
  takeRenumbered(): readonly string[] {
    return this.#allocator.takeRenumbered();
  }
}
