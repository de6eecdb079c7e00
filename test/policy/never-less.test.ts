// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { type FrameFields, frameFields } from "../../src/packet/index.ts";
import { type Policy, TapCompiler } from "../../src/policy/index.ts";
import { monitorsOwed } from "../../src/policy/semantics/semantics.ts";
import type { Delivery } from "../../src/simulation/index.ts";
import type { PortAt, Topology } from "../../src/topology/index.ts";
import { propertyRuns } from "../properties.ts";
import { aimedArb, enterAimed } from "./aimed-frames.ts";
import { fieldsOf, flowHash, multipath } from "./deliveries.ts";
import { anyTreatedArb, frameText, networkArb, policiesOf, Scenario } from "./scenarios.ts";

const numRuns = propertyRuns(1000);

/** A policy without treatment: whole copies of all flows. */
function untreated({ truncate: _t, sample: _s, monitors, ...policy }: Policy): Policy {
  return { ...policy, monitors: monitors.map(({ set: _, ...monitor }) => monitor) };
}

/**
 * If policies with different treatments tap a frame at different switches, the switch that copies for
 * both does not know the frame's in-port in the network. A policy may get more than it requests, which
 * its problems say, but never less, and never a frame twice.
 */
test("no policy gets less than it requests, whichever switch makes the copy", {
  timeout: 3_600_000,
}, () => {
  const policiesArb = fc.array(anyTreatedArb, { minLength: 2, maxLength: 5 });
  const framesArb = fc.array(aimedArb, { minLength: 4, maxLength: 10 });
  fc.assert(
    fc.property(networkArb, policiesArb, framesArb, (network, documents, frames) => {
      const scenario = new Scenario(network);
      const { topology, hasTags } = scenario;
      const policies = policiesOf(documents);
      const compiler = new TapCompiler(scenario.environment);
      compiler.update({ upsert: policies });
      const [before, after] = [scenario.simulate(), scenario.simulate(compiler, multipath)];
      for (const plan of frames) {
        const at = enterAimed(plan, policies, topology);
        const seen = fieldsOf(at.bytes, topology);
        const base = before.send(at);
        const copies = copiesAmong(after.send(at).delivered, base.delivered);
        const options = { hash: flowHash(at.bytes), hasTags };
        const owed = monitorsOwed(policies, topology, base.visits, seen, options);
        for (const [port, { treatment }] of owed) {
          const copy = copies.get(port) ?? new Uint8Array();
          const expected = at.bytes.subarray(0, treatment.truncate);
          expect(Buffer.from(copy.subarray(0, expected.length))).toEqual(Buffer.from(expected));
          expect(Buffer.from(copy)).toEqual(Buffer.from(at.bytes.subarray(0, copy.length)));
        }
        const most = monitorsOwed(policies.map(untreated), topology, base.visits, seen, {
          hasTags,
        });
        for (const port of copies.keys()) expect([...most.keys()]).toContain(port);
        for (const [port, copy] of isForged(at, frameFields(at.bytes) ?? {}, topology)
          ? []
          : copies) {
          const due = owed.get(port);
          const length = due && at.bytes.subarray(0, due.treatment.truncate).length;
          if (length === copy.length) continue;
          const problems = policies.flatMap(({ id }) => compiler.plan(id)?.problems ?? []);
          expect(problems.map(({ what }) => what).join("\n")).toContain("may be treated as policy");
        }
      }
    }),
    // A known exception: a forged source at a monitor's own port (README, limits).
    { numRuns },
  );
});

/** The frames beside the originals, by port: every original is there once, and no port has two copies. */
function copiesAmong(
  delivered: readonly Delivery[],
  originals: readonly Delivery[],
): Map<string, Uint8Array> {
  const expected = originals.map(frameText);
  const copies = new Map<string, Uint8Array>();
  for (const each of delivered) {
    const original = expected.indexOf(frameText(each));
    const port = `${each.dpid}/${each.port}`;
    if (original >= 0) expected.splice(original, 1);
    else {
      expect(copies.has(port)).toBe(false);
      copies.set(port, each.bytes);
    }
  }
  expect(expected).toEqual([]);
  return copies;
}

/** Whether a frame has the source address of a host at another port. */
function isForged(at: PortAt, { ethSrc }: Partial<FrameFields>, topology: Topology): boolean {
  const home = topology.hostByMac(Number(ethSrc));
  return home !== undefined && (home.dpid !== at.dpid || home.port !== at.port);
}
