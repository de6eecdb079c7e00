// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { type EntryRef, type FlowSpec, flowKey } from "../../../src/flow-model/index.ts";
import { complete, type Steps } from "../../../src/lang/steps.ts";
import {
  formatParty,
  monitorsOwed,
  type PlannedCopies,
  type Policy,
  type PolicyDocument,
  type PreviewEntries,
  previewEntries,
  previewedFlow,
  TapCompiler,
} from "../../../src/policy/index.ts";
import { learnedBridge, type Outcome, SimulatedNetwork } from "../../../src/simulation/index.ts";
import type { Dpid } from "../../../src/topology/index.ts";
import { propertyRuns } from "../../properties.ts";
import { type AimedPlan, aimedArb, enterAimed } from "../aimed-frames.ts";
import { fieldsOf, flowHash, multipath } from "../deliveries.ts";
import {
  frameText,
  mirrorArb,
  type Network,
  networkArb,
  policiesOf,
  policyArb,
  Scenario,
  treatedArb,
} from "../scenarios.ts";

const NUMBER = 77;

/** A network with policies, of which any copies can be previewed. */
class Previewable {
  readonly scenario: Scenario;
  readonly policies: readonly Policy[];
  readonly #compiler: TapCompiler;
  readonly #users = new Map<EntryRef, Set<Policy["id"]>>();

  constructor(network: Network, documents: readonly PolicyDocument[]) {
    this.scenario = new Scenario(network);
    this.policies = policiesOf(documents);
    this.#compiler = new TapCompiler(this.scenario.environment);
    this.#compiler.update({ upsert: [...this.policies] });
    for (const { id } of this.policies) {
      for (const ref of this.copiesOf(id).flatMap(({ entries }) => entries)) {
        this.#users.set(ref, (this.#users.get(ref) ?? new Set()).add(id));
      }
    }
  }

  *#usersOf(refs: readonly EntryRef[]): Steps<readonly Policy["id"][]> {
    return refs.flatMap((ref) => [...(this.#users.get(ref) ?? [])]);
  }

  copiesOf(id: Policy["id"]): readonly PlannedCopies[] {
    return this.#compiler.plan(id)?.copies ?? [];
  }

  /** Undefined: there is none, for a reason. */
  preview(policy: Policy["id"], copies: PlannedCopies): PreviewEntries | undefined {
    const { monitor } = copies;
    const compiler = this.#compiler;
    const found = complete(
      previewEntries(
        { number: NUMBER, policy, monitor, bytes: 0xffff },
        {
          copies,
          entry: (ref) => compiler.entry(ref),
          taps: (id) => compiler.taps(id),
          findingPolicies: (refs) => this.#usersOf(refs),
          plainName: (at) => (this.scenario.topology.switches.get(at)?.isPlain ? at : undefined),
        },
      ),
    );
    return "why" in found ? undefined : found;
  }

  /** The network, with a preview or without. */
  simulate(preview?: PreviewEntries): SimulatedNetwork {
    const { topology } = this.scenario;
    const tables = this.scenario.tables(this.#compiler);
    return new SimulatedNetwork({
      ...{ topology, bridge: learnedBridge(topology), hash: multipath },
      tables: (at) => (preview ? withPreview(tables(at), at, preview) : tables(at)),
    });
  }

  /** Whether a policy requests a copy of a frame for a monitor. */
  requests(policy: Policy, monitor: string, at: ReturnType<typeof enterAimed>): boolean {
    const { topology, hasTags } = this.scenario;
    const base = this.scenario.simulate().send(at);
    const options = { hash: flowHash(at.bytes), hasTags };
    const fields = fieldsOf(at.bytes, topology);
    const owed = monitorsOwed([policy], topology, base.visits, fields, options);
    return [...owed.values()].some((each) => formatParty(each.monitor.party) === monitor);
  }
}

function withPreview(flows: readonly FlowSpec[], at: Dpid, { switches }: PreviewEntries) {
  const here = switches.get(at);
  if (here === undefined) return flows;
  const changed = flows.map((flow) =>
    here.keys.has(flowKey(flow)) ? (previewedFlow(flow, here.ports, NUMBER) ?? flow) : flow,
  );
  return [...changed, ...here.rules.values()];
}

const delivered = (outcome: Outcome) =>
  outcome.delivered.map((each) => `${each.role} ${frameText(each)}`).sort();

/** The frames that an outcome shows to the controller, in hex. */
const shown = ({ visits }: Outcome) =>
  visits.flatMap(({ sent }) =>
    sent.flatMap(({ to, bytes }) =>
      to === "controller" ? Buffer.from(bytes).toString("hex") : [],
    ),
  );

const documentsArb = fc.array(fc.oneof(policyArb, mirrorArb, treatedArb), {
  minLength: 1,
  maxLength: 4,
});
const framesArb: fc.Arbitrary<AimedPlan[]> = fc.array(aimedArb, { minLength: 4, maxLength: 8 });

/** What a preview shows of some frames that the policy requests, and of others. */
function counted(previewable: Previewable, plans: readonly AimedPlan[]) {
  const { policies, scenario } = previewable;
  const without = previewable.simulate();
  const frames = plans.map((plan) => enterAimed(plan, policies, scenario.topology));
  const count = { requested: 0, others: 0 };
  for (const policy of policies) {
    for (const copies of previewable.copiesOf(policy.id)) {
      const preview = previewable.preview(policy.id, copies);
      if (preview === undefined) continue;
      const simulated = previewable.simulate(preview);
      for (const at of frames) {
        const outcome = simulated.send(at);
        expect(delivered(outcome)).toEqual(delivered(without.send(at)));
        const isRequested = previewable.requests(policy, copies.monitor, at);
        if (isRequested) expect(shown(outcome)).toEqual([Buffer.from(at.bytes).toString("hex")]);
        else if (shown(outcome).length > 0) count.others++;
        if (isRequested) count.requested++;
      }
    }
  }
  return count;
}

test("a preview shows what the policy requests, and every host gets what it gets without it", {
  timeout: 300_000,
}, () => {
  const count = { requested: 0, others: 0 };
  fc.assert(
    fc.property(networkArb, documentsArb, framesArb, (network, documents, plans) => {
      const { requested, others } = counted(new Previewable(network, documents), plans);
      count.requested += requested;
      count.others += others;
    }),
    { numRuns: propertyRuns(60) },
  );
  expect(count.requested).toBeGreaterThan(10);
  // Frames with forged addresses, and those of flows that only the sample of another policy contains.
  expect(count.others).toBeLessThan(count.requested / 10);
});
