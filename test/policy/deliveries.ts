// SPDX-License-Identifier: Apache-2.0
import { contentHash } from "../../src/flow-model/index.ts";
import { frameFields } from "../../src/packet/index.ts";
import { type PolicyDocument, TapCompiler } from "../../src/policy/index.ts";
import { BALANCE_PARTS } from "../../src/policy/model/balance.ts";
import { SAMPLE_PARTS } from "../../src/policy/model/treatment.ts";
import {
  type FlowHash,
  type FrameView,
  monitorsOwed,
} from "../../src/policy/semantics/semantics.ts";
import { readingOf } from "../../src/simulation/index.ts";
import type { Topology } from "../../src/topology/index.ts";
import { type AimedPlan, enterAimed } from "./aimed-frames.ts";
import { frameText, type Network, policiesOf, Scenario } from "./scenarios.ts";

/** A hash of the frame as it entered; any function would do. */
export function multipath(bytes: Uint8Array, below: number, seed: number): number {
  return contentHash(Buffer.from(bytes).toString("hex"), seed) % below;
}

export function flowHash(bytes: Uint8Array): FlowHash {
  return {
    sample: multipath(bytes, SAMPLE_PARTS, 1),
    balance: multipath(bytes, BALANCE_PARTS, 2),
  };
}

/** A frame as each switch reads it. */
export function fieldsOf(bytes: Uint8Array, topology: Topology): FrameView {
  return (dpid) => frameFields(bytes, readingOf(topology, dpid)) ?? {};
}

/** The deliveries of every frame: with the policies' tables, and by the reference semantics. */
export function deliveries(
  network: Network,
  documents: readonly PolicyDocument[],
  frames: readonly AimedPlan[],
): { readonly actual: string[][]; readonly owed: string[][] } {
  const scenario = new Scenario(network);
  const policies = policiesOf(documents);
  const compiler = new TapCompiler(scenario.environment);
  compiler.update({ upsert: policies });
  const untapped = scenario.simulate();
  const tapped = scenario.simulate(compiler, multipath);
  const entering = frames.map((plan) => enterAimed(plan, policies, scenario.topology));
  return {
    actual: entering.map((at) => tapped.send(at).delivered.map(frameText).sort()),
    owed: entering.map((at) => {
      const base = untapped.send(at);
      const { topology, hasTags } = scenario;
      const fields = fieldsOf(at.bytes, topology);
      const options = { hash: flowHash(at.bytes), hasTags };
      const owed = monitorsOwed(policies, topology, base.visits, fields, options);
      const copies = [...owed.values()].map(({ monitor: { dpid, port }, treatment }) => ({
        dpid,
        port,
        bytes: at.bytes.subarray(0, treatment.truncate),
      }));
      return [...base.delivered, ...copies].map(frameText).sort();
    }),
  };
}
