// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as packet from "../../../src/packet/index.ts";
import { arpRequest, ping, tcp, tcp6, udp } from "../frames.ts";
import { type HostAddresses, h1, h2, h3, h4, mac } from "../hosts.ts";
import { Scenario } from "../scenario.ts";
import { Testbed } from "../testbed.ts";

/** A multicast frame that no host has asked for. */
function multicast(from: HostAddresses, data: string): Uint8Array {
  const bytes = new TextEncoder().encode(data.padEnd(46, "."));
  return packet.ethernet({ src: from.mac, dst: "33:33:00:00:00:fb" }, { etherType: 0x88b5, bytes });
}

/**
 * Without reserved VLAN ids. Probes prove the links, of which the one in the middle belongs to a switch
 * that forwards by itself.
 *
 *   h1,h4 - s1 - s2 (normal) - s3 - h3,  h2 on s2
 */
const PLAN = {
  switches: ["s1", { name: "s2", forwarding: "normal" }, "s3"],
  links: [
    ["s1", 10, "s2", 10],
    ["s2", 11, "s3", 10],
  ],
  hosts: [
    [1, "s1", 1],
    [4, "s1", 4],
    [2, "s2", 2],
    [3, "s3", 3],
  ],
} as const;

describe("one-sided marks, with default settings", () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await Scenario.start(PLAN);
    // A learning switch floods frames for hosts that it has not seen.
    const hello = ["h1", "h4", "h2", "h3"] as const;
    for (const name of hello) {
      const from = scenario.host(name);
      await scenario.lab.inject(name, [arpRequest(from, from)]);
    }
  });
  afterAll(() => scenario?.stop());

  test("a host to any: unicast, broadcast and multicast", async () => {
    await scenario.createPolicy({ id: "p", sender: mac(h1), receiver: "any", monitors: [mac(h3)] });
    const frame = tcp(h1, h4, { src: 1, dst: 2 }, { tags: [{ vid: 100 }] });
    await scenario.expectDelivery("h1", [frame], { h4: [frame], h3: [frame] });
    const all = [arpRequest(h1, h4), multicast(h1, "group")];
    // The monitor is a host of the network, too: it receives the original and its copy.
    await scenario.expectDelivery("h1", all, { h4: all, h2: all, h3: [...all, ...all] });
    await scenario.deletePolicy("p");
  });

  test("any to a host, from a known source and an unknown one", async () => {
    await scenario.createPolicy({ id: "p", sender: "any", receiver: mac(h4), monitors: [mac(h3)] });
    const stranger = { ...h2, mac: "fa:00:00:00:00:99" };
    const frames = [ping(h1, h4), udp(stranger, h4, { src: 1, dst: 2 })];
    await scenario.expectDelivery("h1", frames, { h4: frames, h3: frames });
    await scenario.deletePolicy("p");
  });

  test("IP addresses, and a prefix", async () => {
    await scenario.createPolicy({
      id: "ip",
      sender: { ip: h1.ip },
      receiver: { ip: h4.ip },
      monitors: [mac(h3)],
    });
    const frame = ping(h1, h4);
    const six = tcp6(h1, h4, { src: 1, dst: 2 });
    await scenario.expectDelivery("h1", [frame, six], { h4: [frame, six], h3: [frame] });
    await scenario.deletePolicy("ip");
    await scenario.createPolicy({
      id: "prefix",
      sender: { ip: "10.1.1.0/24" },
      receiver: mac(h4),
      monitors: [mac(h3)],
    });
    await scenario.expectDelivery("h1", [frame, six], { h4: [frame, six], h3: [frame] });
    await scenario.deletePolicy("prefix");
  });

  test("a port: the hosts known there, both ways", async () => {
    const document = {
      id: "port",
      sender: { port: { switch: "s1", port: 1 } },
      receiver: "any",
      monitors: [{ port: { switch: "s3", port: 3 } }],
      direction: "both",
    };
    const { body } = await scenario.vtap.request("POST", "/policies:validate", document);
    expect(body).toMatchObject({ state: "active" });
    expect(body.unseen.join()).toContain("frames of hosts that are not known at s1 port 1");
    await scenario.createPolicy(document);
    const out = ping(h1, h4);
    await scenario.expectDelivery("h1", [out], { h4: [out], h3: [out] });
    const back = ping(h4, h1);
    await scenario.expectDelivery("h4", [back], { h1: [back], h3: [back] });
    const shout = arpRequest(h4, h1);
    await scenario.expectDelivery("h4", [shout], { h1: [shout], h2: [shout], h3: [shout, shout] });
    await scenario.deletePolicy("port");
  });

  test("a new policy for the same frames takes no copies away", async () => {
    const cross = { sender: { host: "h1" }, receiver: { host: "h4" }, monitors: [{ host: "h3" }] };
    await scenario.createPolicy({ id: "cross", ...cross });
    const frames = [ping(h1, h4), tcp(h1, h4, { src: 1, dst: 80 })];
    await scenario.expectDelivery("h1", frames, { h4: frames, h3: frames });
    const byIp = { sender: { ip: h1.ip }, receiver: { ip: h4.ip }, monitors: [{ host: "h3" }] };
    await scenario.createPolicy({ id: "by-ip", ...byIp });
    const { items } = await scenario.vtap.get("/policies");
    expect(items.map(({ status }: { status: { state: string } }) => status.state)).toEqual([
      "active",
      "active",
    ]);
    await scenario.expectDelivery("h1", frames, { h4: frames, h3: frames });
    await scenario.deletePolicy("cross");
    await scenario.expectDelivery("h1", frames, { h4: frames, h3: frames });
    await scenario.deletePolicy("by-ip");
  });
});

describe("a lost transit rule", () => {
  let scenario: Scenario;
  beforeAll(async () => {
    const any = { monitors: [mac(h3)] };
    const policies = [
      { id: "from", sender: mac(h1), receiver: "any", ...any },
      { id: "to", sender: "any", receiver: mac(h4), ...any },
    ];
    scenario = await Scenario.start({ ...PLAN, policies });
  });
  afterAll(() => scenario?.stop());

  test("on a switch that forwards by itself: no copy arrives, no address is learned", async () => {
    const { lab } = scenario;
    const stranger = { ...h2, mac: "fa:00:00:00:00:99" };
    const fromKnown = ping(h1, h4);
    const fromUnknown = ping(stranger, h4);
    await scenario.expectDelivery("h1", [fromKnown, fromUnknown], {
      h4: [fromKnown, fromUnknown],
      h3: [fromKnown, fromUnknown],
    });
    // The rules stay, and nothing repairs them.
    await scenario.vtap.stop();
    const before = await lab.appctl("fdb/show", "s2");
    const marked = (await lab.dumpFlows("s2")).filter((line) => line.includes("=0e:79"));
    const transit = marked.filter((line) => line.includes("priority=50000"));
    expect(transit).toHaveLength(2);
    await lab.ofctl("del-flows", "s2", "cookie=0x7654020000000000/0xffffff0000000000");
    await scenario.expectDelivery("h1", [fromKnown, fromUnknown], { h4: [fromKnown, fromUnknown] });
    const learned = await lab.appctl("fdb/show", "s2");
    expect(addressesIn(learned)).toEqual(addressesIn(before));
    expect(addressesIn(learned).filter((each) => each.startsWith("0e:79"))).toEqual([]);
    expect(addressesIn(learned)).not.toContain(stranger.mac);
  });
});

function addressesIn(fdb: string): string[] {
  return [...fdb.matchAll(/([0-9a-f]{2}:){5}[0-9a-f]{2}/g)].map(([address]) => address).sort();
}

describe("an unmanaged bridge between two switches", () => {
  let testbed: Testbed;
  beforeAll(async () => {
    const end = (name: string) => ({ switch: name, port: 10 });
    testbed = await Testbed.start({
      topology: {
        switches: [
          { dpid: "0000000000000001", name: "s1" },
          { dpid: "0000000000000002", name: "s2" },
        ],
        links: [{ a: end("s1"), b: end("s2") }],
        hosts: [
          { name: "h1", mac: h1.mac, ips: [h1.ip], switch: "s1", port: 1 },
          { name: "h4", mac: h4.mac, ips: [h4.ip], switch: "s1", port: 4 },
          { name: "h3", mac: h3.mac, ips: [h3.ip], switch: "s2", port: 3 },
        ],
      },
      policies: {
        policies: [
          { id: "to", sender: "any", receiver: mac(h4), monitors: [mac(h3)] },
          { id: "ip", sender: { ip: h1.ip }, receiver: { ip: h4.ip }, monitors: [mac(h3)] },
        ],
      },
    });
    const { lab, vtap } = testbed;
    const host = (name: string, port: number) => ({ name, port });
    await lab.build({
      switches: [
        { name: "s1", hosts: [host("h1", 1), host("h4", 4)], controller: vtap.target },
        { name: "s2", hosts: [host("h3", 3)], controller: vtap.target },
        { name: "u9", hosts: [host("h2", 2)] },
      ],
      links: [
        ["s1", 10, "u9", 10],
        ["u9", 11, "s2", 10],
      ],
    });
    await lab.ofctl("add-flow", "u9", "actions=NORMAL");
    await vtap.synced("s1", "s2");
  });
  afterAll(() => testbed?.stop());

  test("no mark crosses it, and the policies say why", async () => {
    const { lab, vtap } = testbed;
    for (const id of ["to", "ip"]) {
      const { status } = await vtap.get(`/policies/${id}`);
      expect(status.state).toBe("pending");
      expect(status.reasons.join()).toContain("not proven to join the switches directly");
    }
    const frame = Buffer.from(ping(h1, h4)).toString("hex");
    lab.clear();
    await lab.inject("h1", [frame]);
    const copies = Object.entries(lab.received()).filter(([, frames]) => frames.includes(frame));
    expect(copies).toEqual([["h4", [frame]]]);
    const fdb = addressesIn(await lab.appctl("fdb/show", "u9"));
    expect(fdb).not.toContain(h1.mac);
    expect(fdb.filter((each) => each.startsWith("0e:79"))).toEqual([]);
  });
});
