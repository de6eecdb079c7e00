// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { buildFrame, frameFields } from "../../../src/packet/index.ts";
import { type PolicyDocument, TapCompiler } from "../../../src/policy/index.ts";
import { monitorsOwed } from "../../../src/policy/semantics/semantics.ts";
import { mac, policiesOf, Scenario } from "../scenarios.ts";

/** h1 and h2 share port 1 of s1; h3 has one of its own there; h4 and h5 are on s2. */
const scenario = new Scenario({
  profiles: ["paths", "paths"],
  parents: [0],
  extra: [],
  hosts: [
    { at: 0, shared: false },
    { at: 0, shared: true },
    { at: 0, shared: false },
    { at: 1, shared: false },
    { at: 1, shared: false },
  ],
});
const { topology } = scenario;

/** How many copies arrive at port 1 of s1, where h1 and h2 are. */
function atSharedPort(document: PolicyDocument, from: number, ethDst: number) {
  const policies = policiesOf([document]);
  const compiler = new TapCompiler(scenario.environment);
  compiler.update({ upsert: policies });
  const home = topology.hostByMac(mac(from));
  const shared = topology.hostByMac(mac(1));
  if (home?.port === undefined || shared === undefined) throw new Error("no such host");
  const at = {
    dpid: home.dpid,
    port: home.port,
    bytes: buildFrame({ ethSrc: mac(from), ethDst, udpDst: 5 }),
  };
  const isShared = (each: { dpid: string; port: number }) =>
    each.dpid === shared.dpid && each.port === shared.port;
  const { delivered, visits } = scenario.simulate(compiler).send(at);
  const originals = scenario.simulate().send(at).delivered.filter(isShared);
  const owed = monitorsOwed(policies, topology, visits, frameFields(at.bytes) ?? {});
  const copies = [...owed.values()].filter(({ monitor }) => isShared(monitor));
  return {
    copies: delivered.filter(isShared).length - originals.length,
    owed: copies.length,
  };
}

const h = (n: number) => ({ host: `h${n}` });
const anyTo4: PolicyDocument = { sender: "any", receiver: h(4), monitors: [h(1)] };
const NONE = { copies: 0, owed: 0 };
const ONE = { copies: 1, owed: 1 };

describe("a monitor that shares its port with another host", () => {
  test("gets nothing that it sends itself, where the tap is on another switch", () => {
    expect(atSharedPort(anyTo4, 1, mac(4))).toEqual(NONE);
  });

  test("gets nothing that its neighbour sends, where the tap is on another switch", () => {
    expect(atSharedPort(anyTo4, 2, mac(4))).toEqual(NONE);
  });

  test("gets what others on its switch send", () => {
    expect(atSharedPort(anyTo4, 3, mac(4))).toEqual(ONE);
  });

  test("gets nothing that its neighbour sends, where the tap is on its own switch", () => {
    expect(atSharedPort({ ...anyTo4, receiver: h(3) }, 2, mac(3))).toEqual(NONE);
    const prefix: PolicyDocument = { ...anyTo4, sender: { ip: "10.0.0.0/29" }, receiver: "any" };
    expect(atSharedPort(prefix, 2, mac(4))).toEqual(NONE);
    const port: PolicyDocument = {
      ...anyTo4,
      sender: { port: { switch: "s1", port: 1 } },
      receiver: "any",
    };
    expect(atSharedPort(port, 2, mac(4))).toEqual(NONE);
  });

  test("gets what its neighbour sends where a policy names the neighbour", () => {
    expect(atSharedPort({ ...anyTo4, sender: h(2) }, 2, mac(4))).toEqual(ONE);
  });
});

describe("a monitor named by a port that several hosts share", () => {
  const monitored: PolicyDocument = {
    sender: h(4),
    receiver: "any",
    monitors: [{ port: { switch: "s1", port: 1 } }],
  };

  test("gets no copies of frames for any of them, which arrive there anyway", () => {
    expect(atSharedPort(monitored, 4, mac(1))).toEqual(NONE);
    expect(atSharedPort(monitored, 4, mac(2))).toEqual(NONE);
  });

  test("gets what is for others", () => {
    expect(atSharedPort(monitored, 4, mac(3))).toEqual(ONE);
  });
});
