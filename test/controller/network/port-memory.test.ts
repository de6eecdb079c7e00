// SPDX-License-Identifier: Apache-2.0
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { PortMemory } from "../../../src/controller/network/port-memory.ts";
import { silentLogger } from "../../../src/runtime/logger.ts";
import {
  type Dpid,
  type Port,
  type PortNo,
  type PortTable,
  TopologyState,
} from "../../../src/topology/index.ts";

const DPID = "0000000000000001" as Dpid;
const CONFIG = {
  switches: [{ dpid: DPID, name: "s1", forwarding: "paths" as const }],
  links: [],
  hosts: [],
};

function port(no: number, name: string): Port {
  return { no: no as PortNo, name, hwAddr: 0, up: true };
}

/** A disk that can fail, and takes one turn of the event loop per write. */
class Disk {
  readonly written: PortTable[] = [];
  failing = false;

  load = async () => this.written;

  remove = async (dpid: Dpid) => {
    const at = this.written.findIndex((table) => table.dpid === dpid);
    if (at >= 0) this.written.splice(at, 1);
  };

  put = async (table: PortTable) => {
    await nextTurn();
    if (this.failing) throw new Error("no space left on device");
    this.written.push(table);
  };
}

const warnings: unknown[] = [];
const logger = { ...silentLogger, warn: (...warning: unknown[]) => void warnings.push(warning) };

function connected(state: TopologyState, ...ports: Port[]): TopologyState {
  return state.apply({ type: "switchConnected", dpid: DPID, ports });
}

test("of several concurrent changes only the last is written, after the first", async () => {
  const disk = new Disk();
  const memory = new PortMemory(disk, logger);
  const empty = TopologyState.empty.withConfig(CONFIG);
  for (const name of ["eth0", "eth1", "eth2"]) {
    memory.keep(connected(empty, port(1, name)).topology);
  }
  await memory.idle();
  const names = disk.written.map(({ ports }) => ports[0]?.name);
  expect(names.at(-1)).toBe("eth2");
  expect(names).not.toContain("eth1");
});

test("loaded ports are not written again; a change is", async () => {
  const disk = new Disk();
  const memory = new PortMemory(disk, logger);
  const known = TopologyState.empty
    .withConfig(CONFIG)
    .withLastPorts([{ dpid: DPID, ports: [port(1, "eth0")] }]);
  memory.adopt(known.topology);
  memory.keep(known.topology);
  const same = connected(known, port(1, "eth0"));
  memory.keep(same.topology);
  await memory.idle();
  expect(disk.written).toEqual([]);
  memory.keep(connected(same, port(1, "eth0"), port(2, "eth1")).topology);
  await memory.idle();
  expect(disk.written).toEqual([{ dpid: DPID, ports: [port(1, "eth0"), port(2, "eth1")] }]);
});

test("a disk failure is logged, and the same table is written when the disk works again", async () => {
  const disk = new Disk();
  disk.failing = true;
  const memory = new PortMemory(disk, logger);
  const { topology } = connected(TopologyState.empty.withConfig(CONFIG), port(1, "eth0"));
  memory.keep(topology);
  await memory.idle();
  expect(warnings).toHaveLength(1);
  disk.failing = false;
  memory.keep(topology);
  await memory.idle();
  expect(disk.written).toHaveLength(1);
});
