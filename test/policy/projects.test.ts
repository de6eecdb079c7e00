// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type PolicyDocument, type PolicyId, TapCompiler } from "../../src/policy/index.ts";
import type { Topology } from "../../src/topology/index.ts";
import { propertyRuns } from "../properties.ts";
import { aimedArb, enterAimed } from "./aimed-frames.ts";
import { deliveries, multipath } from "./deliveries.ts";
import {
  mirrorArb,
  type Network,
  networkArb,
  policiesOf,
  policyArb,
  Scenario,
  TWO_SWITCHES,
} from "./scenarios.ts";

const numRuns = propertyRuns(400);
const timeout = 3_600_000;

const PROJECTS = ["a", "b"] as const;
const projectArb = fc.constantFrom(...PROJECTS, ...PROJECTS, undefined);

/** Networks whose hosts belong to two projects, or to none. */
const tenantsArb: fc.Arbitrary<Network> = fc
  .tuple(networkArb, fc.array(projectArb, { minLength: 6, maxLength: 6 }))
  .map(([network, projects]) => ({
    ...network,
    hosts: network.hosts.map((host, n) => ({ ...host, project: projects[n] })),
  }));

/** Policies of a project. */
const ownedArb = fc
  .tuple(fc.oneof(policyArb, mirrorArb), fc.constantFrom(...PROJECTS))
  .map(([policy, project]): PolicyDocument => ({ ...policy, project }));

const framesArb = fc.array(aimedArb, { minLength: 4, maxLength: 12 });

/** The policies with ids, and how their tables treat frames. */
function simulated(network: Network, documents: readonly PolicyDocument[]) {
  const scenario = new Scenario(network);
  const policies = policiesOf(documents);
  const compiler = new TapCompiler(scenario.environment);
  compiler.update({ upsert: policies });
  return { scenario, policies, tapped: scenario.simulate(compiler, multipath) };
}

const keyOf = ({ dpid, port }: { dpid: string; port: number }) => `${dpid}/${port}`;

describe("policies of projects", () => {
  test("equal the reference semantics, beside policies without a project", { timeout }, () => {
    const policies = fc.array(fc.oneof(ownedArb, policyArb), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(tenantsArb, policies, framesArb, (network, documents, frames) => {
        const { actual, owed } = deliveries(network, documents, frames);
        expect(actual).toEqual(owed);
      }),
      { numRuns },
    );
  });

  test("copy no frame that neither entered nor left by a port of the project", { timeout }, () => {
    const policies = fc.array(ownedArb, { minLength: 1, maxLength: 5 });
    let copies = 0;
    fc.assert(
      fc.property(tenantsArb, policies, framesArb, (network, documents, frames) => {
        const { scenario, policies, tapped } = simulated(network, documents);
        const { topology } = scenario;
        const untapped = scenario.simulate();
        for (const plan of frames) {
          const frame = enterAimed(plan, policies, topology);
          const base = untapped.send(frame).delivered.map(keyOf);
          const concerned = projectsOf([frame, ...untapped.send(frame).delivered], topology);
          for (const copy of tapped.send(frame).delivered) {
            const index = base.indexOf(keyOf(copy));
            if (index >= 0) {
              base.splice(index, 1);
              continue;
            }
            copies++;
            const project = topology.projectAt(copy.dpid, copy.port);
            expect([project, concerned.has(project)]).toEqual([expect.any(String), true]);
          }
        }
      }),
      { numRuns },
    );
    expect(copies).toBeGreaterThan(numRuns / 10);
  });
});

function projectsOf(ports: readonly { dpid: string; port: number }[], topology: Topology) {
  return new Set(ports.map(({ dpid, port }) => topology.projectAt(dpid as never, port as never)));
}

/** h1 and h3 are of project a, h2 and h4 of project b. */
const NETWORK: Network = {
  ...TWO_SWITCHES,
  hosts: TWO_SWITCHES.hosts.map((host, n) => ({ ...host, project: n % 2 === 0 ? "a" : "b" })),
};

/** The reasons of a policy of project a. */
function problems(document: Pick<PolicyDocument, "sender" | "receiver" | "monitors">) {
  const scenario = new Scenario(NETWORK);
  const compiler = new TapCompiler(scenario.environment);
  compiler.update({ upsert: policiesOf([{ ...document, project: "a" }]) });
  const plan = compiler.plan("p0" as PolicyId);
  return plan?.problems.map(({ what }) => what);
}

const h = (n: number) => ({ host: `h${n}` });

test.each([
  [{ sender: h(1), receiver: "any", monitors: [h(3)] }, []],
  [{ sender: "any", receiver: h(1), monitors: [h(3)] }, []],
  [{ sender: h(2), receiver: h(1), monitors: [h(3)] }, []],
  [
    {
      sender: { ip: "10.0.0.0/24" },
      receiver: "any",
      monitors: [{ port: { switch: "s2", port: 3 } }],
    },
    [],
  ],
  [
    { sender: h(1), receiver: "any", monitors: [h(4)] },
    ["monitor h4 is not at a port of project a"],
  ],
  [
    { sender: h(2), receiver: h(4), monitors: [h(3)] },
    ["neither h2 nor h4 is at a port of project a"],
  ],
  [
    { sender: "any", receiver: "any", monitors: [h(3)] },
    ["neither any nor any is at a port of project a"],
  ],
] as [Parameters<typeof problems>[0], string[]][])("%j: %j", (document, expected) => {
  expect(problems(document)).toEqual(expected);
});
