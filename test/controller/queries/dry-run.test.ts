// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { Compilation } from "../../../src/controller/desired/compilation.ts";
import { dryRunSteps } from "../../../src/controller/queries/dry-run.ts";
import { complete } from "../../../src/lang/steps.ts";
import { blindSpotsOf, type Policy, type PolicyDocument } from "../../../src/policy/index.ts";
import {
  type ForwardingProfile,
  parseIpAddress,
  type TopologyConfig,
  TopologyState,
} from "../../../src/topology/index.ts";
import { mac, policiesOf, topologyOf } from "../../policy/scenarios.ts";
import { dpid } from "../../topology/networks.ts";

/** h1 and h2 behind one port of s1, h3 on s2, h4 on s3; s1 - s2 - s3. */
const topology = topologyOf({
  profiles: ["paths", "paths", "paths"],
  parents: [0, 1],
  extra: [],
  hosts: [
    { at: 0, shared: false },
    { at: 0, shared: true },
    { at: 1, shared: false },
    { at: 2, shared: false },
  ],
  connected: true,
});

const h = (n: number) => ({ host: `h${n}` });
const WEB: PolicyDocument = {
  sender: h(1),
  receiver: h(3),
  monitors: [h(4)],
  filters: { tcp_dst: 80 },
};

function dryRun(
  document: PolicyDocument,
  others: readonly PolicyDocument[] = [],
  within = topology,
) {
  const compilation = new Compilation({ tapVlans: { first: 4000, last: 4094 } });
  compilation.setTopology(within);
  compilation.edit({ upsert: policiesOf(others) });
  const [policy] = policiesOf([document]);
  if (policy === undefined) throw new Error("no policy");
  const tried = { ...policy, id: "tried" as Policy["id"] };
  const found = complete(dryRunSteps(compilation, within, tried));
  if (found === undefined) throw new Error("it was interrupted");
  return found;
}

const effects = (document: PolicyDocument) =>
  Object.fromEntries(dryRun(document).switches.map((each) => [each.switch, each.effects]));

const GUARDED = "frames that look like copies, and copies that no rule restores, are dropped here";

const S = [1, 2, 3].map((n) => ({ switch: `s${n}`, dpid: dpid(n) }));
test("the ways of copies, link by link, and the path of the originals", () => {
  const { plan } = dryRun(WEB);
  expect(plan.tapPoints).toEqual([{ ...S[0], port: 1, end: "sender", direction: "forward" }]);
  const path = topology.path(dpid(1), dpid(3)) ?? [];
  const crossed = path.slice(1).map((hop, index) => {
    const before = path[index];
    return {
      from: { dpid: before?.dpid, port: before?.outPort },
      to: { dpid: hop.dpid, port: hop.inPort },
    };
  });
  expect(plan.ways).toEqual([
    {
      monitor: "h4",
      from: { ...S[0], port: 1 },
      to: { ...S[2], port: 4 },
      links: crossed,
      marking: "rewrite",
    },
  ]);
  // h3 is on the switch in the middle.
  expect(plan.original).toEqual(crossed.slice(0, 1));
  expect(crossed).toHaveLength(2);
});

test("the ways of both directions, of a copy that crosses no links, and of any sender", () => {
  const both = dryRun({ ...WEB, direction: "both", monitors: [h(4)] }).plan;
  expect(both.tapPoints.map((at) => [at.switch, at.port, at.end, at.direction])).toEqual([
    ["s1", 1, "sender", "forward"],
    ["s2", 3, "receiver", "reverse"],
  ]);
  expect(both.original.map(({ from, to }) => [from.dpid, to.dpid])).toEqual([
    [dpid(1), dpid(2)],
    [dpid(2), dpid(1)],
  ]);
  const toMonitor = dryRun({
    ...WEB,
    sender: h(4),
    monitors: [{ port: { switch: "s3", port: 90 } }],
  });
  expect(toMonitor.plan.ways.map(({ links, marking }) => [links, marking])).toEqual([
    [[], "direct"],
  ]);
  const fromAny = dryRun({ ...WEB, sender: "any" }).plan;
  expect(fromAny.original).toEqual([]);
  expect(fromAny.tapPoints).toMatchObject([
    { switch: "s2", end: "receiver", direction: "forward" },
  ]);
});

test("the effects of a rewritten copy on each cable", () => {
  expect(effects(WEB)).toEqual({
    s1: [
      expect.stringMatching(
        /^copies leave by port 51 changed: eth_dst fa:00:00:00:00:04, eth_src 0e:7a:..:..:..:..$/,
      ),
      GUARDED,
    ],
    s2: ["copies are forwarded by port 52 unchanged", GUARDED],
    s3: [
      "copies leave by port 4 restored, bit for bit: eth_dst fa:00:00:00:00:03, eth_src fa:00:00:00:00:01",
      GUARDED,
    ],
  });
});

test("the effects of a tagged copy, and of one that stays on its switch", () => {
  const tagged = effects({ ...WEB, copy: { delivery: "tag" } });
  expect(tagged.s1).toEqual([
    expect.stringMatching(
      /^copies leave by port 51 changed: an outer tag of type 0x88a8, 4 bytes longer, VLAN id 4\d\d\d$/,
    ),
    GUARDED,
  ]);
  expect(tagged.s3).toEqual([
    "copies leave by port 4 restored, bit for bit: without the outer tag, 4 bytes shorter",
  ]);
  const near = effects({ ...WEB, sender: h(4), monitors: [{ port: { switch: "s3", port: 90 } }] });
  expect(near).toEqual({ s3: ["copies leave by port 90 unchanged"] });
});

test("the effects of truncated, limited and sampled copies", () => {
  const chosen = "a hash of each flow selects whether it is copied, and to which monitor";
  const changed = expect.stringMatching(
    /^copies leave by port 51 changed: eth_dst fa:00:00:00:00:04, eth_src 0e:7a:..:..:..:.., at most 7 packets per second \(1 packets at once\)$/,
  );
  const copy = { truncate: 64, sample: 0.5, rateLimit: { pps: 7 } };
  expect(effects({ ...WEB, copy })).toEqual({
    s1: [chosen, changed, GUARDED],
    s2: ["copies are forwarded by port 52 unchanged", GUARDED],
    s3: [
      "copies leave by port 4 restored, cut to 64 bytes: eth_dst fa:00:00:00:00:03, eth_src fa:00:00:00:00:01",
      GUARDED,
    ],
  });
  const near = { ...WEB, sender: h(4), monitors: [{ port: { switch: "s3", port: 90 } }] };
  expect(effects({ ...near, copy: { truncate: 64, rateLimit: { kbps: 9 } } })).toEqual({
    s3: ["copies leave by port 90 unchanged, cut to 64 bytes, at most 9 kbps (80 kbit at once)"],
  });
});

test("the effects of copies into a tunnel", () => {
  const tunnel = { port: 90, remote: "192.0.2.9", key: 7 };
  expect(effects({ ...WEB, monitors: [{ ip: "192.0.2.9" }], copy: { tunnel } }).s1).toEqual([
    "copies leave by port 90 (tunnel: tun_id 0x7, tun_dst 192.0.2.9) unchanged",
  ]);
});

test("the policies that match the same frames, and what happens to these", () => {
  const all: PolicyDocument = { ...WEB, filters: {} };
  const others = [
    all,
    { ...all, monitors: [{ port: { switch: "s2", port: 90 } }] },
    { ...WEB, filters: { tcp_dst: 443 } },
    { ...all, enabled: false },
  ];
  expect(dryRun(WEB, others).overlaps).toEqual([
    { policy: "p0", what: "a frame that both match goes to the monitors of both, once to h4" },
    { policy: "p1", what: "a frame that both match goes to the monitors of both" },
  ]);
  expect(dryRun(WEB).overlaps).toEqual([]);
});

test("blind spots and their reasons: at the sender's edge", () => {
  expect(dryRun(WEB).unseen).toEqual([
    "fragments of IP packets: switches do not see their tcp_dst",
    "IP packets whose lengths contradict the frame: switches do not see their tcp_dst",
    "frames with more VLAN tags than the switch parses: it does not see their tcp_dst",
    "frames of h1 that enter elsewhere than at s1 port 1: the policy taps the sender's edge, so it does not copy frames with a forged source address",
    "frames between the hosts behind s1 port 1: they do not enter an OpenFlow switch",
  ]);
});

test("blind spots and their reasons: prefixes, any, ports", () => {
  const prefix = dryRun({ sender: { ip: "10.0.0.0/29" }, receiver: h(3), monitors: [h(4)] });
  expect(prefix.unseen).toEqual([
    "IP packets whose lengths contradict the frame: switches do not see their ipv4_src",
    "frames with more VLAN tags than the switch parses: it does not see their ipv4_src",
    "frames for h3 that are lost before they reach s2 port 3: 10.0.0.0/29 is a prefix, so the policy taps the receiver's edge",
    "for monitor h4: frames for it, and frames that enter at its port",
    'floods reach h4 as such and as copies: give the monitor\'s host "role": "monitor"',
    "ARP and all other frames without IP: the policy matches IP addresses",
  ]);
  const spread = dryRun({ sender: { ip: "10.0.0.0/29" }, receiver: "any", monitors: [h(4)] });
  expect(spread.unseen).toContain(
    "hosts of 10.0.0.0/29 that are not known yet: the policy taps the known ones at s1 port 1 and 3 more",
  );
  const neighbours =
    "frames for 01:80:c2:00:00:00 to 0f (spanning tree, LLDP, pause): they leave by no port";
  expect(spread.unseen).not.toContain(neighbours);
  const port = { port: { switch: "s1", port: 1 } };
  expect(dryRun({ sender: "any", receiver: port, monitors: [h(4)] }).unseen).toContain(neighbours);
});

test("blind spots of excludes, and of protocols", () => {
  const between = { sender: h(1), receiver: h(3), monitors: [h(4)] };
  const excluding = dryRun({ ...between, exclude: [{ eth_type: "arp" }, { udp_dst: 53 }] });
  expect(excluding.unseen.slice(0, 3)).toEqual([
    "fragments of IP packets that excludes may cover: switches do not see their udp_dst",
    "IP packets with lengths that contradict the frame that excludes may cover: switches do not see their udp_dst",
    "excludes do not cover frames with more VLAN tags than the switch parses: it does not see their eth_type and udp_dst",
  ]);
  const udp = dryRun({ ...between, filters: { ip_proto: "udp" }, exclude: [{ udp_dst: 53 }] });
  expect(udp.unseen).toContain(
    "later fragments of IPv6 packets: switches do not see their ip_proto",
  );
  expect(udp.unseen).toContain(
    "fragments of IP packets that excludes may cover: switches do not see their udp_dst",
  );
  expect(udp.unseen.join()).not.toContain("lengths that contradict");
});

test("blind spots: tags that another program changes, on a switch without clones", () => {
  const unseen = (forwarding: ForwardingProfile, arePlain: boolean, copy: PolicyDocument["copy"]) =>
    dryRun(
      { ...WEB, ...(copy && { copy }) },
      [],
      topologyOf({
        profiles: [forwarding, forwarding, forwarding],
        ...{ parents: [0, 1], extra: [], connected: true, arePlain },
        hosts: [0, 0, 1, 2].map((at) => ({ at, shared: false })),
      }),
    ).unseen.filter((each) => each.includes("DEI"));
  const tag = { delivery: "tag" } as const;
  const what =
    "the drop eligible bit (DEI) of frames whose VLAN tags s1 changes: it is not Open vSwitch, and makes copies by a tap VLAN after the original";
  expect(unseen("normal", true, tag)).toEqual([what]);
  expect(unseen({ table: 7 }, true, tag)).toEqual([what]);
  expect(unseen("paths", true, tag)).toEqual([]);
  expect(unseen("normal", false, tag)).toEqual([]);
  expect(unseen("normal", true, undefined)).toEqual([]);
});

test("blind spots: a router on a trunk", () => {
  const prefixes = { sender: { ip: "10.1.0.0/16" }, receiver: { ip: "10.2.0.0/16" } };
  const hosts = [
    { name: "h1", ips: ["10.1.0.1"], port: 1 },
    { name: "r1", ips: ["10.1.0.254", "10.2.0.254"], port: 2 },
    { name: "ids", ips: ["10.9.0.1"], port: 3 },
  ];
  const config: TopologyConfig = {
    switches: [{ dpid: dpid(1), name: "s1", forwarding: "paths" }],
    links: [],
    hosts: hosts.map(({ ips, ...host }) => ({
      ...host,
      ...{ mac: mac(host.port), dpid: dpid(1) },
      ips: ips.flatMap((ip) => parseIpAddress(ip) ?? []),
    })),
  };
  const [policy] = policiesOf([{ ...prefixes, monitors: [{ host: "ids" }] }]);
  if (policy === undefined) throw new Error("no policy");
  const [first] = blindSpotsOf(policy, TopologyState.empty.withConfig(config).topology);
  expect(first).toMatch(/^packets that router r1 routes are copied twice, before and behind it/);
});

test("a disabled or pending policy has the same status as when written", () => {
  const disabled = dryRun({ ...WEB, enabled: false });
  expect(disabled).toMatchObject({ state: "disabled", switches: [], unseen: [], overlaps: [] });
  const waiting = dryRun({ ...WEB, monitors: [{ mac: "fa:00:00:00:00:99" }] });
  expect(waiting).toMatchObject({
    state: "pending",
    reasons: ["monitor fa:00:00:00:00:99 has not been seen on any port"],
  });
});
