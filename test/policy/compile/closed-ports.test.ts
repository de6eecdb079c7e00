// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { entranceOf, TAP_TABLE } from "../../../src/flow-model/index.ts";
import { compileForwarding, originalActions } from "../../../src/forwarding/index.ts";
import { type CompileEnvironment, TapCompiler } from "../../../src/policy/index.ts";
import { type PortNo, parseDpid, TopologyState } from "../../../src/topology/index.ts";
import { policiesOf } from "../scenarios.ts";

/** A switch with this many ports that are being probed, besides those of three hosts. */
function switchProbing(count: number) {
  const dpid = parseDpid("0000000000000001");
  if (dpid === undefined) throw new Error("not a datapath id");
  const hosts = [1, 2, 3].map((n) => ({ mac: 0xfa0000000000 + n, ips: [], dpid, port: n }));
  const state = TopologyState.empty.withConfig({
    switches: [{ dpid, name: "s1", forwarding: "paths" }],
    links: [],
    hosts,
  });
  const probing = new Set(Array.from({ length: count }, (_, n) => (100 + n) as PortNo));
  const { topology } = state.withDiscovered({ links: [], probing: new Map([[dpid, probing]]) });
  const environment: CompileEnvironment = {
    topology,
    originalActions: (at, inPort, ethDst) => originalActions(topology, at, inPort, ethDst),
  };
  const compiler = new TapCompiler(environment);
  compiler.update({
    upsert: policiesOf([
      {
        sender: "any",
        receiver: { mac: "fa:00:00:00:00:01" },
        monitors: [{ mac: "fa:00:00:00:00:03" }],
      },
      {
        sender: "any",
        receiver: { mac: "fa:00:00:00:00:02" },
        monitors: [{ mac: "fa:00:00:00:00:03" }],
      },
    ]),
  });
  return { taps: compiler.desired(dpid), base: compileForwarding(topology).get(dpid) ?? [] };
}

describe("ports that base forwarding closes", () => {
  test("need no rules of policies, however many they are", () => {
    const { taps } = switchProbing(1000);
    expect(taps.length).toBeGreaterThan(0);
    expect(taps).toEqual(switchProbing(0).taps);
  });

  test("drop frames before any tap copies them", () => {
    const { taps, base } = switchProbing(2);
    for (const port of [100, 101]) {
      const [drop] = base.filter(
        ({ match, actions }) => entranceOf(match) === port && actions.length === 0,
      );
      expect(drop).toMatchObject({ table: TAP_TABLE, category: "forwarding" });
      for (const { category, priority } of taps) {
        if (category === "rewriting") expect(priority).toBeLessThan(drop?.priority ?? 0);
      }
    }
  });
});
