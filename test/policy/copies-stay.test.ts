// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { complete } from "../../src/lang/steps.ts";
import { type FrameFields, frameFields } from "../../src/packet/index.ts";
import { type Policy, type PolicyDocument, TapCompiler } from "../../src/policy/index.ts";
import { monitorsOwed } from "../../src/policy/semantics/semantics.ts";
import { propertyRuns } from "../properties.ts";
import { type AimedPlan, aimedArb, enterAimed } from "./aimed-frames.ts";
import { flowHash, multipath } from "./deliveries.ts";
import {
  type Filters,
  filtersArb,
  mirrorArb,
  type Network,
  networkArb,
  oneOf,
  policiesOf,
  policyArb,
  Scenario,
  treatedArb,
} from "./scenarios.ts";

const numRuns = propertyRuns(500);
const timeout = 3_600_000;

/** Replaces the policy of a slot; undefined: removes it. */
interface Step {
  readonly slot: number;
  readonly document: PolicyDocument | undefined;
  readonly enabled: boolean;
}

const SLOTS = 5;

function stepsOf(document: fc.Arbitrary<PolicyDocument>): fc.Arbitrary<Step[]> {
  return fc.array(
    fc.record({
      slot: fc.nat(SLOTS - 1),
      document: fc.option(document, { nil: undefined, freq: 4 }),
      enabled: fc.integer({ min: 0, max: 6 }).map((n) => n > 0),
    }),
    { minLength: 2, maxLength: 8 },
  );
}

const stepsArb = stepsOf(fc.oneof(policyArb, mirrorArb, mirrorArb, treatedArb));

function policyOf({ slot, document, enabled }: Step): Policy | undefined {
  const [policy] = document === undefined ? [] : policiesOf([{ ...document, enabled }]);
  return policy && { ...policy, id: `p${slot}` as Policy["id"] };
}

/**
 * Whatever the other policies are, before and after an edit, and whether they can be put into effect:
 * each policy gets of every frame the copies that it would get alone, at least as long.
 */
test("adding, changing or removing a policy takes no copy from another one", { timeout }, () => {
  const framesArb = fc.array(aimedArb, { minLength: 3, maxLength: 6 });
  fc.assert(
    fc.property(networkArb, stepsArb, framesArb, (network, steps, frames) => {
      const scenario = new Scenario(network);
      const compiler = new TapCompiler(scenario.environment);
      const present = new Map<string, Policy>();
      for (const step of steps) {
        const policy = policyOf(step);
        const id = `p${step.slot}` as Policy["id"];
        compiler.update(policy ? { upsert: [policy] } : { remove: [id] });
        if (policy) present.set(id, policy);
        else present.delete(id);
        expectAllServed(scenario, compiler, [...present.values()], frames);
      }
    }),
    { numRuns },
  );
});

/** As a controller edits: what is in use is held; some of what is not is freed for others. */
function edited(compiler: TapCompiler, step: Step): void {
  const policy = policyOf(step);
  compiler.update(policy ? { upsert: [policy] } : { remove: [`p${step.slot}` as Policy["id"]] });
  compiler.holdNumbers();
  const [free] = compiler.reclaimableVlans;
  if (free === undefined || step.slot % 2 > 0) return;
  complete(compiler.freeingVlans([free.key]));
  compiler.holdNumbers();
}

/** Three switches in a row, with hosts on each. */
const ROW: Network = {
  profiles: ["paths", "paths", "paths"],
  parents: [0, 1],
  extra: [],
  hosts: [0, 0, 1, 2, 2, 1].map((at) => ({ at, shared: false })),
};

/** Policies for few hosts and few monitors, with copies of a few lengths: most share frames. */
const scarceArb: fc.Arbitrary<PolicyDocument> = fc
  .record({
    sender: fc.constantFrom<PolicyDocument["sender"]>("any", { host: "h1" }, { ip: "10.0.0.1" }),
    receiver: fc.constantFrom<PolicyDocument["receiver"]>("any", { host: "h3" }, { host: "h2" }),
    direction: fc.constantFrom("forward" as const, "forward" as const, "both" as const),
    filters: oneOf<Filters>({ weight: 3, arbitrary: fc.constant({}) }, filtersArb),
    monitors: fc.subarray(["h4", "h5", "h6"], { minLength: 1, maxLength: 2 }),
    isSet: fc.nat(5).map((n) => n === 0),
    delivery: fc.constantFrom("tag" as const, "tag" as const, "auto" as const, "rewrite" as const),
    truncate: fc.constantFrom(undefined, 20, 40),
    sample: fc.constantFrom(undefined, undefined, 0.5),
  })
  .map(({ monitors, isSet, delivery, truncate, sample, ...rest }): PolicyDocument => {
    const hosts = monitors.map((host) => ({ host }));
    const length = truncate === undefined ? {} : { truncate };
    const copy = { delivery, ...length, ...(sample === undefined ? {} : { sample }) };
    return { ...rest, monitors: isSet ? [{ balance: hosts }] : hosts, copy };
  });

test("where VLAN ids run out, those that come later wait, and no copy is taken from another policy", {
  timeout,
}, () => {
  const framesArb = fc.array(aimedArb, { minLength: 3, maxLength: 6 });
  const scarceStepsArb = stepsOf(scarceArb);
  const scarceNetworkArb = oneOf<Network>({ weight: 3, arbitrary: fc.constant(ROW) }, networkArb);
  let waiting = 0;
  fc.assert(
    fc.property(
      scarceNetworkArb,
      scarceStepsArb,
      framesArb,
      fc.nat(2),
      (network, steps, frames, ids) => {
        const { direct: _, ...indirect } = network;
        const scenario = new Scenario({ ...indirect, lacksTags: false });
        const tapVlans = { first: 4000, last: 4000 + ids };
        const compiler = new TapCompiler({ ...scenario.environment, tapVlans });
        const present = new Map<string, Policy>();
        for (const step of steps) {
          const id = `p${step.slot}` as Policy["id"];
          const others = [...present.values()].filter((each) => each.id !== id);
          const problems = (policy: Policy) => compiler.plan(policy.id)?.problems ?? [];
          // Those that wait for an id are not in effect.
          const inEffect = others.filter((each) => each.enabled && problems(each).length === 0);
          const reasons = others.flatMap((each) => problems(each).map(({ what }) => what));
          waiting += reasons.filter((what) => what.startsWith("no VLAN id is free")).length;
          edited(compiler, step);
          const policy = policyOf(step);
          if (policy) present.set(id, policy);
          else present.delete(id);
          expectAllServed(scenario, compiler, inEffect, frames);
        }
      },
    ),
    { numRuns: propertyRuns(300) },
  );
  expect(waiting).toBeGreaterThan(0);
});

function expectAllServed(
  scenario: Scenario,
  compiler: TapCompiler,
  policies: readonly Policy[],
  frames: readonly AimedPlan[],
): void {
  if (policies.length === 0) return;
  const { topology, hasTags } = scenario;
  const [untapped, tapped] = [scenario.simulate(), scenario.simulate(compiler, multipath)];
  for (const plan of frames) {
    const at = enterAimed(plan, policies, topology);
    const fields: Partial<FrameFields> = frameFields(at.bytes) ?? {};
    const base = untapped.send(at);
    const copies = new Map(
      tapped
        .send(at)
        .delivered.filter(({ role }) => role === "copy")
        .map(({ dpid, port, bytes }) => [`${dpid}/${port}`, bytes]),
    );
    for (const policy of policies) {
      const options = { hash: flowHash(at.bytes), hasTags };
      const owed = monitorsOwed([policy], topology, base.visits, fields, options);
      for (const [port, { treatment }] of owed) {
        const least = at.bytes.subarray(0, treatment.truncate);
        const copy = copies.get(port) ?? new Uint8Array();
        expect(Buffer.from(copy.subarray(0, least.length))).toEqual(Buffer.from(least));
        expect(Buffer.from(copy)).toEqual(Buffer.from(at.bytes.subarray(0, copy.length)));
      }
    }
  }
}
