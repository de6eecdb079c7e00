// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import type { PolicyDocument } from "../../src/policy/index.ts";
import type { ForwardingProfile } from "../../src/topology/index.ts";
import { type AimedPlan, aimedArb } from "./aimed-frames.ts";
import { FAR, NEAR } from "./on-ovs/delivery-forms.ts";
import { type Filters, filtersArb, mac, TUNNEL_PORT } from "./scenarios.ts";

/** What forwards on all switches. */
export const PROFILES: readonly ForwardingProfile[] = ["paths", "normal", { table: 7 }];

/** The share of the flows that sampling policies copy. */
export const SAMPLE = 0.5;

/** Settings of `other_config:vlan-limit`. */
export const VLAN_LIMITS = [0, 1, 2] as const;

/** Policies with one treatment, and frames that enter by ports of any switch. */
export interface MatrixCase {
  readonly documents: readonly PolicyDocument[];
  readonly frames: readonly MatrixFrame[];
}

/** A generated frame, where it enters and what is changed in it afterwards. */
export interface MatrixFrame extends AimedPlan {
  /** `sender`, `receiver`: by their port; `any`: by the port that `in` selects. */
  readonly enters: "sender" | "receiver" | "any";
  readonly ethSrc: number | undefined;
  readonly ethDst: number | undefined;
  /** A fragment header of IPv6 that says "not a fragment". */
  readonly isAtomic: boolean;
}

type Form = Pick<PolicyDocument, "monitors" | "copy">;

const MONITORS: PolicyDocument["monitors"] = [NEAR, FAR];
/** How copies reach their monitors. */
const FORMS: readonly Form[] = [
  { monitors: [NEAR] },
  { monitors: MONITORS },
  { monitors: [FAR], copy: { delivery: "rewrite" } },
  { monitors: [FAR], copy: { delivery: "rewrite", rewriteIp: true } },
  { monitors: [FAR], copy: { delivery: "mark" } },
  { monitors: MONITORS, copy: { delivery: "tag" } },
  { monitors: MONITORS, copy: { rewriteIp: true } },
  { monitors: [{ balance: [NEAR, FAR] }] },
  { monitors: [{ balance: [NEAR, FAR] }], copy: { delivery: "tag" } },
  { monitors: [{ ip: "192.0.2.9" }], copy: { tunnel: TUNNEL_PORT } },
];

/** What is done to copies, the same by all policies of a case: then what each is owed is exact. */
const TREATMENTS: readonly NonNullable<PolicyDocument["copy"]>[] = [
  {},
  {},
  {},
  { truncate: 60 },
  { truncate: 40 },
  { rateLimit: { pps: 100_000 } },
  { sample: SAMPLE },
  { sample: SAMPLE, truncate: 40 },
];

const PORT = { port: { switch: "s1", port: 1 } } as const;
const ENDS: readonly Pick<PolicyDocument, "sender" | "receiver">[] = [
  { sender: { host: "h1" }, receiver: { host: "h2" } },
  { sender: { host: "h1" }, receiver: "any" },
  { sender: "any", receiver: { host: "h2" } },
  { sender: PORT, receiver: "any" },
  { sender: { ip: "10.0.0.1" }, receiver: { ip: "10.0.0.2" } },
  { sender: { ip: "10.0.0.0/30" }, receiver: { host: "h2" } },
];

const documentArb: fc.Arbitrary<PolicyDocument> = fc
  .record({
    form: fc.constantFrom(...FORMS),
    ends: fc.constantFrom(...ENDS),
    filters: fc.oneof({ weight: 2, arbitrary: fc.constant<Filters>({}) }, filtersArb),
    exclude: fc.oneof(
      { weight: 4, arbitrary: fc.constant<Filters[]>([]) },
      filtersArb.map((each) => (Object.keys(each).length === 0 ? [] : [each])),
    ),
  })
  .map(({ form, ends, filters, exclude }) => ({ ...form, ...ends, filters, exclude }));

const frameArb: fc.Arbitrary<MatrixFrame> = fc
  .record({
    plan: aimedArb,
    enters: fc.constantFrom("sender", "sender", "sender", "receiver", "any", "any"),
    /** Of the VLAN of host 2's access port, with only a priority, or as generated. */
    vlanVid: fc.constantFrom(0x1000 + 10, 0x1000 + 10, 0x1000, undefined),
    isEligible: fc.boolean(),
    ethSrc: fc.oneof(
      { weight: 8, arbitrary: fc.constant(mac(1)) },
      { weight: 2, arbitrary: fc.constantFrom(mac(2), 0x0e79_d813_86ab, 0x0e7a_2feb_f785) },
      { weight: 2, arbitrary: fc.constant(undefined) },
    ),
    ethDst: fc.oneof(
      { weight: 8, arbitrary: fc.constant(mac(2)) },
      { weight: 3, arbitrary: fc.nat(15).map((last) => 0x0180c2000000 + last) },
      { weight: 1, arbitrary: fc.constantFrom(0x01005e000001, 0x3333_0000_0001, 0xffffffffffff) },
      { weight: 2, arbitrary: fc.constant(undefined) },
    ),
    isAtomic: fc.nat(7).map((n) => n === 0),
  })
  .map(({ plan, vlanVid, isEligible, ...rest }) => ({
    ...plan,
    ...rest,
    fields: { ...plan.fields, ...(vlanVid === undefined ? {} : { vlanVid }) },
    shape: { ...plan.shape, isEligible: plan.shape.isEligible || isEligible },
  }));

/** A case with one policy, or with several that overlap now and then. */
export const caseArb: fc.Arbitrary<MatrixCase> = fc
  .record({
    documents: fc.oneof(
      { weight: 2, arbitrary: fc.array(documentArb, { minLength: 1, maxLength: 1 }) },
      { weight: 1, arbitrary: fc.array(documentArb, { minLength: 2, maxLength: 3 }) },
    ),
    treatment: fc.constantFrom(...TREATMENTS),
    frames: fc.array(frameArb, { minLength: 8, maxLength: 8 }),
  })
  .map(({ documents, treatment, frames }) => ({
    documents: documents.map((each) => ({ ...each, copy: { ...each.copy, ...treatment } })),
    frames,
  }));

/** Spreads seeds, so that consecutive seeds give unrelated cases. */
const SEED_STEP = 0x9e3779b1;

/** The case of a seed. */
export function matrixCase(seed: number): MatrixCase {
  const [found] = fc.sample(caseArb, { seed: Math.imul(seed, SEED_STEP), numRuns: 1 });
  if (found === undefined) throw new Error("no case");
  return found;
}
