// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { buildFrame, frameFields } from "../../../src/packet/index.ts";
import { type PolicyDocument, TapCompiler } from "../../../src/policy/index.ts";
import { monitorsOwed } from "../../../src/policy/semantics/semantics.ts";
import type { PortNo } from "../../../src/topology/index.ts";
import { dpid } from "../../topology/networks.ts";
import { mac, type Network, policiesOf, Scenario } from "../scenarios.ts";

/**
 * s1: h1, which has left port 70 of s2; h2, which has left port 71 of s1. s2: h3, the monitor, and h4. h1 has been seen
 * at its former port, h2 has not.
 */
const NETWORK: Network = {
  profiles: ["paths", "paths"],
  parents: [0],
  extra: [],
  hosts: [
    { at: 0, shared: false, left: 1 },
    { at: 0, shared: false, left: 0 },
    { at: 1, shared: false },
    { at: 1, shared: false },
  ],
  connected: true,
};
const scenario = new Scenario(NETWORK);
const host = (n: number) => ({ mac: `fa:00:00:00:00:0${n}` });
const at = (sw: number, port: number) => ({ dpid: dpid(sw), port: port as PortNo });

function compiled(document: PolicyDocument) {
  const policies = policiesOf([document]);
  const compiler = new TapCompiler(scenario.environment);
  compiler.update({ upsert: policies });
  return { policies, compiler };
}

/** How many copies arrive at the monitor of a UDP packet, and how many it is owed. */
function copies(
  { policies, compiler }: ReturnType<typeof compiled>,
  from: number,
  to: number,
  where: ReturnType<typeof at>,
) {
  const ips = { ethType: 0x0800, ipv4Src: 0x0a000000 + from, ipv4Dst: 0x0a000000 + to };
  const bytes = buildFrame({ ethSrc: mac(from), ethDst: mac(to), ...ips, udpDst: 5 });
  const { delivered } = scenario.simulate(compiler).send({ ...where, bytes });
  const { visits } = scenario.simulate().send({ ...where, bytes });
  const owed = monitorsOwed(policies, scenario.topology, visits, frameFields(bytes) ?? {});
  return [delivered.filter(({ port }) => port === 3).length, owed.size];
}

describe("a policy of a host that has left a port", () => {
  test.each<[string, PolicyDocument["sender"]]>([
    ["its MAC address", host(1)],
    ["its IP address", { ip: "10.0.0.1" }],
    ["a prefix that contains it", { ip: "10.0.0.0/30" }],
  ])("by %s copies what enters at either port, once", (_by, sender) => {
    const policy = compiled({ sender, receiver: "any", monitors: [host(3)] });
    expect(copies(policy, 1, 4, at(1, 1))).toEqual([1, 1]);
    expect(copies(policy, 1, 4, at(2, 70))).toEqual([1, 1]);
    expect(copies(policy, 1, 4, at(1, 90))).toEqual([0, 0]);
  });

  test("copies the other direction where the host is now", () => {
    const policy = compiled({
      sender: host(1),
      receiver: { ip: "10.0.0.9" },
      monitors: [host(3)],
      direction: "reverse",
    });
    const plan = policy.policies.flatMap(({ id }) => policy.compiler.plan(id) ?? []);
    expect(plan.flatMap(({ tapPoints }) => tapPoints)).toEqual(["s1 port 1 (sender's edge)"]);
  });

  test("is degraded and names both ports while the host is seen at the former one", () => {
    const reasons = ["fa:00:00:00:00:01", "fa:00:00:00:00:02"].map((mac) => {
      const { policies, compiler } = compiled({
        sender: { mac },
        receiver: host(4),
        monitors: [host(3)],
      });
      return policies.flatMap(({ id }) => compiler.plan(id)?.problems ?? []);
    });
    expect(reasons).toEqual([
      [
        {
          blocks: "part",
          what: "frames of sender fa:00:00:00:00:01 enter at s1 port 1, and at s2 port 70, which it has left: those of both are copied",
          state: "degraded",
        },
      ],
      [],
    ]);
  });

  test("has a monitor at its present port only", () => {
    const policy = compiled({ sender: host(4), receiver: host(3), monitors: [host(2)] });
    const [plan] = policy.policies.flatMap(({ id }) => policy.compiler.plan(id) ?? []);
    expect(plan?.problems).toEqual([]);
  });
});
