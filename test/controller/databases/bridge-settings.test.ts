// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import {
  bridgeSettings,
  bridgesOf,
  rootOf,
} from "../../../src/controller/databases/bridge-settings.ts";
import { complete } from "../../../src/lang/steps.ts";
import { type Json, Replica, SWITCH_DATABASE } from "../../../src/ovsdb/index.ts";

const id = (number: number) => `6f2b1f5e-0000-4000-8000-${String(number).padStart(12, "0")}`;
const uuid = (number: number): Json => ["uuid", id(number)];
const DPID = "00000000000000a1";

const rows = (table: string, all: Record<number, Json>): Json => ({
  [table]: Object.fromEntries(
    Object.entries(all).map(([number, row]) => [id(Number(number)), { new: row }]),
  ),
});

test("the settings of a bridge", () => {
  const replica = new Replica(SWITCH_DATABASE, { maxRows: 100, maxAtoms: 1000 });
  const apply = (tables: Json) => complete(replica.apply({ form: "full", tables }));
  apply(
    rows("Open_vSwitch", {
      1: {
        ovs_version: "3.1.0",
        dpdk_initialized: true,
        dpdk_version: "DPDK 22.11",
        manager_options: ["set", [uuid(9)]],
        other_config: [
          "map",
          [
            ["vlan-limit", "2"],
            ["pmd-cpu-mask", "0x6"],
          ],
        ],
      },
    }),
  );
  apply(
    rows("Bridge", {
      2: {
        ...{ name: "br0", datapath_id: DPID, datapath_type: "netdev", protocols: "OpenFlow14" },
        ports: ["set", [uuid(3), uuid(4)]],
        mirrors: uuid(7),
        controller: ["set", [uuid(8)]],
      },
      // It has no datapath yet.
      20: { name: "br1", datapath_id: ["set", []] },
    }),
  );
  apply(
    rows("Port", {
      3: { name: "p1", interfaces: uuid(5) },
      4: { name: "p2", interfaces: uuid(6) },
    }),
  );
  apply(rows("Interface", { 5: { name: "p1" }, 6: { name: "p2", error: "no such device" } }));
  apply(rows("Mirror", { 7: { name: "m", select_src_port: uuid(3), output_port: uuid(4) } }));
  apply(rows("Controller", { 8: { target: "tcp:a:1", is_connected: true, role: "slave" } }));
  apply(rows("Manager", { 9: { target: "tcp:b:2" } }));

  const bridges = bridgesOf(replica);
  expect([...bridges.keys()]).toEqual([DPID]);
  const [bridge] = bridges.values();
  expect(bridge && complete(bridgeSettings(replica, rootOf(replica, id(1)), bridge))).toEqual({
    bridge: "br0",
    version: "3.1.0",
    datapathType: "netdev",
    failMode: "standalone",
    vlanLimit: 2,
    protocols: ["OpenFlow14"],
    controllers: [{ target: "tcp:a:1", connected: true, role: "slave" }],
    managers: [{ target: "tcp:b:2", connected: false }],
    mirrors: [{ name: "m", from: ["p1"], to: [], all: false, vlans: [], outputPort: "p2" }],
    dpdk: { version: "DPDK 22.11", pmdCpuMask: "0x6" },
    portErrors: [{ port: "p2", error: "no such device" }],
  });
});
