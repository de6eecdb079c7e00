// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { buildFrame, frameFields } from "../../../src/packet/index.ts";
import { blindSpotsOf } from "../../../src/policy/explain/blind-spots.ts";
import { type PolicyDocument, TapCompiler } from "../../../src/policy/index.ts";
import { MOST_INGRESS_SWITCHES } from "../../../src/policy/placement/ingress-switches.ts";
import { monitorsOwed } from "../../../src/policy/semantics/semantics.ts";
import type { Dpid, PortNo } from "../../../src/topology/index.ts";
import { dpid } from "../../topology/networks.ts";
import { mac, type Network, policiesOf, Scenario } from "../scenarios.ts";

/** A chain s1 - s2 - s3: server h1 and h2 on s1, monitor h3 and h4 on s2, h5 on s3. */
const CHAIN: Network = {
  profiles: ["paths", "paths", "paths"],
  parents: [0, 1],
  extra: [],
  hosts: [0, 0, 1, 1, 2].map((at) => ({ at, shared: false })),
  connected: true,
};
const h = (n: number) => ({ host: `h${n}` });
const ANY_TO_SERVER: PolicyDocument = { sender: "any", receiver: h(1), monitors: [h(3)] };

function compiled(network: Network, document: PolicyDocument) {
  const scenario = new Scenario(network);
  const policies = policiesOf([document]);
  const compiler = new TapCompiler(scenario.environment);
  compiler.update({ upsert: policies });
  return { scenario, policies, compiler };
}

/** The copies that h3 gets of a frame for h1 with the source address of a host, and those that it is owed. */
function copies(
  { scenario, policies, compiler }: ReturnType<typeof compiled>,
  source: number,
  at: { readonly dpid: Dpid; readonly port: PortNo },
) {
  const bytes = buildFrame({ ethSrc: mac(source), ethDst: mac(1), udpDst: 5 });
  const { delivered } = scenario.simulate(compiler).send({ ...at, bytes });
  const { visits } = scenario.simulate().send({ ...at, bytes });
  const atMonitor = delivered.filter(({ port }) => port === 3);
  const owed = monitorsOwed(policies, scenario.topology, visits, frameFields(bytes) ?? {});
  for (const copy of atMonitor) expect(Buffer.from(copy.bytes)).toEqual(Buffer.from(bytes));
  return { copied: atMonitor.length, owed: owed.size };
}

const at = (n: number, port: number) => ({ dpid: dpid(n), port: port as PortNo });
const ONE = { copied: 1, owed: 1 };
const NONE = { copied: 0, owed: 0 };

describe("frames with the source address of a monitor on another switch than the tap", () => {
  const network = compiled(CHAIN, ANY_TO_SERVER);

  test.each([
    ["at another port of the monitor's switch", at(2, 4)],
    ["behind the monitor's switch", at(3, 5)],
    ["at the receiver's switch", at(1, 2)],
    ["at the receiver's own port", at(1, 1)],
  ])("are copied once if they enter %s", (_where, entry) => {
    expect(copies(network, 3, entry)).toEqual(ONE);
  });

  test("are not copied if they enter at the monitor's port", () => {
    expect(copies(network, 3, at(2, 3))).toEqual(NONE);
  });

  test("need no further rules if the policy names another sender by its address", () => {
    const sender = { mac: "fa:00:00:00:00:09" };
    const { compiler, policies } = compiled(CHAIN, { ...ANY_TO_SERVER, sender });
    const [made] = policies.flatMap(({ id }) => compiler.plan(id)?.copies ?? []);
    expect(made?.entries).not.toEqual([]);
    expect(made).not.toHaveProperty("ingress");
  });

  test("need no further rules if the monitor has a tap port: by it no frame enters", () => {
    const hosts = CHAIN.hosts.map((host, n) => ({ ...host, isMonitor: n === 2 }));
    const declared = compiled({ ...CHAIN, hosts }, ANY_TO_SERVER);
    expect(copies(declared, 3, at(2, 4))).toEqual(ONE);
    expect(declared.compiler.desired(dpid(3)).filter(isRewriting)).toEqual([]);
    expect(network.compiler.desired(dpid(3)).filter(isRewriting)).not.toEqual([]);
  });

  test("do not appear among the tap points, and their rules are apart in the plan", () => {
    const [policy] = network.policies;
    const plan = policy && network.compiler.plan(policy.id);
    expect(plan?.tapPoints).toEqual(["s1 port 1 (receiver's edge)"]);
    const switches = (refs: readonly string[] = []) =>
      [...new Set(refs.map((ref) => Number(ref.slice(0, 16))))].sort();
    expect(switches(plan?.copies[0]?.ingress)).toEqual([1, 2, 3]);
    expect(switches(plan?.copies[0]?.entries)).toEqual([1, 2]);
    expect(plan?.problems).toEqual([]);
  });
});

describe("in a network of many switches", () => {
  const size = MOST_INGRESS_SWITCHES + 1;
  const wide = compiled(
    {
      ...CHAIN,
      profiles: Array.from({ length: size }, () => "paths" as const),
      parents: Array.from({ length: size - 1 }, (_, n) => n),
    },
    ANY_TO_SERVER,
  );

  test("frames with a monitor's source address are copied on its switch and at the receiver's", () => {
    expect(copies(wide, 3, at(2, 4))).toEqual(ONE);
    expect(copies(wide, 3, at(1, 2))).toEqual(ONE);
    expect(copies(wide, 3, at(3, 5))).toEqual(NONE);
  });

  test("the policy says at which switches they are not", () => {
    const [policy] = wide.policies;
    const unseen = policy && blindSpotsOf(policy, wide.scenario.topology);
    expect(unseen).toContain(
      'for monitor h3: frames with the source address of a host at its port that enter at s3, s4, s5 and 12 more (of a host with "role": "monitor" they are copied)',
    );
  });
});

function isRewriting({ category }: { readonly category: string }): boolean {
  return category === "rewriting";
}
