// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import type { FrameFields } from "../../src/packet/index.ts";
import type { PolicyDocument } from "../../src/policy/index.ts";
import { COLLECTORS } from "../lab/index.ts";
import { type AimedPlan, aimedArb } from "./aimed-frames.ts";
import type { OvsCase } from "./on-ovs/ovs-run.ts";
import {
  anyTreatedArb,
  frameArb,
  mirrorArb,
  networkArb,
  policyArb,
  TUNNEL_PORT,
  treatedArb,
} from "./scenarios.ts";

/** Treated copies that go to collectors by tunnels. */
const tunnelledArb = fc
  .record({
    policy: treatedArb,
    collectors: fc.subarray([...COLLECTORS], { minLength: 1 }),
    isSet: fc.boolean(),
    key: fc.constantFrom(7, 8),
  })
  .map(({ policy, collectors, isSet, key }): PolicyDocument => {
    const { delivery: _d, rewriteIp: _r, ...treatment } = policy.copy ?? {};
    const ips = collectors.map((ip) => ({ ip }));
    const tunnel = { port: TUNNEL_PORT, remote: "monitor", key };
    const monitors = isSet ? [{ balance: ips }] : ips;
    return { ...policy, monitors, copy: { ...treatment, tunnel } };
  });

/** Any policies, all with the same treatment. */
const alikeArb = fc
  .record({
    policies: fc.array(fc.oneof(policyArb, mirrorArb), { minLength: 2, maxLength: 5 }),
    treatment: fc.constantFrom<NonNullable<PolicyDocument["copy"]>>(
      { truncate: 20 },
      { sample: 0.25, truncate: 40 },
      { sample: 0.5, rateLimit: { pps: 100 } },
      { rateLimit: { kbps: 1000 }, truncate: 20 },
    ),
  })
  .map(({ policies, treatment }) =>
    policies.map((policy) => ({ ...policy, copy: { ...policy.copy, ...treatment } })),
  );

/**
 * Policies for which the owed copies are exact. If policies with different treatments tap a frame at
 * different switches, a monitor may get more than it is owed (see never-less.test.ts).
 */
const documentsArb = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.array(
      fc.oneof({ weight: 2, arbitrary: treatedArb }, { weight: 1, arbitrary: tunnelledArb }),
      { minLength: 2, maxLength: 5 },
    ),
  },
  { weight: 1, arbitrary: alikeArb },
  { weight: 1, arbitrary: anyTreatedArb.map((only) => [only]) },
);

/** The fields that frames of a flow have in common, whatever VLANs and routers they pass. */
function contentOf({
  ethSrc: _s,
  ethDst: _d,
  vlanVid: _v,
  vlanPcp: _p,
  ...content
}: Partial<FrameFields>) {
  return content;
}

function addressesOf({ ethSrc = 0, ethDst = 0, vlanVid = 0, vlanPcp }: Partial<FrameFields>) {
  return { ethSrc, ethDst, vlanVid, ...(vlanPcp === undefined ? {} : { vlanPcp }) };
}

/** Frames of a few flows, each seen several times, between different hosts and in different VLANs. */
const framesArb = fc
  .record({
    flows: fc.array(frameArb, { minLength: 2, maxLength: 3 }),
    frames: fc.array(fc.tuple(aimedArb, fc.nat(5)), { minLength: 6, maxLength: 10 }),
  })
  .map(({ flows, frames }) =>
    frames.map(([frame, pick]): AimedPlan => {
      const flow = flows[pick % flows.length] ?? frame;
      return { ...frame, fields: { ...contentOf(flow.fields), ...addressesOf(frame.fields) } };
    }),
  );

/** Stories of networks with tunnels in which copies are truncated, limited, sampled and balanced. */
export const treatedCaseArb: fc.Arbitrary<OvsCase> = fc.record({
  network: networkArb
    .filter(({ hosts }) => hosts.length > 4)
    .map((network) => ({ ...network, connected: true, hasTunnels: true })),
  documents: documentsArb,
  frames: framesArb,
  hasAnswers: fc.constant(true),
  hasCables: fc.boolean(),
});
