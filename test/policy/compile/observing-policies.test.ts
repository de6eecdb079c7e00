// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { complete } from "../../../src/lang/steps.ts";
import { frameFields } from "../../../src/packet/index.ts";
import { type PolicyDocument, TapCompiler } from "../../../src/policy/index.ts";
import { hasAddressIn } from "../../../src/policy/placement/placement.ts";
import { monitorsOwed } from "../../../src/policy/semantics/semantics.ts";
import type { Host, Topology } from "../../../src/topology/index.ts";
import { propertyRuns } from "../../properties.ts";
import { type AimedPlan, aimedArb, enterAimed } from "../aimed-frames.ts";
import { fieldsOf } from "../deliveries.ts";
import {
  mac,
  mirrorArb,
  type Network,
  networkArb,
  policiesOf,
  policyArb,
  Scenario,
  TWO_SWITCHES,
} from "../scenarios.ts";

const numRuns = propertyRuns(200);
const timeout = 3_600_000;

function compiled(network: Network, documents: readonly PolicyDocument[]) {
  const scenario = new Scenario(network);
  const policies = policiesOf(documents);
  const compiler = new TapCompiler(scenario.environment);
  compiler.update({ upsert: policies });
  const observers = (address: number) => complete(compiler.findingObservations(address));
  return { scenario, policies, compiler, observers };
}

/** The hosts of TWO_SWITCHES whose frames a policy copies: h1 and h2 are on s1, h3 and h4 on s2. */
function observedBy(document: Partial<PolicyDocument>, network = TWO_SWITCHES) {
  const any: PolicyDocument = { sender: "any", receiver: "any", monitors: [{ host: "h4" }] };
  const { observers } = compiled(network, [{ ...any, ...document }]);
  return [1, 2, 3, 4].filter((n) => observers(mac(n)).length > 0);
}

const h = (n: number) => ({ host: `h${n}` });
const ip = (n: number) => ({ ip: `10.0.0.${n}` });
const port = (name: string, no: number) => ({ port: { switch: name, port: no } });

describe("the hosts whose frames a policy copies", () => {
  test.each<[string, Partial<PolicyDocument>, number[]]>([
    ["of two hosts", { sender: h(1), receiver: h(2) }, [1, 2]],
    ["of two IP addresses", { sender: ip(1), receiver: ip(3) }, [1, 3]],
    // What the monitor sends and receives is not copied for it.
    ["of a sender", { sender: h(1) }, [1, 2, 3]],
    ["of a receiver", { receiver: h(2) }, [1, 2, 3]],
    ["of a prefix that has one end", { sender: { ip: "10.0.0.1/32" } }, [1, 2, 3]],
    ["of a sender that is the monitor", { sender: h(2), monitors: [h(1)] }, [2, 3, 4]],
    ["of the frames that enter by a port", { sender: port("s1", 2), receiver: h(3) }, [2, 3]],
    ["of the frames that leave by a port", { sender: h(1), receiver: port("s2", 3) }, [1, 3]],
    ["with a filter by address", { sender: h(1), filters: { ipv4_dst: "10.0.0.3" } }, [1, 3]],
    ["with an exception", { sender: h(1), exclude: [{ eth_dst: "fa:00:00:00:00:03" }] }, [1, 2]],
    [
      "of broadcast frames of a host",
      { sender: h(1), filters: { eth_dst: "ff:ff:ff:ff:ff:ff" } },
      [1],
    ],
    ["in both directions", { sender: h(1), receiver: h(2), direction: "both" }, [1, 2]],
    ["of a host that is not known", { sender: { mac: "fa:00:00:00:00:09" }, receiver: h(2) }, [2]],
    ["that is disabled", { sender: h(1), enabled: false }, []],
    ["without a place", { sender: "any", receiver: "any" }, []],
    ["whose monitor has no place", { sender: h(1), monitors: [{ mac: "fa:00:00:00:00:09" }] }, []],
  ])("%s: %j", (_, document, expected) => {
    expect(observedBy(document)).toEqual(expected);
  });

  test("of a host without known addresses those of any address", () => {
    const network: Network = { ...TWO_SWITCHES, amongMarks: [{ at: 0, mac: 0xfa00000000aa }] };
    const documents: PolicyDocument[] = [
      { sender: ip(1), receiver: ip(3), monitors: [h(4)] },
      { sender: { mac: "fa:00:00:00:00:01" }, receiver: h(3), monitors: [h(4)] },
    ];
    const { observers } = compiled(network, documents);
    expect(observers(0xfa00000000aa).map(({ id }) => id)).toEqual(["p0"]);
  });

  test("of a host behind the port of the receiver", () => {
    const hosts = [0, 0, 0].map((at, n) => ({ at, shared: n > 1 }));
    const network: Network = { ...TWO_SWITCHES, profiles: ["paths"], parents: [], hosts };
    const document = { sender: { ip: "10.0.0.0/30" }, receiver: h(3), monitors: [h(2)] };
    expect(observedBy(document, network)).toEqual([1, 3]);
  });

  test("switches without a link exchange no frames", () => {
    const apart: Network = { ...TWO_SWITCHES, parents: [] };
    const sender = { sender: h(1), monitors: [h(2)] };
    expect([observedBy(sender), observedBy(sender, apart)]).toEqual([[1, 3, 4], [1]]);
  });

  test("a policy of a project copies frames of its ports alone", () => {
    const network: Network = {
      ...TWO_SWITCHES,
      hosts: TWO_SWITCHES.hosts.map((host, n) => ({ ...host, project: n < 3 ? "a" : "b" })),
    };
    const document = { sender: h(4), receiver: h(1), monitors: [h(2)], project: "a" };
    expect(observedBy(document, network)).toEqual([1, 4]);
    expect(observedBy({ ...document, receiver: "any", direction: "both" }, network)).toEqual([]);
  });
});

test("monitors are those that get copies of the host's frames, and policies are in order", () => {
  const monitors = [h(2), { mac: "fa:00:00:00:00:09" }, h(4)];
  const documents: PolicyDocument[] = [
    { sender: h(1), receiver: "any", monitors },
    { sender: h(3), receiver: h(1), monitors: [h(2)] },
  ];
  const { observers } = compiled(TWO_SWITCHES, documents);
  const [p0, p1] = ["p0", "p1"];
  // The frames that h2 receives are not copied for it.
  expect([1, 2, 3].map((n) => observers(mac(n)))).toEqual([
    [
      { id: p0, monitors: ["h2", "h4"] },
      { id: p1, monitors: ["h2"] },
    ],
    [{ id: p0, monitors: ["h4"] }],
    [
      { id: p0, monitors: ["h2", "h4"] },
      { id: p1, monitors: ["h2"] },
    ],
  ]);
  expect(observers(mac(9))).toEqual([]);
});

/** Whether an IP address of a packet is one of a host, or no packet of its families. */
function isOwnPacket(host: Host, fields: ReturnType<typeof frameFields>, side: "Src" | "Dst") {
  const [v4, v6] = [fields?.[`ipv4${side}`], fields?.[`ipv6${side}`]];
  const of = (address: Parameters<typeof hasAddressIn>[1]["address"], length: number) =>
    hasAddressIn(host, { address, length });
  if (v4 !== undefined) return of({ family: 4, value: v4 }, 32);
  return v6 === undefined || of({ family: 6, value: v6 }, 128);
}

/** The hosts that a frame is of: that which sends it, and that which receives it by its port. */
function concerned(
  topology: Topology,
  {
    at,
    delivered,
  }: { at: ReturnType<typeof enterAimed>; delivered: readonly { dpid: string; port: number }[] },
): Host[] {
  const fields = frameFields(at.bytes);
  const [from, to] = [fields?.ethSrc, fields?.ethDst].map((each) => topology.hostByMac(each ?? 0));
  const isThere = (host: Host, place: { dpid: string; port: number }) =>
    host.dpid === place.dpid && host.port === place.port;
  const isSent = from && isThere(from, at) && isOwnPacket(from, fields, "Src");
  const isReceived =
    to && delivered.some((each) => isThere(to, each)) && isOwnPacket(to, fields, "Dst");
  return [...(isSent ? [from] : []), ...(isReceived ? [to] : [])];
}

test("every copied frame of a host is of a policy that is listed", { timeout }, () => {
  const policies = fc.array(fc.oneof(policyArb, mirrorArb), { minLength: 1, maxLength: 3 });
  const frames: fc.Arbitrary<AimedPlan[]> = fc.array(aimedArb, { minLength: 4, maxLength: 10 });
  let found = 0;
  fc.assert(
    fc.property(networkArb, policies, frames, (network, documents, plans) => {
      const { scenario, policies, compiler, observers } = compiled(network, documents);
      const { topology, hasTags } = scenario;
      const untapped = scenario.simulate();
      for (const plan of plans) {
        const at = enterAimed(plan, policies, topology);
        const { visits, delivered } = untapped.send(at);
        for (const policy of policies) {
          const fields = fieldsOf(at.bytes, topology);
          const owed = monitorsOwed([policy], topology, visits, fields, { hasTags });
          const isIngress = compiler
            .plan(policy.id)
            ?.copies.some(({ entries, ingress }) => entries.length === 0 && ingress);
          if (owed.size === 0 || isIngress) continue;
          for (const host of concerned(topology, { at, delivered })) {
            found++;
            expect(observers(host.mac).map(({ id }) => id)).toContain(policy.id);
          }
        }
      }
    }),
    { numRuns },
  );
  expect(found).toBeGreaterThan(numRuns / 4);
});
