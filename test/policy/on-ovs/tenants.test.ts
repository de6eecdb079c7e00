// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PolicyDocument } from "../../../src/policy/index.ts";
import type { FrameAt } from "../../../src/simulation/index.ts";
import { OvsLab } from "../../lab/index.ts";
import { propertyRuns, propertySeed } from "../../properties.ts";
import { aimedArb } from "../aimed-frames.ts";
import { without } from "../attacks.ts";
import { mirrorArb, type Network, networkArb, policyArb } from "../scenarios.ts";
import { type Arrivals, type OvsCase, Run } from "./ovs-run.ts";
import { SEED_STEP, sampleOf } from "./ovs-scenarios.ts";

const numRuns = propertyRuns(10);
/** Networks in one lab. */
const PER_LAB = 20;

/** Two tenants whose hosts have the same IP addresses, and a host of neither. */
const TENANTS = [
  { project: "a", address: 1 },
  { project: "b", address: 1 },
  { project: "a", address: 2 },
  { project: "b", address: 2 },
  { project: "a", address: 3 },
  { project: "b", address: 3 },
  { project: undefined, address: 9 },
];
const MONITORS = { a: "h5", b: "h6", administrators: "h7" } as const;

const networksArb: fc.Arbitrary<Network> = networkArb.map((network) => ({
  ...network,
  connected: true,
  // A port with hosts of two projects is of neither: each has its own.
  hosts: TENANTS.map((tenant, n) => {
    const { at = 0 } = network.hosts[n % network.hosts.length] ?? {};
    return { at: (at + (n >> 2)) % network.profiles.length, shared: false, ...tenant };
  }),
}));

const anyPolicyArb = fc.oneof(policyArb, mirrorArb);

type End = PolicyDocument["sender"];

/** Hosts of either tenant, and the addresses that they share. */
const endArb = fc.oneof(
  fc.constantFrom<End>("any", { ip: "10.0.0.0/30" }, { ip: "10.0.0.1" }, { ip: "10.0.0.2" }),
  fc.constantFrom(1, 2, 3, 4).map((n): End => ({ host: `h${n}` })),
);

/** Policies of a tenant: most have a monitor of its own, all may name hosts of the other tenant. */
const ownedArb = fc
  .record({
    policy: anyPolicyArb,
    project: fc.constantFrom("a" as const, "b" as const),
    ends: fc.option(fc.tuple(endArb, endArb), { nil: undefined, freq: 4 }),
    isOwnMonitor: fc.option(fc.constant(true), { freq: 6 }),
    isPlain: fc.boolean(),
  })
  .map(
    ({ policy, project, ends, isOwnMonitor, isPlain }): PolicyDocument => ({
      ...policy,
      project,
      ...(ends && { sender: ends[0], receiver: ends[1] }),
      ...(isOwnMonitor && { monitors: [{ host: MONITORS[project] }] }),
      ...(isPlain && { filters: {}, exclude: [] }),
    }),
  );

const ofAdministratorsArb = anyPolicyArb.map(
  (policy): PolicyDocument => ({ ...policy, monitors: [{ host: MONITORS.administrators }] }),
);

const caseArb: fc.Arbitrary<OvsCase> = fc.record({
  network: networksArb,
  documents: fc
    .tuple(
      fc.array(ownedArb, { minLength: 3, maxLength: 5 }),
      fc.array(ofAdministratorsArb, { minLength: 1, maxLength: 2 }),
    )
    .map(([owned, others]) => [...owned, ...others]),
  frames: fc.array(aimedArb, { minLength: 10, maxLength: 14 }),
  hasAnswers: fc.boolean(),
  hasCables: fc.boolean(),
});

/** The projects of the ports by which a frame enters and leaves without policies. */
function concerned(run: Run, at: FrameAt): ReadonlySet<string | undefined> {
  const ports = [at, ...run.untapped(at).delivered];
  return new Set(ports.map(({ dpid, port }) => run.topology.projectAt(dpid, port)));
}

/** The project of each port, by the port's name. */
function projectsOf(run: Run): ReadonlyMap<string, string | undefined> {
  const { topology } = run;
  const ports = [...topology.switches.keys()].flatMap((dpid) =>
    [...topology.edgePorts(dpid), ...topology.tapPorts(dpid)].map((port) => ({ dpid, port })),
  );
  return new Map(ports.map((at) => [run.portName(at), topology.projectAt(at.dpid, at.port)]));
}

/** What arrived besides the frames that are delivered without policies. */
function copiesIn(run: Run, at: FrameAt, arrived: Arrivals): readonly string[] {
  const sent = Buffer.from(at.bytes).toString("hex");
  const originals = run.untapped(at).delivered.map((each) => run.portName(each));
  return Object.entries(arrived).flatMap(([where, frames]) => {
    const expected = originals.filter((name) => name === where).map(() => sent);
    return without(frames, expected).map(() => where);
  });
}

const labs = Array.from({ length: Math.ceil(numRuns / PER_LAB) }, (_, n) => n * PER_LAB + 1);
/** Frames sent, and copies at ports of tenants. */
const counts = { frames: 0, copies: 0 };

describe.each(labs)("two tenants with the same addresses, networks from %i", (first) => {
  const size = Math.min(PER_LAB, numRuns - first + 1);
  const runs = Array.from({ length: size }, (_, n) => {
    const number = first + n;
    const seed = propertySeed + Math.imul(number, SEED_STEP);
    return new Run(number, sampleOf(caseArb, seed));
  });
  let lab: OvsLab;
  beforeAll(async () => {
    lab = await OvsLab.start();
    await lab.build({
      switches: runs.flatMap((run) => run.switches),
      links: runs.flatMap((run) => run.links),
    });
  });
  afterAll(() => lab?.stop());

  test.each(runs.map((run) => [run.seed, run] as const))(
    "network %i: a tenant gets copies of frames that enter or leave by its ports, and of no others",
    async (_, run) => {
      await run.install(lab);
      const projects = projectsOf(run);
      for (const at of run.entering) {
        counts.frames++;
        const arrived = await run.send(lab, at, () => lab.received());
        const context = `${JSON.stringify(at)}: ${fc.stringify(run.testCase)}`;
        const tenants = concerned(run, at);
        for (const where of copiesIn(run, at, arrived)) {
          const project = projects.get(where);
          if (project === undefined) continue;
          counts.copies++;
          expect([where, project, tenants.has(project)], context).toEqual([where, project, true]);
        }
        expect(arrived, context).toEqual(run.owed(at));
      }
    },
  );
});

test("tenants got enough copies", () => {
  expect(counts).toSatisfy(({ frames, copies }: typeof counts) => {
    return frames > 8 * numRuns && copies > numRuns;
  });
});
