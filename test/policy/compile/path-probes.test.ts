// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PathProbeFrames } from "../../../src/controller/health/path-probe-frames.ts";
import { type FlowSpec, flowKey, splitEntryRef } from "../../../src/flow-model/index.ts";
import { originalActions } from "../../../src/forwarding/index.ts";
import {
  type CompileEnvironment,
  type CopyWay,
  type PolicyDocument,
  TapCompiler,
} from "../../../src/policy/index.ts";
import { learnedBridge, type Outcome, SimulatedNetwork } from "../../../src/simulation/index.ts";
import type { Topology } from "../../../src/topology/index.ts";
import { propertyRuns } from "../../properties.ts";
import { dpid, LINE, port, stateOf } from "../../topology/networks.ts";
import { mirrorArb, networkArb, policiesOf, policyArb, Scenario } from "../scenarios.ts";

const runs = propertyRuns(80);

const frames = new PathProbeFrames(Buffer.alloc(32, 5));

/** Each way that the copies of policies take, once. */
function waysOf(compiler: TapCompiler, ids: readonly string[]): CopyWay[] {
  const ways = new Map<string, CopyWay>();
  for (const id of ids) {
    const copies = compiler.plan(id as never)?.copies ?? [];
    for (const way of copies.flatMap((each) => each.ways)) ways.set(way.id, way);
  }
  return [...ways.values()];
}

/** Sends a probe along a way: it enters the switch behind the first link. */
function sendProbe(
  { header, hops }: CopyWay,
  topology: Topology,
  tables: (at: CopyWay["from"]) => readonly FlowSpec[],
): Outcome {
  const [first] = hops;
  if (first?.inPort === undefined) throw new Error("a way has a link");
  const network = new SimulatedNetwork({ topology, tables, bridge: learnedBridge(topology) });
  const bytes = frames.frame(header, 1);
  return network.send({ dpid: first.dpid, port: first.inPort, bytes });
}

/** The switches and ports at which an outcome's frames were sent to the controller. */
const caughtAt = ({ visits }: Outcome) =>
  visits.flatMap(({ dpid: at, inPort, sent }) =>
    sent.some(({ to }) => to === "controller") ? [`${at} ${inPort}`] : [],
  );

/** The entries of a way that forward a frame to its end. */
const entriesOf = ({ entries, caught }: CopyWay) => [...entries, caught].map(splitEntryRef);

describe("a probe of any way", () => {
  const documents = fc.array(fc.oneof(policyArb, mirrorArb), { minLength: 1, maxLength: 4 });

  test("is caught at the end of its way, and no host receives it", { timeout: 300_000 }, () => {
    let count = 0;
    fc.assert(
      fc.property(networkArb, documents, (network, all) => {
        const scenario = new Scenario(network);
        const policies = policiesOf(all);
        const compiler = new TapCompiler(scenario.environment);
        compiler.update({ upsert: policies });
        for (const way of waysOf(
          compiler,
          policies.map(({ id }) => id),
        )) {
          count++;
          const outcome = sendProbe(way, scenario.topology, scenario.tables(compiler));
          expect(outcome.delivered).toEqual([]);
          const end = way.hops.at(-1);
          expect(caughtAt(outcome)).toEqual([`${end?.dpid} ${end?.inPort}`]);
          // The way is that of the copies: their transit rules forward it.
          const fired = outcome.visits.flatMap((visit) =>
            visit.fired.map(({ flow }) => `${visit.dpid} ${flow && flowKey(flow)}`),
          );
          const transits = fired.slice(0, -1);
          for (const each of transits) expect(way.entries).toContain(each);
        }
      }),
      { numRuns: runs },
    );
    expect(count).toBeGreaterThan(runs / 4);
  });

  test("is received by no host when a rule of its way is lost", { timeout: 300_000 }, () => {
    fc.assert(
      fc.property(networkArb, documents, (network, all) => {
        const scenario = new Scenario(network);
        const policies = policiesOf(all);
        const compiler = new TapCompiler(scenario.environment);
        compiler.update({ upsert: policies });
        const tables = scenario.tables(compiler);
        for (const way of waysOf(
          compiler,
          policies.map(({ id }) => id),
        )) {
          for (const lost of entriesOf(way)) {
            // Tagged copies depend on the entry that catches their probes.
            if (way.marking === "tag" && lost.key === splitEntryRef(way.caught).key) continue;
            const { delivered } = sendProbe(way, scenario.topology, (at) =>
              tables(at).filter((flow) => at !== lost.dpid || flowKey(flow) !== lost.key),
            );
            expect(delivered).toEqual([]);
          }
        }
      }),
      { numRuns: runs },
    );
  });
});

const host = (n: number) => ({ host: `h${n}` });

function compiled(topology: Topology, document: PolicyDocument, pathProbes = true) {
  const environment: CompileEnvironment = {
    topology,
    originalActions: (at, inPort, ethDst) => originalActions(topology, at, inPort, ethDst),
    tapVlans: { first: 100, last: 200 },
    pathProbes,
  };
  const compiler = new TapCompiler(environment);
  const [policy] = policiesOf([document]);
  if (policy === undefined) throw new Error("a document is a policy");
  compiler.update({ upsert: [policy] });
  const [copies] = compiler.plan(policy.id)?.copies ?? [];
  return { compiler, policy, copies };
}

const LINED = stateOf(LINE);
const MARKED: PolicyDocument = { sender: host(1), receiver: host(2), monitors: [host(3)] };
const TAGGED: PolicyDocument = { ...MARKED, copy: { delivery: "tag" } };

describe("the rules that catch probes", () => {
  const catchers = ({ compiler }: ReturnType<typeof compiled>) =>
    [1, 2, 3].flatMap((n) => compiler.desired(dpid(n)).filter((each) => each.category === "probe"));

  test("are one for all the pairs whose copies take a way, and go with the last of them", () => {
    const topology = LINED.topology;
    const both = compiled(topology, { ...MARKED, direction: "both" });
    expect(catchers(both)).toHaveLength(1);
    expect(both.copies?.ways).toHaveLength(1);
    both.compiler.update({ remove: [both.policy.id] });
    expect(catchers(both)).toEqual([]);
    expect(catchers(compiled(topology, MARKED, false))).toEqual([]);
  });

  test("hold up tagged copies only: the rule that restores these would deliver the probes", () => {
    const needsCatcher = (document: PolicyDocument) => {
      const { copies } = compiled(LINED.topology, document);
      const [way] = copies?.ways ?? [];
      return copies?.entries.some((ref) => ref === way?.caught);
    };
    expect(needsCatcher(TAGGED)).toBe(true);
    expect(needsCatcher(MARKED)).toBe(false);
  });

  test("are not on a switch that is not Open vSwitch, and the plan says so", () => {
    const ports = [3, 10].map((no) => port(no));
    const isPlain = true;
    const plain = LINED.apply({ type: "switchConnected", dpid: dpid(3), ports, isPlain });
    const found = compiled(plain.topology, MARKED);
    expect(catchers(found)).toEqual([]);
    expect(found.copies).toMatchObject({
      ways: [],
      unprobed: ["switch s3 is not Open vSwitch and cannot catch probes"],
    });
    // It is known when the switch connects.
    const { compiler, policy } = compiled(LINED.topology, MARKED);
    const { topology } = plain;
    compiler.rebase({
      ...{ topology, tapVlans: { first: 100, last: 200 }, pathProbes: true },
      originalActions: (at, inPort, ethDst) => originalActions(topology, at, inPort, ethDst),
    });
    expect(compiler.plan(policy.id)?.copies).toEqual([found.copies]);
  });
});
