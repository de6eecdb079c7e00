// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clientOf, FailureLimits } from "../../../src/access/clients/failure-limits.ts";

const MINUTE = 60_000;

/** Fails until the address is locked; returns the number of failures and how long the lock lasts. */
function lock(limits: FailureLimits, address: string, nowMs: number): [number, number] {
  for (let count = 1; count < 100; count++) {
    const lockMs = limits.failed(address, nowMs);
    if (lockMs > 0) return [count, lockMs];
  }
  throw new Error("100 failures do not lock");
}

test("the tenth failure within a minute locks the address, and no other one", () => {
  const limits = new FailureLimits();
  expect(lock(limits, "192.0.2.1", 0)).toEqual([10, MINUTE]);
  expect(limits.lockedForMs("192.0.2.1", 0)).toBe(MINUTE);
  expect(limits.lockedForMs("192.0.2.1", MINUTE - 1)).toBe(1);
  expect(limits.lockedForMs("192.0.2.1", MINUTE)).toBe(0);
  expect(limits.lockedForMs("192.0.2.2", 0)).toBe(0);
});

test("further locks last longer, up to a quarter of an hour, and an hour of silence forgets them", () => {
  const limits = new FailureLimits();
  let now = 0;
  const locks = [1, 2, 3, 4, 5, 6].map(() => {
    const [, lockMs] = lock(limits, "192.0.2.1", now);
    now += lockMs;
    return lockMs / MINUTE;
  });
  expect(locks).toEqual([1, 2, 4, 8, 15, 15]);
  expect(lock(limits, "192.0.2.1", now + 61 * MINUTE)).toEqual([10, MINUTE]);
});

test("failures far apart lock nothing", () => {
  const limits = new FailureLimits();
  for (let n = 0; n < 100; n++) expect(limits.failed("192.0.2.1", n * 7000)).toBe(0);
});

test("memory is bounded: the addresses that failed last are remembered", () => {
  const limits = new FailureLimits();
  lock(limits, "192.0.2.1", 0);
  for (let n = 0; n < 9999; n++) limits.failed(`10.0.${n >> 8}.${n & 255}`, 0);
  expect([limits.size, limits.lockedForMs("192.0.2.1", 0)]).toEqual([10_000, MINUTE]);
  limits.failed("198.51.100.1", 0);
  expect([limits.size, limits.lockedForMs("192.0.2.1", 0)]).toEqual([10_000, 0]);
});

describe("what counts as one client", () => {
  test.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:0:7::1", "20010db800000007::/64".replace(/^0+/, "")],
    ["2001:db8:0:7:ffff:ffff:ffff:ffff", "20010db800000007::/64"],
    ["fe80::1%eth0", "fe80000000000000::/64"],
    ["::1", "0::/64"],
  ])("%s: %s", (address, client) => {
    expect(clientOf(address)).toBe(client);
  });

  test("the lower 64 bits of an IPv6 address make no difference", () => {
    const group = fc.integer({ min: 1, max: 0xffff }).map((n) => n.toString(16));
    const groups = fc.array(group, { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(groups, groups, groups, (head, one, other) => {
        const address = (tail: string[]) => [...head, ...tail].join(":");
        expect(clientOf(address(one))).toBe(clientOf(address(other)));
      }),
    );
  });
});
