// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { originalActions } from "../../../src/forwarding/index.ts";
import { planMirrors, TapCompiler } from "../../../src/policy/index.ts";
import { dpid, stateOf } from "../../topology/networks.ts";
import { policiesOf } from "../scenarios.ts";

const mac = (host: number) => ({ mac: `fa:00:00:00:00:0${host}` });

/** h1, h2 and h3 on s1, h4 on s2; h5 and h6 share port 5 of s1. */
const { topology } = stateOf({
  profiles: ["paths", "paths"],
  links: [[1, 10, 2, 10]],
  hosts: [
    [1, 1],
    [1, 2],
    [1, 3],
    [2, 4],
    [1, 5],
    [1, 5],
  ],
});

function planned(more: object) {
  const document = {
    ...{ sender: mac(1), receiver: "any", monitors: [mac(3)], copy: { delivery: "mirror" } },
    ...more,
  };
  const [policy] = policiesOf([document as never]);
  if (policy === undefined) throw new Error("no policy");
  return { policy, ...planMirrors(policy, topology) };
}

test.each<[string, object, readonly number[], readonly number[]]>([
  ["what a sender sends", {}, [1], []],
  ["what it receives", { direction: "reverse" }, [], [1]],
  ["both", { direction: "both" }, [1], [1]],
  ["what a receiver receives", { sender: "any", receiver: mac(2) }, [], [2]],
  ["what it sends", { sender: "any", receiver: mac(2), direction: "reverse" }, [2], []],
  ["several senders", { sender: [mac(2), mac(1)] }, [1, 2], []],
  ["a port with several hosts", { sender: { port: { switch: "s1", port: 5 } } }, [5], []],
])("selects %s", (_, more, sources, destinations) => {
  const { mirrors, problems } = planned(more);
  expect(problems).toEqual([]);
  expect(mirrors).toMatchObject([
    { dpid: dpid(1), isAll: false, sources, destinations, vlans: [], output: { port: 3 } },
  ]);
});

test.each<[string, unknown, readonly number[]]>([
  ["one", 7, [7]],
  ["several", [9, 7], [7, 9]],
  ["a range", "100-103", [100, 101, 102, 103]],
  ["the whole range", "1-4095", Array.from({ length: 4095 }, (_, index) => index + 1)],
])("is limited to VLANs: %s", (_, vlan, vlans) => {
  expect(planned({ filters: { vlan_vid: vlan } })).toMatchObject({ mirrors: [{ vlans }] });
});

test("any of several filters is enough", () => {
  const filters = [{ vlan_vid: 7 }, { vlan_vid: 8 }];
  expect(planned({ filters }).mirrors).toMatchObject([{ vlans: [7, 8] }]);
});

test("a local monitor is on each switch with selected ports, or on all", () => {
  const output = { pattern: "probe-*" };
  const monitors = [{ local: "probe-*" }];
  expect(planned({ monitors, sender: [mac(1), mac(4)] }).mirrors).toMatchObject([
    { dpid: dpid(1), isAll: false, sources: [1], output },
    { dpid: dpid(2), isAll: false, sources: [4], output },
  ]);
  expect(planned({ monitors, sender: "any" }).mirrors).toMatchObject([
    { dpid: dpid(1), isAll: true, sources: [], destinations: [], output },
    { dpid: dpid(2), isAll: true, sources: [], destinations: [], output },
  ]);
});

test("an RSPAN VLAN is on each switch with selected ports, or on all", () => {
  const output = { vlan: 900 };
  const monitors = [{ rspanVlan: 900 }];
  expect(planned({ monitors, sender: [mac(1), mac(4)] }).mirrors).toMatchObject([
    { dpid: dpid(1), sources: [1], output, monitor: "RSPAN VLAN 900" },
    { dpid: dpid(2), sources: [4], output },
  ]);
  expect(planned({ monitors, sender: "any" }).mirrors).toMatchObject([
    { dpid: dpid(1), isAll: true, output },
    { dpid: dpid(2), isAll: true, output },
  ]);
});

test.each<[string, object, RegExp]>([
  [
    "frames of the RSPAN VLAN itself",
    { monitors: [{ rspanVlan: 900 }], filters: { vlan_vid: "890-910" } },
    /frames of VLAN 900 are not copied to RSPAN VLAN 900/,
  ],
  ["untagged frames", { filters: { vlan_vid: "none" } }, /filter by anything but VLANs/],
  ["VLAN 0", { filters: { vlan_vid: 0 } }, /filter by anything but VLANs/],
  ["a VLAN and more", { filters: { vlan_vid: 7, eth_type: "arp" } }, /filter by anything but/],
  ["balancing", { monitors: [{ balance: [mac(2), mac(3)] }] }, /cannot balance flows/],
  ["a prefix", { sender: { ip: "10.1.0.0/16" } }, /by the address 10.1.0.0\/16/],
  ["a host beside another", { sender: mac(5) }, /shares .* with .*selects the frames of all/],
  [
    "a local monitor beside another",
    { sender: "any", monitors: [{ local: "p" }, mac(3)] },
    /own switch alone/,
  ],
  [
    "a local monitor of a project",
    { project: "a", monitors: [{ local: "p" }] },
    /of project a has neither a local monitor nor an RSPAN VLAN/,
  ],
  ["a port of another project", { project: "a" }, /not at a port of project a/],
])("cannot do %s: an error", (_, more, what) => {
  const { mirrors, problems } = planned(more);
  expect(mirrors).toEqual([]);
  expect(problems.map((each) => each.what).join("; ")).toMatch(what);
  expect(problems.some(({ isError }) => isError)).toBe(true);
});

test("a host that is not known is waited for", () => {
  expect(planned({ sender: mac(9) })).toMatchObject({
    mirrors: [],
    problems: [{ isError: false }],
  });
  expect(planned({ monitors: [mac(9)] })).toMatchObject({
    mirrors: [],
    problems: [{ isError: false }],
  });
});

test("no flow entries are made for it, and its plan says what a mirror cannot do", () => {
  const compiler = new TapCompiler({
    topology,
    originalActions: (at, inPort, ethDst) => originalActions(topology, at, inPort, ethDst),
    tapVlans: { first: 100, last: 200 },
  });
  const { policy } = planned({ receiver: mac(2) });
  compiler.update({ upsert: [policy] });
  expect([dpid(1), dpid(2)].flatMap((at) => compiler.desired(at))).toEqual([]);
  expect(compiler.plan(policy.id)).toMatchObject({
    ...{ enabled: true, isMirrored: true },
    problems: [{ blocks: "policy", state: "error" }],
  });
});
