import fc from "fast-check";
import { expect, test } from "vitest";
import { type FrameFields, frameFields } from "../../src/packet/index.ts";
import { type Policy, TapCompiler } from "../../src/policy/index.ts";
import { monitorsOwed } from "../../src/policy/semantics/semantics.ts";
import { propertyRuns } from "../properties.ts";
import { aimedArb, enterAimed } from "./aimed-frames.ts";
import { flowHash, multipath } from "./deliveries.ts";
import { anyTreatedArb, frameText, networkArb, policiesOf, Scenario } from "./scenarios.ts";

const numRuns = propertyRuns(1000);

/** As if nobody had asked for less than all flows as they are. */
function untreated({ truncate: _t, sample: _s, monitors, ...policy }: Policy): Policy {
  return { ...policy, monitors: monitors.map(({ set: _, ...monitor }) => monitor) };
}

/**
 * Where policies of different treatment see a frame at different switches, the switch that copies for
 * both of them does not know the port it came in by. It may give a policy more than it asked for, and
 * the policy says so, but never less, and never a frame twice.
 */
test("whoever makes a copy, nobody gets less than asked for", { timeout: 3_600_000 }, () => {
  const policiesArb = fc.array(anyTreatedArb, { minLength: 2, maxLength: 5 });
  const framesArb = fc.array(aimedArb, { minLength: 4, maxLength: 10 });
  fc.assert(
    fc.property(networkArb, policiesArb, framesArb, (network, documents, frames) => {
      const scenario = new Scenario(network);
      const { topology } = scenario;
      const policies = policiesOf(documents);
      const compiler = new TapCompiler(scenario.environment);
      compiler.update({ upsert: policies });
      const [before, after] = [scenario.simulate(), scenario.simulate(compiler, multipath)];
      for (const plan of frames) {
        const at = enterAimed(plan, policies, topology);
        const fields: Partial<FrameFields> = frameFields(at.bytes) ?? {};
        const base = before.send(at);
        const originals = base.delivered.map(frameText);
        const copies = new Map<string, Uint8Array>();
        for (const each of after.send(at).delivered) {
          const original = originals.indexOf(frameText(each));
          const port = `${each.dpid}/${each.port}`;
          if (original >= 0) originals.splice(original, 1);
          else {
            expect(copies.has(port)).toBe(false);
            copies.set(port, each.bytes);
          }
        }
        expect(originals).toEqual([]);
        const owed = monitorsOwed(policies, topology, base.visits, fields, flowHash(at.bytes));
        for (const [port, { treatment }] of owed) {
          const copy = copies.get(port) ?? new Uint8Array();
          const wanted = at.bytes.subarray(0, treatment.truncate);
          expect(Buffer.from(copy.subarray(0, wanted.length))).toEqual(Buffer.from(wanted));
          expect(Buffer.from(copy)).toEqual(Buffer.from(at.bytes.subarray(0, copy.length)));
        }
        const most = monitorsOwed(policies.map(untreated), topology, base.visits, fields);
        for (const port of copies.keys()) expect([...most.keys()]).toContain(port);
        const home = topology.hostByMac(Number(fields.ethSrc));
        const isForged = home !== undefined && (home.dpid !== at.dpid || home.port !== at.port);
        for (const [port, copy] of isForged ? [] : copies) {
          const wanted = owed.get(port);
          const length = wanted && at.bytes.subarray(0, wanted.treatment.truncate).length;
          if (length === copy.length) continue;
          const told = policies.flatMap(({ id }) => compiler.plan(id)?.problems ?? []);
          expect(told.map(({ what }) => what).join("\n")).toContain("may be treated as policy");
        }
      }
    }),
    // Not every network comes out right: a forged source at a monitor's own port (README, limits).
    { numRuns },
  );
});
