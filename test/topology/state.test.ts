// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import {
  type Dpid,
  LOCAL_PORT,
  type TopologyEvent,
  TopologyState,
} from "../../src/topology/index.ts";
import { configOf, dpid, hostMac, type Plan, port, stateOf } from "./networks.ts";

const [s1, s2] = [dpid(1), dpid(2)];
const pair = stateOf({
  profiles: ["paths", "paths"],
  links: [[1, 10, 2, 10]],
  hosts: [
    [1, 1],
    [2, 1],
  ],
});
const connected = (at: Dpid, ...ports: number[]): TopologyEvent => ({
  type: "switchConnected",
  dpid: at,
  ports: ports.map((no) => port(no)),
});

describe("tap ports", () => {
  const host = (mac: number, no: number) => ({ mac, ips: [], dpid: s1, port: no });
  const monitor = { ...host(0xfa0000000009, 9), role: "monitor" as const };
  const withHosts = (...hosts: Parameters<TopologyState["addHost"]>[0][]) =>
    hosts.reduce((state, each) => {
      const change = state.addHost(each);
      if (!change.ok) throw new Error(JSON.stringify(change.problems));
      return change.state;
    }, pair);

  test("are those of hosts with role monitor, also before the switch connects", () => {
    const { topology } = withHosts(monitor);
    expect(topology.portRole(s1, port(9).no)).toBe("tap");
    expect(topology.tapPorts(s1)).toEqual([9]);
    expect(topology.edgePorts(s1)).toEqual([1]);
    expect(topology.hostByMac(monitor.mac)).toMatchObject({ role: "monitor", port: 9 });
  });

  test("serve several monitors", () => {
    const { topology } = withHosts(monitor, { ...monitor, mac: 0xfa000000000a });
    expect(topology.tapPorts(s1)).toEqual([9]);
  });

  test("are no tap ports as long as a host without the role is named there", () => {
    const both = withHosts(monitor, host(0xfa000000000a, 9));
    expect(both.topology.portRole(s1, port(9).no)).toBe("edge");
    const removed = both.removeHost(0xfa000000000a);
    expect(removed.ok && removed.state.topology.portRole(s1, port(9).no)).toBe("tap");
    const moved = withHosts(monitor, host(0xfa000000000a, 9), host(0xfa000000000a, 8));
    expect(moved.topology.portRole(s1, port(9).no)).toBe("tap");
  });

  test("do not depend on learned hosts", () => {
    const learned = { ...host(0xfa000000000a, 9), port: port(9).no, vlans: [] };
    const state = withHosts(monitor).withLearnedHosts(new Map([[learned.mac, learned]]) as never);
    expect(state.topology.macsAt(s1, port(9).no)).toHaveLength(2);
    expect(state.topology.portRole(s1, port(9).no)).toBe("tap");
  });

  test("are edge ports when the host has lost the role", () => {
    const { topology } = withHosts(monitor, host(monitor.mac, 9));
    expect(topology.portRole(s1, port(9).no)).toBe("edge");
    expect(topology.edgePorts(s1)).toEqual([1, 9]);
  });
});

describe("links", () => {
  test("count as up before their switches connect, and while these are disconnected", () => {
    let state = pair;
    expect(state.topology.nextHop(s1, s2)).toBe(10);
    state = state.apply(connected(s1, 1, 10)).apply(connected(s2, 1, 10));
    expect(state.topology.nextHop(s1, s2)).toBe(10);
    state = state.apply({ type: "switchDisconnected", dpid: s2 });
    expect(state.topology.switches.get(s2)?.connected).toBe(false);
    expect(state.topology.nextHop(s1, s2)).toBe(10);
  });

  test.each<[string, TopologyEvent]>([
    ["goes down at one end", { type: "portChanged", dpid: s2, port: port(10, "p10", false) }],
    ["is removed at one end", { type: "portRemoved", dpid: s2, port: port(10).no }],
    ["is not there when the switch comes back", connected(s2, 1)],
  ])("are down when the port %s", (_, event) => {
    const before = pair.apply(connected(s1, 1, 10)).apply(connected(s2, 1, 10));
    const after = before.apply(event);
    expect(after.topology.links.map(({ up }) => up)).toEqual([false]);
    expect(after.topology.nextHop(s1, s2)).toBeUndefined();
    expect(after.topology.linkRole(s1, port(10).no)).toBe("blocked");
    const back = after.apply({ type: "portChanged", dpid: s2, port: port(10) });
    expect(back.topology.nextHop(s1, s2)).toBe(10);
  });

  test("given by port names are up once the names are known at both ends", () => {
    const state = TopologyState.empty.withConfig({
      switches: [
        { dpid: s1, name: "s1", forwarding: "paths" },
        { dpid: s2, name: "s2", forwarding: "paths" },
      ],
      links: [{ a: { dpid: s1, port: "up" }, b: { dpid: s2, port: 7 }, weight: 1 }],
      hosts: [],
    });
    expect(state.topology.links[0]).toMatchObject({
      up: false,
      a: { port: undefined, written: "up" },
    });
    const live = state.apply({ type: "switchConnected", dpid: s1, ports: [port(3, "up")] });
    expect(live.topology.nextHop(s1, s2)).toBe(3);
  });
});

describe("hosts", () => {
  const named = { mac: hostMac(9), ips: [], dpid: s1, port: "eth1" };

  test("on a missing port have a problem in words, and are attached when the port appears", () => {
    const added = pair.addHost(named);
    if (!added.ok) throw new Error("refused");
    let { state } = added;
    const sentence = () => {
      const host = state.topology.hostByMac(hostMac(9));
      return host && state.topology.problemOf(host);
    };
    expect(sentence()).toBe("port eth1 of switch s1 is not known before the switch connects");
    state = state.apply(connected(s1, 1, 10));
    expect(sentence()).toBe("port eth1 of switch s1 does not exist (yet)");
    state = state.apply({ type: "portChanged", dpid: s1, port: port(5, "eth1") });
    expect(sentence()).toBeUndefined();
    expect(state.topology.hostByMac(hostMac(9))).toMatchObject({ port: 5, origin: "api" });
  });

  test("are found by name, MAC and IP address", () => {
    const ip = { family: 4, value: 0x0a000001 } as const;
    const added = pair.addHost({ ...named, name: "web", ips: [ip] });
    if (!added.ok) throw new Error("refused");
    const { topology } = added.state;
    expect(topology.hostByName("web")?.mac).toBe(hostMac(9));
    expect(topology.hostsByIp(ip).map(({ name }) => name)).toEqual(["web"]);
    expect(topology.hostsByIp({ family: 4, value: 1 })).toEqual([]);
  });

  test("that contradict known facts are refused with all reasons at once", () => {
    const refused = pair.addHost({ name: "h2", mac: hostMac(1), ips: [], dpid: s1, port: 10 });
    expect(refused).toEqual({
      ok: false,
      problems: [
        {
          path: ["mac"],
          what: "a topology file has a host with this MAC address",
          remedy: "change it in the file",
        },
        { path: ["name"], what: 'another host is named "h2"', remedy: "choose another name" },
        {
          path: ["port"],
          what: "port 10 is the end of a link",
          remedy: "give the port that the host is attached to",
        },
      ],
    });
    expect(pair.addHost({ mac: 1, ips: [], dpid: dpid(7), port: 1 })).toMatchObject({
      problems: [{ path: ["switch"] }],
    });
  });

  test("from files cannot be removed, added ones can", () => {
    expect(pair.removeHost(hostMac(1))).toMatchObject({ ok: false });
    expect(pair.removeHost(hostMac(9))).toMatchObject({ ok: false });
    const added = pair.addHost(named);
    const removed = added.ok ? added.state.removeHost(hostMac(9)) : added;
    expect(removed.ok && removed.state.topology.hosts.size).toBe(2);
  });
});

describe("switches", () => {
  test("in no file are visible, not programmed, and on no path", () => {
    const state = pair.apply(connected(dpid(5), 1, 2));
    expect(state.topology.switches.get(dpid(5))).toMatchObject({
      programmed: false,
      admission: { state: "quarantined" },
      connected: true,
    });
    expect(state.topology.nextHop(s1, dpid(5))).toBeUndefined();
  });

  test("are found by name and by any form of the dpid", () => {
    for (const text of ["s2", "0000000000000002", "0x2", "00:00:00:00:00:00:00:02"]) {
      expect(pair.topology.switchByNameOrDpid(text)?.dpid).toBe(s2);
    }
    expect(pair.topology.switchByNameOrDpid("s3")).toBeUndefined();
  });

  test("have edge ports: all but link ports and, unless a host is placed there, LOCAL", () => {
    const ports = [port(2), port(10), port(1), port(LOCAL_PORT, "s1")];
    const live = pair.apply({ type: "switchConnected", dpid: s1, ports });
    expect(live.topology.edgePorts(s1)).toEqual([1, 2]);
    const added = live.addHost({ mac: 7, ips: [], dpid: s1, port: "s1" });
    expect(added.ok && added.state.topology.edgePorts(s1)).toEqual([1, 2, LOCAL_PORT]);
  });
});

test("a change without effect returns the same state", () => {
  const state = pair.apply(connected(s1, 1, 10));
  expect(state.apply({ type: "portChanged", dpid: s1, port: port(10) })).toBe(state);
  expect(state.apply({ type: "portRemoved", dpid: s1, port: port(99).no })).toBe(state);
  expect(state.apply({ type: "switchDisconnected", dpid: s2 })).toBe(state);
  expect(state.apply({ type: "portChanged", dpid: dpid(8), port: port(1) })).toBe(state);
});

describe("files read again", () => {
  const plan: Plan = {
    profiles: ["paths", "normal", { table: 3 }],
    links: [
      [1, 10, 2, 10],
      [2, 11, 3, 10, 5],
    ],
    hosts: [
      [1, 1],
      [3, 2],
    ],
  };
  const live = [s1, s2, dpid(3)].reduce(
    (state, at) => state.apply(connected(at, 1, 2, 10, 11)),
    stateOf(plan),
  );

  test("with the same content change nothing", () => {
    expect(live.withConfig(configOf(plan))).toBe(live);
    const rules = { unknownSwitches: "quarantine", defaultForwarding: "paths" } as const;
    expect(live.withConfig(configOf(plan), rules)).toBe(live);
    expect(live.withConfig(configOf(plan), { ...rules, unknownSwitches: "accept" })).not.toBe(live);
  });

  test("with one changed entry keep the objects of all others", () => {
    const before = live.topology;
    const heavy = live.withConfig(
      configOf({
        ...plan,
        links: [
          [1, 10, 2, 10, 7],
          [2, 11, 3, 10, 5],
        ],
      }),
    );
    const after = heavy.topology;
    expect(after.links.map(({ weight }) => weight)).toEqual([7, 5]);
    expect(after.links[1]).toBe(before.links[1]);
    for (const [mac, host] of before.hosts) expect(after.hosts.get(mac)).toBe(host);
    for (const [at, found] of before.switches) expect(after.switches.get(at)).toBe(found);
    const moved = live.withConfig(
      configOf({
        ...plan,
        hosts: [
          [1, 1],
          [3, 1],
        ],
      }),
    ).topology;
    expect(moved.links).toBe(before.links);
    expect(moved.hosts.get(hostMac(1))).toBe(before.hosts.get(hostMac(1)));
    expect(moved.hosts.get(hostMac(2))?.port).toBe(1);
  });

  test("keep learned and added hosts and the result of discovery", () => {
    const host = { mac: hostMac(7), ips: [], vlans: [], dpid: s1, port: port(2).no };
    const learned = new Map([[host.mac, host]]);
    const at = (dpid: Dpid, no: number) => ({ dpid, port: port(no).no });
    const link = { a: at(s1, 11), b: at(dpid(3), 11), state: "up" as const };
    const added = live
      .withLearnedHosts(learned)
      .withDiscovered({ links: [link], probing: new Map() })
      .addHost({ mac: hostMac(8), ips: [], dpid: s2, port: 1 });
    if (!added.ok) throw new Error("refused");
    const before = added.state.topology;
    const after = added.state.withConfig(
      configOf({ ...plan, links: plan.links.slice(1) }),
    ).topology;
    for (const n of [7, 8]) expect(after.hosts.get(hostMac(n))).toBe(before.hosts.get(hostMac(n)));
    expect(after.links.map(({ origin }) => origin)).toEqual(["file", "discovered"]);
    expect(after.links[1]).toBe(before.links[2]);
  });
});

test("a reload drops added hosts that contradict the new files", () => {
  const added = pair.addHost({ mac: 7, ips: [], dpid: s2, port: 3 });
  if (!added.ok) throw new Error("refused");
  const config = {
    switches: [{ dpid: s1, name: "s1", forwarding: "paths" as const }],
    links: [],
    hosts: [],
  };
  expect(added.state.withConfig(config).topology.hosts.size).toBe(0);
});
