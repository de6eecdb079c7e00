// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FlowSpec } from "../../src/flow-model/index.ts";
import { markRangesOf } from "../../src/policy/compile/model/mark-range.ts";
import { type PolicyDocument, type PolicyId, TapCompiler } from "../../src/policy/index.ts";
import { ONE_SIDED_PREFIX, TAP_MARK_PREFIX } from "../../src/topology/index.ts";
import { propertyRuns } from "../properties.ts";
import { type AimedPlan, aimedArb } from "./aimed-frames.ts";
import { pick } from "./attacks.ts";
import { deliveries } from "./deliveries.ts";
import {
  environmentOf,
  mac,
  mirrorArb,
  type Network,
  networkArb,
  policiesOf,
  policyArb,
  TWO_SWITCHES,
  topologyOf,
} from "./scenarios.ts";

const numRuns = propertyRuns(100);
const timeout = 3_600_000;

const addressArb = fc
  .tuple(
    fc.constantFrom(TAP_MARK_PREFIX, ONE_SIDED_PREFIX),
    fc.oneof(fc.nat(2 ** 32 - 1), fc.constantFrom(0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1)),
  )
  .map(([prefix, rest]) => prefix + rest);

/** Networks with a few hosts among the marks. */
const crowdedArb: fc.Arbitrary<Network> = fc
  .tuple(
    networkArb,
    fc.uniqueArray(addressArb, { minLength: 1, maxLength: 4 }),
    fc.array(fc.nat(10), { minLength: 4, maxLength: 4 }),
  )
  .map(([network, addresses, places]) => ({
    ...network,
    amongMarks: addresses.map((mac, n) => ({
      ...{ mac, at: pick(places, n) % network.profiles.length },
    })),
  }));

/** Policies of these hosts: as sender, receiver and monitor. */
const ofThemArb: fc.Arbitrary<PolicyDocument> = fc
  .tuple(policyArb, fc.nat(2), fc.integer({ min: 1, max: 4 }))
  .map(([policy, end, n]) => {
    const host = { host: `m${n}` };
    if (end === 0) return { ...policy, sender: host };
    return end === 1 ? { ...policy, receiver: host } : { ...policy, monitors: [host] };
  });

/** A frame from one of the hosts among the marks, or for one of them. */
interface Addressed {
  readonly plan: AimedPlan;
  readonly from: number | undefined;
  readonly to: number | undefined;
}

const framesArb: fc.Arbitrary<Addressed[]> = fc.array(
  fc.record({
    plan: aimedArb,
    from: fc.option(fc.nat(3), { nil: undefined }),
    to: fc.option(fc.nat(3), { nil: undefined, freq: 2 }),
  }),
  { minLength: 6, maxLength: 12 },
);

function addressed({ plan, from, to }: Addressed, { amongMarks = [] }: Network): AimedPlan {
  if (from === undefined && to === undefined) return plan;
  const src = from === undefined ? {} : { ethSrc: pick(amongMarks, from).mac };
  const dst = to === undefined ? {} : { ethDst: pick(amongMarks, to).mac };
  return { ...plan, in: -1, aim: undefined, fields: { ...plan.fields, ...src, ...dst } };
}

test("hosts among the marks are not cut off, and copied as others are", { timeout }, () => {
  fc.assert(
    fc.property(
      crowdedArb,
      fc.array(fc.oneof(policyArb, mirrorArb, ofThemArb), { minLength: 1, maxLength: 4 }),
      framesArb,
      (network, documents, all) => {
        const frames = all.map((each) => addressed(each, network));
        const { actual, owed } = deliveries(network, documents, frames);
        expect(actual).toEqual(owed);
      },
    ),
    { numRuns },
  );
});

const MONITORS = [{ mac: "fa:00:00:00:00:03" }];
const DOCUMENTS: PolicyDocument[] = [
  {
    ...{ sender: { host: "h2" }, receiver: { host: "h4" }, monitors: MONITORS },
    copy: { delivery: "rewrite" },
  },
  { sender: { host: "h1" }, receiver: "any", monitors: MONITORS, copy: { delivery: "mark" } },
];
const NETWORK: Network = { ...TWO_SWITCHES, connected: true, direct: "all" };
const withHosts = (...macs: number[]): Network => ({
  ...NETWORK,
  amongMarks: macs.map((mac) => ({ at: 0, mac })),
});

function compiled(network: Network): TapCompiler {
  const compiler = new TapCompiler(environmentOf(topologyOf(network)));
  compiler.update({ upsert: policiesOf(DOCUMENTS) });
  return compiler;
}

const flowsOf = (compiler: TapCompiler): readonly FlowSpec[] =>
  [...topologyOf(NETWORK).switches.keys()].flatMap((dpid) => compiler.desired(dpid));

/** The marks that recovery rules restore. */
function marksOf(compiler: TapCompiler): number[] {
  return flowsOf(compiler).flatMap(({ category, match }) =>
    match.flatMap((item) =>
      category === "recovery" && item.field === "ethSrc" && item.value !== mac(1)
        ? [item.value]
        : [],
    ),
  );
}

const guardsOf = (compiler: TapCompiler) =>
  flowsOf(compiler).filter(({ category }) => category === "guard");

describe("a host that comes at the address of a mark in use", () => {
  const marks = marksOf(compiled(NETWORK));

  test.each(marks.map((mark) => [mark.toString(16), mark] as const))(
    "%s: marks move",
    (_, mark) => {
      const compiler = compiled(NETWORK);
      compiler.rebase(environmentOf(topologyOf(withHosts(mark))));
      expect(flowsOf(compiler)).toEqual(flowsOf(compiled(withHosts(mark))));
      expect(marksOf(compiler)).toHaveLength(marks.length);
      expect(marksOf(compiler)).not.toContain(mark);
      compiler.rebase(environmentOf(topologyOf(NETWORK)));
      expect(marksOf(compiler)).toEqual(marks);
    },
  );

  test("there are marks of both kinds", () => {
    const kinds = marks.map((mark) => (mark < TAP_MARK_PREFIX ? "one-sided" : "two-sided"));
    expect(new Set(kinds)).toEqual(new Set(["one-sided", "two-sided"]));
  });
});

test("a host beside those that are there already moves no marks", () => {
  const compiler = compiled(withHosts(TAP_MARK_PREFIX, ONE_SIDED_PREFIX));
  const [marks, guards] = [marksOf(compiler), guardsOf(compiler)];
  const more = withHosts(TAP_MARK_PREFIX, TAP_MARK_PREFIX + 1, ONE_SIDED_PREFIX);
  compiler.rebase(environmentOf(topologyOf(more)));
  expect([marksOf(compiler), guardsOf(compiler)]).toEqual([marks, guards]);
});

describe("where hosts leave too few addresses", () => {
  const spread = (prefix: number, count: number) =>
    Array.from({ length: count }, (_, n) => prefix + n * (2 ** 32 / count));

  test("there are no marks", () => {
    const rangesWith = (...macs: number[]) => markRangesOf(topologyOf(withHosts(...macs)));
    const few = rangesWith(...spread(TAP_MARK_PREFIX, 128), ...spread(ONE_SIDED_PREFIX, 2048));
    expect([few.twoSided?.size, few.oneSided?.size]).toEqual([2 ** 24, 2 ** 20]);
    const none = rangesWith(...spread(TAP_MARK_PREFIX, 256), ...spread(ONE_SIDED_PREFIX, 4096));
    expect(none).toEqual({ twoSided: undefined, oneSided: undefined });
  });

  test("no copies are made, and plans say why", () => {
    const network = withHosts(...spread(TAP_MARK_PREFIX, 256));
    const compiler = new TapCompiler(environmentOf(topologyOf(network)));
    const [policy] = policiesOf(DOCUMENTS);
    compiler.update({ upsert: policy === undefined ? [] : [policy] });
    expect(marksOf(compiler)).toEqual([]);
    expect(JSON.stringify(compiler.plan("p0" as PolicyId))).toContain("no tap mark is free");
  });
});
