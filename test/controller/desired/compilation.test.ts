// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { Compilation } from "../../../src/controller/desired/compilation.ts";
import { flowKey } from "../../../src/flow-model/index.ts";
import { complete } from "../../../src/lang/steps.ts";
import { type Policy, parsePolicy } from "../../../src/policy/index.ts";
import {
  type Dpid,
  type Port,
  type PortNo,
  parseTopologyFile,
  TopologyState,
} from "../../../src/topology/index.ts";

const dpid = "0000000000000001" as Dpid;
const mac = (n: number) => ({ mac: `fa:00:00:00:00:0${n}` });

function configured(): TopologyState {
  const file = {
    switches: [{ dpid, name: "s1" }],
    hosts: [1, 2, 3].map((n) => ({ ...mac(n), name: `h${n}`, switch: "s1", port: n })),
  };
  const parsed = parseTopologyFile(JSON.stringify(file), "topology.json");
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return TopologyState.empty.withConfig(parsed.value);
}

function connected(state: TopologyState, numbers: readonly number[]): TopologyState {
  const ports = numbers.map(
    (no): Port => ({ no: no as PortNo, name: `p${no}`, hwAddr: no, up: true }),
  );
  return state.apply({ type: "switchConnected", dpid, ports });
}

function policy(document: object): Policy {
  const parsed = parsePolicy(document);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value.policy;
}

const pair = policy({ id: "pair", sender: mac(1), receiver: mac(2), monitors: [mac(3)] });
const toPort = policy({
  id: "to-port",
  sender: mac(1),
  receiver: mac(2),
  monitors: [{ port: { switch: "s1", port: "p4" } }],
});
const toUnknown = policy({
  id: "to-unknown",
  sender: mac(1),
  receiver: mac(9),
  monitors: [mac(3)],
});
const policies = [pair, toPort, toUnknown];

/** The present rules and plans. */
function outcome(compilation: Compilation) {
  const rules = compilation.tapRules(dpid).map((spec) => [flowKey(spec), spec.actions]);
  return {
    rules: rules.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    plans: policies.map(({ id }) => compilation.plan(id)),
  };
}

describe("taps are compiled again when what they depend on changes", () => {
  const states = [
    configured(),
    connected(configured(), [1, 2, 3]),
    connected(configured(), [1, 2, 3, 4]),
    connected(configured(), [1, 2, 4]),
    connected(configured(), [1, 2, 3, 4]).apply({ type: "switchDisconnected", dpid }),
  ];

  test.each([
    ["every policy there from the start", policies, []],
    ["ports named only by a later policy", [pair], [toPort, toUnknown]],
    ["floods only in a later policy", [pair, toPort], [toUnknown]],
  ])("%s: the same as a fresh compile, whatever came before", (_, first, later) => {
    for (const before of states) {
      for (const after of states) {
        const compilation = new Compilation();
        compilation.setTopology(before.topology);
        compilation.edit({ upsert: first });
        compilation.setTopology(after.topology);
        compilation.edit({ upsert: later });
        const fresh = new Compilation();
        fresh.setTopology(after.topology);
        fresh.edit({ upsert: policies });
        expect(outcome(compilation)).toEqual(outcome(fresh));
      }
    }
  });

  test("a dry run changes nothing", () => {
    const compilation = new Compilation();
    compilation.setTopology(configured().topology);
    compilation.edit({ upsert: [pair] });
    compilation.setTopology(connected(configured(), [1, 2, 3, 4]).topology);
    const before = outcome(compilation);
    const trying = (tried: Policy) =>
      complete(
        compilation.trying(
          { upsert: [tried] },
          {
            *tried(taps) {
              return (yield* taps.plan(tried.id))?.problems;
            },
            *present(_, problems) {
              yield;
              return problems;
            },
          },
        ),
      ) ?? [];
    expect(trying(toPort).length).toBeLessThanOrEqual(1);
    expect(outcome(compilation)).toEqual(before);
    trying(policy({ ...pairDocument, direction: "both" }));
    expect(outcome(compilation)).toEqual(before);
  });
});

const pairDocument = { id: "pair", sender: mac(1), receiver: mac(2), monitors: [mac(3)] };
