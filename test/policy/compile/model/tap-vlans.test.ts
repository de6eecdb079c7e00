// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HeldVlans } from "../../../../src/policy/compile/model/held-vlans.ts";
import { TapVlans } from "../../../../src/policy/compile/model/tap-vlans.ts";
import { propertyRuns } from "../../../properties.ts";

const RANGE = { first: 100, last: 103 };
const KEYS = Array.from({ length: 8 }, (_, n) => `monitor ${n}`);

/** Edits: each adds and removes some keys; then the ids of some unused keys are freed. */
const editsArb = fc.array(
  fc.record({
    add: fc.uniqueArray(fc.constantFrom(...KEYS), { maxLength: 4 }),
    remove: fc.uniqueArray(fc.constantFrom(...KEYS), { maxLength: 4 }),
    free: fc.nat(3),
  }),
  { minLength: 1, maxLength: 8 },
);

/** Keys with their ids, kept as the compiler keeps them: only reported keys are read again. */
class Users {
  readonly held = new HeldVlans();
  readonly vlans = new TapVlans(RANGE, this.held);
  readonly ids = new Map<string, number | undefined>();

  edit(add: readonly string[], remove: readonly string[]): void {
    for (const key of add) if (!this.ids.has(key)) this.ids.set(key, this.vlans.acquire(key));
    for (const key of remove) if (this.ids.delete(key)) this.vlans.release(key);
    this.follow();
  }

  /** Holds ids, and frees some that others wait for, one by one; returns them. */
  freeSome(most: number): number[] {
    this.vlans.hold();
    const some = this.vlans.reclaimable.slice(0, most);
    for (const { key } of some) this.free(key);
    return some.map(({ id }) => id);
  }

  free(key: string): void {
    this.vlans.free(key);
    this.follow();
    this.vlans.hold();
  }

  follow(): void {
    for (const key of this.vlans.takeRenumbered()) {
      if (!this.ids.has(key)) continue;
      this.ids.set(key, this.vlans.acquire(key));
      this.vlans.release(key);
    }
  }

  get withIds(): [string, number][] {
    return [...this.ids].flatMap(([key, id]) => (id === undefined ? [] : [[key, id]]));
  }
}

describe("VLAN ids that are held", () => {
  test("stay with their keys, whichever keys come and go, and are used by one key only", () => {
    fc.assert(
      fc.property(editsArb, (edits) => {
        const users = new Users();
        const owners = new Map<number, string>();
        for (const { add, remove, free } of edits) {
          const before = users.withIds;
          users.edit(add, remove);
          const kept = before.filter(([key]) => users.ids.has(key));
          expect(users.withIds).toEqual(expect.arrayContaining(kept));
          for (const id of users.freeSome(free)) owners.delete(id);
          for (const [key, id] of users.withIds) {
            // No other key had it since it was last freed.
            expect(owners.get(id) ?? key).toBe(key);
            owners.set(id, key);
          }
          // None waits while one is free: all are held, in use or not.
          const isShort = [...users.ids.values()].includes(undefined);
          expect(isShort ? [...users.held.entries].length : 4).toBe(4);
        }
      }),
      { numRuns: propertyRuns(1000) },
    );
  });

  test("are reclaimable only while another key waits, and go to the smallest that does", () => {
    const users = new Users();
    users.edit(KEYS.slice(2, 6), []);
    users.vlans.hold();
    const [first = ""] = KEYS.slice(2);
    const id = users.ids.get(first);
    users.edit([], [first]);
    users.vlans.hold();
    expect(users.vlans.reclaimable).toEqual([]);
    users.edit(["monitor 1", "monitor 0"], []);
    users.vlans.hold();
    expect(users.ids.get("monitor 0")).toBeUndefined();
    expect(users.vlans.reclaimable).toEqual([{ key: first, id }]);
    users.free(first);
    expect(users.ids.get("monitor 0")).toBe(id);
    expect(users.ids.get("monitor 1")).toBeUndefined();
  });

  test("survive the allocator and the process that held them", () => {
    const users = new Users();
    users.edit(KEYS.slice(0, 3), []);
    users.vlans.hold();
    const changes = users.held.takeChanges();
    expect(changes.map(({ key }) => key).sort()).toEqual(KEYS.slice(0, 3));
    const stored = changes.flatMap(({ id, key }) => (key === undefined ? [] : [{ id, key }]));
    const again = new TapVlans(RANGE, new HeldVlans(stored, RANGE));
    // Keys that came first in their alphabet and were not there before get what is left.
    const fresh = ["a", "b"].map((key) => again.acquire(key));
    for (const [key, id] of users.ids) expect(again.acquire(key)).toBe(id);
    expect(fresh.filter((id) => id === undefined)).toHaveLength(1);
  });

  test("outside the range are given up", () => {
    const held = new HeldVlans([{ id: 99, key: "monitor 0" }], RANGE);
    expect(held.takeChanges()).toEqual([{ id: 99, key: undefined }]);
    expect(held.has("monitor 0")).toBe(false);
  });
});
