// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, test } from "vitest";
import type { InterfaceFacts } from "../../../src/controller/interfaces/interface-facts.ts";
import { portBindingFacts } from "../../../src/controller/interfaces/port-binding-facts.ts";
import { Southbound } from "../../../src/controller/interfaces/southbound.ts";
import { complete } from "../../../src/lang/steps.ts";
import { Replica, SOUTHBOUND_DATABASE } from "../../../src/ovsdb/index.ts";
import type { OvsdbSession } from "../../../src/ovsdb-session/index.ts";
import { formatIpAddress } from "../../../src/topology/index.ts";
import { FakeClock } from "../../openflow-session/fake-clock.ts";

const MAC = 0xfa0000000001;
const binding = (change: object) => ({
  ...{ logicalPort: "p", type: "", mac: new Set<string>(), chassis: undefined },
  ...{ externalIds: new Map<string, string>() },
  ...change,
});

describe("a port of the Southbound database", () => {
  test.each([
    [["fa:00:00:00:00:01 10.1.1.1 fd00::1"], MAC, ["10.1.1.1", "fd00::1"]],
    [["unknown"], undefined, []],
    [["fa:00:00:00:00:01 dynamic", "unknown"], MAC, []],
    [["router"], undefined, []],
    [["01:00:5e:00:00:01 10.1.1.1"], undefined, ["10.1.1.1"]],
  ])("with addresses %j", (mac, expected, ips) => {
    const facts = portBindingFacts(binding({ mac: new Set(mac) }), "hv1");
    expect(facts?.mac).toBe(expected);
    expect((facts?.ips ?? []).map(formatIpAddress)).toEqual(ips);
    expect(facts?.system).toBe("hv1");
  });

  test("has what Neutron writes; names that tenants choose are labels, and no project has any name", () => {
    const externalIds = new Map([
      ["neutron:cidrs", "10.1.1.5/24 fd00::5/64"],
      ["neutron:project_id", "8a1f"],
      ["neutron:network_name", "neutron-77"],
      ["neutron:device_id", "vm"],
      ["neutron:port_name", ""],
    ]);
    const { ips = [], ...facts } = portBindingFacts(binding({ externalIds }), undefined) ?? {};
    expect(facts).toEqual({ project: "8a1f", network: "neutron-77", labels: ["vm"] });
    expect(ips.map(formatIpAddress)).toEqual(["10.1.1.5", "fd00::5"]);
    externalIds.set("neutron:project_id", "a.b");
    expect(portBindingFacts(binding({ externalIds }), undefined)).not.toHaveProperty("project");
  });

  test("that is no interface of a workload states nothing, and one of all hypervisors that it is nowhere", () => {
    expect(portBindingFacts(binding({ type: "patch" }), undefined)).toBeUndefined();
    expect(portBindingFacts(binding({ type: "localport" }), "x")).toEqual({ isEverywhere: true });
  });
});

interface Place {
  readonly leader: boolean;
  readonly connected: boolean;
  readonly cluster?: string;
  readonly index?: number;
}

describe("of the members of a cluster", () => {
  let clock: FakeClock;
  let read: (string | undefined)[];
  let southbound: Southbound;
  beforeEach(() => {
    clock = new FakeClock();
    read = [];
    southbound = new Southbound({
      clock,
      registry: {
        *state(_: string, facts: ReadonlyMap<string, InterfaceFacts>) {
          read.push([...facts.values()][0]?.labels?.[0]);
          yield;
        },
      },
    });
  });

  /** A member whose database has one port with its name. */
  function member(name: string, place: Place | undefined) {
    const replica = new Replica(SOUTHBOUND_DATABASE, { maxRows: 10, maxAtoms: 100 });
    const row = { logical_port: name, external_ids: ["map", [["neutron:port_name", name]]] };
    const uuid = "00000000-0000-4000-8000-000000000001";
    const tables = { Port_Binding: { [uuid]: { new: row } } };
    complete(replica.apply({ form: "full", tables } as never));
    const state = { place };
    const select = async () =>
      state.place && new Map([["row", { name: "OVN_Southbound", ...state.place }]]);
    const session = { replica, isConsistent: true, isOpen: true, select } as unknown;
    return { state, session: session as OvsdbSession };
  }

  async function settle(ms = 100): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(ms);
    await southbound.idle();
  }

  const [LEADER, FOLLOWER] = [
    { leader: true, connected: true },
    { leader: false, connected: true },
  ];

  test("the leader is read, and one that is in contact rather than one that is not", async () => {
    const lost = member("lost", { leader: false, connected: false });
    const follower = member("follower", FOLLOWER);
    const leader = member("leader", LEADER);
    southbound.handlers.up(lost.session);
    await settle();
    expect(read).toEqual([]);
    southbound.handlers.up(follower.session);
    await settle();
    expect(read.at(-1)).toBe("follower");
    southbound.handlers.up(leader.session);
    await settle();
    expect(read.at(-1)).toBe("leader");
    const count = read.length;
    southbound.handlers.changed(follower.session);
    southbound.handlers.changed(lost.session);
    await settle();
    expect(read).toHaveLength(count);
  });

  test("one that is cut off is not read any more, until it is in contact again", async () => {
    const only = member("only", LEADER);
    southbound.handlers.up(only.session);
    await settle();
    only.state.place = { leader: false, connected: false };
    await settle(1_000);
    const count = read.length;
    southbound.handlers.changed(only.session);
    await settle();
    expect(read).toHaveLength(count);
    only.state.place = FOLLOWER;
    await settle(1_000);
    await settle();
    expect(read).toHaveLength(count + 1);
  });

  test("one that has not received what has been read is waited for", async () => {
    const at = (index: number, place: Place) => ({ ...place, cluster: "c", index });
    const leader = member("leader", at(7, LEADER));
    const behind = member("behind", at(6, FOLLOWER));
    southbound.handlers.up(leader.session);
    southbound.handlers.up(behind.session);
    await settle();
    southbound.handlers.down(leader.session, "");
    await settle();
    expect(read.at(-1)).toBe("leader");
    behind.state.place = at(7, FOLLOWER);
    await settle(1_000);
    await settle();
    expect(read.at(-1)).toBe("behind");
    // One of another cluster is not behind.
    southbound.handlers.down(behind.session, "");
    southbound.handlers.up(member("restored", { ...at(1, FOLLOWER), cluster: "d" }).session);
    await settle();
    expect(read.at(-1)).toBe("restored");
  });

  test("of two that lead the one with the longer log is read", async () => {
    const at = (index: number) => ({ ...LEADER, cluster: "c", index });
    const former = member("former", at(7));
    southbound.handlers.up(former.session);
    await settle();
    const elected = member("elected", at(8));
    southbound.handlers.up(elected.session);
    await settle();
    expect(read.at(-1)).toBe("elected");
    await settle(1_000);
    await settle();
    expect(read.at(-1)).toBe("elected");
    // The former one lacks what has been read.
    southbound.handlers.down(elected.session, "");
    await settle();
    expect(read.at(-1)).toBe("elected");
  });

  test("another one is read when the leader changes, or goes; the last one leaves what it stated", async () => {
    const [a, b] = [member("a", LEADER), member("b", FOLLOWER)];
    southbound.handlers.up(a.session);
    southbound.handlers.up(b.session);
    await settle();
    expect(read.at(-1)).toBe("a");
    [a.state.place, b.state.place] = [FOLLOWER, LEADER];
    await settle(1_000);
    await settle();
    expect(read.at(-1)).toBe("b");
    southbound.handlers.down(b.session, "");
    await settle();
    expect(read.at(-1)).toBe("a");
    const count = read.length;
    southbound.handlers.down(a.session, "");
    await settle();
    expect(read).toHaveLength(count);
  });

  test("a server that does not know its place counts as the only one", async () => {
    const old = member("old", undefined);
    southbound.handlers.up(member("follower", FOLLOWER).session);
    await settle();
    southbound.handlers.up(old.session);
    await settle();
    expect(read.at(-1)).toBe("old");
  });
});
