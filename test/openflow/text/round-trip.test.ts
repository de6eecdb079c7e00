// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Band,
  type Bucket,
  type FlowText,
  formatActions,
  formatFlow,
  formatGroup,
  formatMatch,
  formatMeter,
  GroupId,
  type Instruction,
  type MeterText,
  Port,
  parseActions,
  parseFlow,
  parseGroup,
  parseMatch,
  parseMeter,
} from "../../../src/openflow/index.ts";
import { actions, matches } from "./arbitrary-text.ts";

/** Checks that values survive a round trip through text; prints the seed of a failure. */
function law<T>(values: fc.Arbitrary<T>, thereAndBack: (value: T) => T, numRuns: number): void {
  const property = fc.property(values, (value) => {
    expect(thereAndBack(value)).toEqual(value);
  });
  fc.assert(property, { numRuns });
}

const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffffffff);

test("a match survives a round trip", () => {
  law(matches, (match) => parseMatch(formatMatch(match)), 1500);
});

test("actions survive a round trip", () => {
  law(actions, (list) => parseActions(formatActions(list)), 1000);
});

/** Instructions in their order, each at most once, none of them empty. */
const instructions: fc.Arbitrary<readonly Instruction[]> = fc
  .record({
    meter: fc.option(u32.map((meterId): Instruction => ({ type: "meter", meterId }))),
    apply: actions.map((list): Instruction => ({ type: "applyActions", actions: list })),
    clear: fc.option(fc.constant<Instruction>({ type: "clearActions" })),
    write: actions.map((list): Instruction => ({ type: "writeActions", actions: list })),
    metadata: fc.option(
      fc
        .tuple(
          fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
          fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        )
        .map(
          ([metadata, metadataMask]): Instruction => ({
            type: "writeMetadata",
            metadata,
            metadataMask,
          }),
        ),
    ),
    goto: fc.option(fc.nat(254).map((tableId): Instruction => ({ type: "gotoTable", tableId }))),
  })
  .map(({ meter, apply, clear, write, metadata, goto }) =>
    [meter, apply, clear, write, metadata, goto].filter((each) => each !== null),
  )
  .map((list) => list.filter((each) => !("actions" in each) || each.actions.length > 0));

const flows: fc.Arbitrary<FlowText> = fc.record({
  tableId: fc.nat(254),
  priority: u16,
  cookie: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  idleTimeout: u16,
  hardTimeout: u16,
  flags: fc.nat(31),
  importance: u16,
  match: matches,
  instructions,
});

test("a flow survives a round trip", () => {
  law(flows, (flow) => parseFlow(formatFlow(flow)), 500);
});

const buckets: fc.Arbitrary<readonly Bucket[]> = fc.array(
  fc.record({
    weight: u16,
    watchPort: fc.constantFrom(Port.Any, 1, 7, Port.Local),
    watchGroup: fc.constantFrom(GroupId.Any, 1, 4000000000),
    actions,
  }),
  { maxLength: 4 },
);

test("a group survives a round trip", () => {
  const groups = fc
    .tuple(fc.nat(GroupId.Max), fc.nat(3))
    .chain(([groupId, groupType]) =>
      buckets.map((list) => ({ groupId, groupType, buckets: list })),
    );
  law(groups, (group) => parseGroup(formatGroup(group)), 300);
});

test("a meter survives a round trip", () => {
  const band = (burst: boolean): fc.Arbitrary<Band> => {
    const rates = { rate: u32, burstSize: burst ? u32 : fc.constant(0) };
    return fc.oneof(
      fc.record({ type: fc.constant("drop"), ...rates }),
      fc.record({ type: fc.constant("dscpRemark"), ...rates, precLevel: fc.nat(255) }),
    ) as fc.Arbitrary<Band>;
  };
  const meters: fc.Arbitrary<MeterText> = fc
    .tuple(u32, fc.constantFrom(1, 2, 5, 6, 9, 15))
    .chain(([meterId, flags]) =>
      fc
        .array(band((flags & 4) !== 0), { maxLength: 3 })
        .map((bands) => ({ meterId, flags, bands })),
    );
  law(meters, (meter) => parseMeter(formatMeter(meter)), 300);
});
