// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { PersistentMap } from "../../../src/lang/persistent-map.ts";
import {
  type DatabaseHost,
  type Dpid,
  type HostConfig,
  InterfaceIndex,
  TopologyState,
} from "../../../src/topology/index.ts";

const [MAC, OTHER] = [0xfa0000000001, 0xfa0000000002];
const dpid = "0000000000000001" as Dpid;
const switches = [{ dpid, forwarding: "paths" as const }];

function host(change: Partial<HostConfig> = {}): HostConfig {
  return { mac: MAC, ips: [], dpid, port: 1, name: "vm", ...change };
}

/** A network whose database names a host `vm` at port 5. */
function shown(hosts: readonly HostConfig[] = []): TopologyState {
  const named: DatabaseHost = { ...host({ port: 5 }), iface: "vm", workloads: ["w"] };
  return TopologyState.empty
    .withConfig({ switches, links: [], hosts })
    .withInterfaces(InterfaceIndex.empty, PersistentMap.from([[MAC, named]]));
}

const described = ({ topology }: TopologyState, mac = MAC) => {
  const { origin, written, iface, workloads } = topology.hostByMac(mac) ?? {};
  return { origin, written, iface, workloads };
};

test("a host of a database has the name of its interface and those of its workload", () => {
  const expected = { origin: "ovsdb", written: 5, iface: "vm", workloads: ["w"] };
  expect(described(shown())).toEqual(expected);
});

test("a topology file precedes databases, for an address and for a name", () => {
  expect(described(shown([host()]))).toMatchObject({ origin: "file", written: 1 });
  const named = shown([host({ mac: OTHER })]).topology;
  expect(named.hostByName("vm")?.mac).toBe(OTHER);
  expect(named.hostByMac(MAC)?.written).toBe(5);
});

test("a client precedes databases while it names the host", () => {
  const added = shown().addHost(host());
  if (!added.ok) throw new Error(JSON.stringify(added.problems));
  expect(described(added.state)).toMatchObject({ origin: "api", written: 1, iface: undefined });
  const removed = added.state.removeHost(MAC);
  if (!removed.ok) throw new Error(JSON.stringify(removed.problems));
  expect(described(removed.state)).toMatchObject({ origin: "ovsdb", written: 5 });
});
