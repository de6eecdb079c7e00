// SPDX-License-Identifier: Apache-2.0
import { contentHash } from "../../../flow-model/index.ts";
import type { VlanRange } from "./environment.ts";
import { StableAllocator } from "./stable-allocator.ts";

/** The key of a VLAN id: a monitor's whole copies, and those truncated at its switch, differ. */
export function vlanKey(monitorKey: string, truncate?: number): string {
  return truncate === undefined ? monitorKey : `${monitorKey} ${truncate}`;
}

/**
 * Allocates VLAN ids for tagged copies to monitors, from the range reserved for taps. A monitor
 * requests the id that its key's hash selects and then the following ones, wrapping around.
 */
export class TapVlans {
  readonly #allocator: StableAllocator;

  /** Without a range there are no ids. */
  constructor(range: VlanRange | undefined) {
    const { first, last } = range ?? { first: 1, last: 0 };
    const size = last - first + 1;
    this.#allocator = new StableAllocator((key, attempt) =>
      attempt < size ? first + ((contentHash(key) + attempt) % size) : undefined,
    );
  }

  /** Acquires the VLAN id of a `vlanKey` for one more user; undefined when no id is free. */
  acquire(key: string): number | undefined {
    return this.#allocator.acquire(key, "vlan");
  }

  /** Releases an id for one user. */
  release(key: string): void {
    this.#allocator.release(key);
  }

  /** The keys whose id changed since the last call. */
  takeRenumbered(): readonly string[] {
    return this.#allocator.takeRenumbered();
  }
}
