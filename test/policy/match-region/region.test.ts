// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalMatch, OXM_FIELDS } from "../../../src/openflow/index.ts";
import { and, countBits, or } from "../../../src/policy/match-region/bits.ts";
import { FIELDS } from "../../../src/policy/match-region/fields.ts";
import {
  type Constraint,
  constraint,
  contains,
  type FrameFields,
  holds,
  intersect,
  overlaps,
  type Region,
  region,
} from "../../../src/policy/match-region/region.ts";
import { RegionIndex } from "../../../src/policy/match-region/region-index.ts";
import { toMatch } from "../../../src/policy/match-region/to-match.ts";

const ipv6 = (n: number) => (BigInt(n >> 1) << 100n) | BigInt(n & 1);

/** Small universes, so that regions intersect: two bits at both ends of each field. */
const constraintArb: fc.Arbitrary<Constraint> = fc
  .record({
    value: fc.integer({ min: 0, max: 3 }),
    mask: fc.integer({ min: 1, max: 3 }),
    pick: fc.nat(3),
  })
  .map(({ value, mask, pick }) => {
    const mac = (n: number) => (n >> 1) * 2 ** 40 + (n & 1);
    if (pick === 0) return constraint("ethDst", mac(value), mac(mask));
    if (pick === 1) return constraint("ethSrc", mac(value));
    return pick === 2
      ? constraint("inPort", value)
      : constraint("ipv6Src", ipv6(value), ipv6(mask));
  });

const regionArb: fc.Arbitrary<Region> = fc
  .array(constraintArb, { maxLength: 4 })
  .map((items) => region(items))
  .filter((found) => found !== undefined);

const frameArb: fc.Arbitrary<FrameFields> = fc
  .record({ dst: fc.nat(3), src: fc.nat(3), port: fc.nat(3), ip: fc.option(fc.nat(3)) })
  .map(({ dst, src, port, ip }) => ({
    ethDst: (dst >> 1) * 2 ** 40 + (dst & 1),
    ethSrc: (src >> 1) * 2 ** 40 + (src & 1),
    inPort: port,
    ...(ip === null ? {} : { ipv6Src: ipv6(ip) }),
  }));

describe("bits of 48-bit numbers", () => {
  const value = fc.integer({ min: 0, max: 2 ** 48 - 1 });
  test("are those of bigints", () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(and(a, b)).toBe(Number(BigInt(a) & BigInt(b)));
        expect(or(a, b)).toBe(Number(BigInt(a) | BigInt(b)));
        expect(countBits(a)).toBe(countBits(BigInt(a)));
      }),
    );
  });
});

describe("regions", () => {
  test("intersect where both hold", () => {
    fc.assert(
      fc.property(regionArb, regionArb, frameArb, (a, b, frame) => {
        const both = intersect(a, b);
        expect(both !== undefined && holds(both, frame)).toBe(holds(a, frame) && holds(b, frame));
        expect(overlaps(a, b)).toBe(both !== undefined);
        expect(intersect(b, a)?.key).toBe(both?.key);
      }),
    );
  });

  test("a proper subset of another fixes more bits", () => {
    fc.assert(
      fc.property(regionArb, regionArb, (a, b) => {
        const both = intersect(a, b);
        if (both === undefined) return;
        expect(contains(a, both)).toBe(true);
        expect(contains(both, a)).toBe(both.key === a.key);
        expect(both.bits > a.bits).toBe(both.key !== a.key);
      }),
    );
  });

  test("are found in an index by their relation to another region", () => {
    const many = fc.array(regionArb, { minLength: 0, maxLength: 80 });
    fc.assert(
      fc.property(many, fc.array(fc.nat(79)), regionArb, (all, removed, sought) => {
        const index = new RegionIndex<{ region: Region }>();
        const items = all.map((each) => ({ region: each }));
        for (const item of items) index.add(item);
        const gone = new Set(removed.flatMap((at) => items[at] ?? []));
        for (const item of gone) index.remove(item);
        const left = items.filter((item) => !gone.has(item));
        const where = (is: (each: Region) => boolean) =>
          new Set(left.filter((each) => is(each.region)));
        const found = [index.overlapping(sought), index.containing(sought), index.inside(sought)];
        expect(found.map((each) => new Set(each))).toEqual([
          where((each) => overlaps(each, sought)),
          where((each) => contains(each, sought)),
          where((each) => contains(sought, each)),
        ]);
        for (const each of found) expect(each).toHaveLength(new Set(each).size);
        for (const item of left) expect(index.get(item.region)?.region.key).toBe(item.region.key);
      }),
      { numRuns: 300 },
    );
  });

  test("become canonical matches", () => {
    fc.assert(
      fc.property(regionArb, (each) => {
        expect(canonicalMatch(toMatch(each))).toEqual(toMatch(each));
      }),
    );
  });
});

test("the fields are the codec's, in its order", () => {
  const rows = new Map(OXM_FIELDS.map((row) => [row.name as string, row]));
  for (const field of FIELDS) {
    expect(rows.get(field.name)).toMatchObject({ oxm: field.oxm, bits: field.bits });
  }
  const order = OXM_FIELDS.map(({ name }) => name as string);
  const ours = FIELDS.map(({ name }) => order.indexOf(name));
  expect(ours).toEqual([...ours].sort((a, b) => a - b));
});
