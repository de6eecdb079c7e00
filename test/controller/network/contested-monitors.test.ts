// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { ContestedMonitors } from "../../../src/controller/network/contested-monitors.ts";
import { PolicyRegistry } from "../../../src/controller/policies/policy-registry.ts";
import { parsePolicy } from "../../../src/policy/index.ts";
import {
  type ConflictRecord,
  type Dpid,
  type MonitorConflict,
  type PortNo,
  parseIpAddress,
  TopologyState,
} from "../../../src/topology/index.ts";

const S1 = "0000000000000001" as Dpid;
const M = 0xfa0000000003;
const IP = parseIpAddress("10.0.0.3");
if (!IP) throw new Error("no address");
const at = (port: number) => ({ dpid: S1, port: port as PortNo });
const moved: MonitorConflict = { kind: "monitor", mac: M, held: at(1), at: at(4) };
const taken: MonitorConflict = { ...moved, by: { mac: 0xfa0000000004, ip: IP } };

function records(...conflicts: MonitorConflict[]): Map<number, ConflictRecord[]> {
  const all = conflicts.map((conflict) => ({ conflict, since: 0, last: 0, count: 1 }));
  return new Map([[M, all]]);
}

/** Policies that name the monitor by its MAC address, by its IP address, and one that names another. */
function contested() {
  const registry = new PolicyRegistry();
  const monitors = {
    mac: { mac: "fa:00:00:00:00:03" },
    ip: { ip: "10.0.0.3" },
    other: { host: "h" },
  };
  for (const [id, monitor] of Object.entries(monitors)) {
    const ends = { sender: { ip: "10.0.0.1" }, receiver: { ip: "10.0.0.2" } };
    const parsed = parsePolicy({ id, ...ends, monitors: [monitor] });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const times = { createdAt: "", updatedAt: "" };
    registry.set({ ...parsed.value, origin: { kind: "api" }, revision: 1, ...times });
  }
  const switches = [{ dpid: S1, name: "s1", forwarding: "paths" as const }];
  const learned = { mac: M, ...at(1), ips: IP ? [IP] : [], vlans: [] };
  const { topology } = TopologyState.empty
    .withConfig({ switches, links: [], hosts: [] })
    .withLearnedHosts(new Map([[M, learned]]));
  const found = new ContestedMonitors({ registry, topology: () => topology });
  const changed: string[][] = [];
  found.subscribe((ids) => changed.push([...ids].sort()));
  const reasons = (id: "mac" | "ip" | "other") => {
    const policy = [...registry.values()].find((each) => each.policy.id === id)?.policy;
    return policy ? found.reasonsOf(policy.id) : undefined;
  };
  return { found, changed, reasons };
}

test("a monitor seen elsewhere is a reason of every policy that names it, with both places", () => {
  const { found, changed, reasons } = contested();
  found.replace(records(moved));
  const claim =
    "but its MAC address fa:00:00:00:00:03 is seen at s1 port 4: find out which is genuine; POST /api/v1/hosts fixes its place";
  expect(reasons("mac")).toEqual([`monitor fa:00:00:00:00:03 stays at s1 port 1, ${claim}`]);
  expect(reasons("ip")).toEqual([`monitor 10.0.0.3 stays at s1 port 1, ${claim}`]);
  expect(reasons("other")).toEqual([]);
  found.replace(new Map());
  expect(reasons("mac")).toEqual([]);
  expect(changed).toEqual([
    ["ip", "mac"],
    ["ip", "mac"],
  ]);
});

test("an address that another host uses is a reason of the policies that name the monitor by it", () => {
  const { found, reasons } = contested();
  found.replace(records(taken));
  expect(reasons("mac")).toEqual([]);
  expect(reasons("ip")).toEqual([
    "monitor 10.0.0.3 stays at s1 port 1, but host fa:00:00:00:00:04 at s1 port 4 uses its address 10.0.0.3: find out which is genuine; POST /api/v1/hosts fixes its place",
  ]);
});
