// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { compileForwarding } from "../../../src/forwarding/index.ts";
import { blindSpotsOf, TapCompiler } from "../../../src/policy/index.ts";
import { dpid } from "../../topology/networks.ts";
import { environmentOf, type Network, policiesOf, topologyOf } from "../scenarios.ts";

/** h1, h2 and h3 on s1 beside another application, h4 on s2. */
const NETWORK: Network = {
  profiles: [{ beside: { mark: "reg10[27]" } }, "paths"],
  parents: [0],
  extra: [],
  hosts: [0, 0, 0, 1].map((at) => ({ at, shared: false })),
  connected: true,
};
const mac = (host: number) => ({ mac: `fa:00:00:00:00:0${host}` });

function planOf(monitor: number, network: Network = NETWORK, sender: object | "any" = mac(1)) {
  const topology = topologyOf(network);
  const [policy] = policiesOf([
    { sender, receiver: mac(2), monitors: [mac(monitor)], direction: "forward" } as never,
  ]);
  if (policy === undefined) throw new Error("no policy");
  const compiler = new TapCompiler(environmentOf(topology));
  compiler.update({ upsert: [policy] });
  const { problems } = compiler.plan(policy.id) ?? { problems: [] };
  return { problems, rules: compiler.desired(dpid(1)), unseen: blindSpotsOf(policy, topology) };
}

test("copies leave on the switch alone: by links there would be the other application's tables", () => {
  expect(planOf(3).problems).toEqual([]);
  const elsewhere = planOf(4);
  expect(elsewhere.rules).toEqual([]);
  expect(elsewhere.problems).toEqual([
    {
      blocks: "monitor",
      monitor: "fa:00:00:00:00:04",
      state: "error",
      what: `no copies leave switch s1 for monitor fa:00:00:00:00:04 at another switch: another application's tables would handle them: plug it into s1, or have copies leave by a tunnel (delivery "tunnel")`,
    },
  ]);
});

test("nothing but rules for taps is written, and none before the other application's entries are known", () => {
  const topology = topologyOf(NETWORK);
  expect(compileForwarding(topology).get(dpid(1))).toEqual([]);
  expect(planOf(3).rules.map(({ category }) => category)).toEqual(["rewriting"]);
  const unread = planOf(3, { ...NETWORK, connected: false });
  expect(unread.rules).toEqual([]);
  expect(unread.problems).toEqual([
    {
      blocks: "policy",
      what: "the entries of switch s1 have not been read yet: they may read reg10[27]",
    },
  ]);
});

test("what a tap before the tables does not see is said", () => {
  const early =
    "frames are copied as they enter s1, before the ACLs, NAT and routing of the application that programs it: also those that it drops, and with the addresses that they have then";
  const routed =
    "frames for fa:00:00:00:00:02 that get their address in the tables of s1 (routed, translated or answered there): they enter with another one";
  const sending = planOf(3).unseen;
  expect(sending).toContain(early);
  expect(sending).not.toContain(routed);
  expect(planOf(3, NETWORK, "any").unseen).toEqual(expect.arrayContaining([early, routed]));
});
