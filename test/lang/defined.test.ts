// SPDX-License-Identifier: Apache-2.0
import { describe, expect, expectTypeOf, test } from "vitest";
import { defined } from "../../src/lang/defined.ts";

interface Named {
  readonly id: number;
  readonly name?: string;
  readonly mode?: "fast" | "slow";
}

function maybe<T>(value: T | undefined): T | undefined {
  return value;
}

describe("defined", () => {
  test("drops the members that are undefined, and only those", () => {
    const members = { a: 1, b: undefined, c: null, d: false, e: 0, f: "" };
    expect(Object.keys(defined(members))).toEqual(["a", "c", "d", "e", "f"]);
  });

  test("returns a new object", () => {
    const members = { a: 1 };
    expect(defined(members)).not.toBe(members);
    expect(defined(members)).toEqual(members);
  });

  test("makes members that may be undefined optional", () => {
    const result = defined({ id: 1 as number, name: maybe<string>("x") });
    expectTypeOf(result).toExtend<{ id: number; name?: string }>();
    expectTypeOf(result.name).toEqualTypeOf<string | undefined>();
    // @ts-expect-error `name` may be missing
    expectTypeOf(result).toExtend<{ id: number; name: string }>();
  });

  test("fits a type with exact optional members, alone and spread", () => {
    const alone: Named = defined({ id: 1, name: maybe("x"), mode: maybe("fast" as const) });
    const spread: Named = { id: 1, ...defined({ name: maybe<string>(undefined) }) };
    expect(alone).toEqual({ id: 1, name: "x", mode: "fast" });
    expect("name" in spread).toBe(false);
  });

  test("keeps literal types", () => {
    expectTypeOf(defined({ mode: "fast" }).mode).toEqualTypeOf<"fast">();
  });

  test("is refused where the member is required or of another type", () => {
    // @ts-expect-error `id` is required
    const missing: Named = defined({ id: maybe(1) });
    // @ts-expect-error `name` is a string
    const wrong: Named = { id: 1, ...defined({ name: maybe(2) }) };
    expect([missing, wrong]).toHaveLength(2);
  });
});
