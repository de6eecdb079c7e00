// SPDX-License-Identifier: Apache-2.0
import type { VlanRange } from "./environment.ts";

/** A VLAN id and the key (`vlanKey`) that it is held for. */
export interface HeldVlan {
  readonly id: number;
  readonly key: string;
}

/** A VLAN id that is held for a key from now on; undefined: for none. */
export interface HeldVlanChange {
  readonly id: number;
  readonly key: string | undefined;
}

/**
 * The VLAN ids that are held for monitors, in use or not: no other monitor gets one of them before it is
 * freed. An input of the compile that outlasts its tables: they are rebuilt with the same ids.
 */
export class HeldVlans {
  readonly #ids = new Map<string, number>();
  /** By id: what has changed since the last `takeChanges`. */
  readonly #changes = new Map<number, string | undefined>();

  /** Starts with the ids of a previous process. Those outside the range are given up. */
  constructor(before: Iterable<HeldVlan> = [], range?: VlanRange) {
    const { first, last } = range ?? { first: 1, last: 0 };
    for (const { id, key } of before) {
      if (id >= first && id <= last && !this.#ids.has(key)) this.#ids.set(key, id);
      else this.#changes.set(id, undefined);
    }
  }

  /** Keys with their ids. */
  get entries(): Iterable<readonly [key: string, id: number]> {
    return this.#ids;
  }

  has(key: string): boolean {
    return this.#ids.has(key);
  }

  hold(key: string, id: number): void {
    this.#ids.set(key, id);
    this.#changes.set(id, key);
  }

  free(key: string): void {
    const id = this.#ids.get(key);
    if (id === undefined) return;
    this.#ids.delete(key);
    this.#changes.set(id, undefined);
  }

  /** What has changed since the last call. */
  takeChanges(): readonly HeldVlanChange[] {
    const changes = [...this.#changes].map(([id, key]) => ({ id, key }));
    this.#changes.clear();
    return changes;
  }
}
