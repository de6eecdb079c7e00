// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { AuditEntry } from "../../../src/contract/audit/audit.ts";
import { HostWrites } from "../../../src/controller/network/host-writes.ts";
import { Network } from "../../../src/controller/network/network.ts";
import { formatMac } from "../../../src/openflow/index.ts";
import { silentLogger } from "../../../src/runtime/logger.ts";
import { configOf, dpid, hostMac, port, stateOf } from "../../topology/networks.ts";
import { CAUSE } from "../stand-alone.ts";

const before = { profiles: ["paths"], links: [], hosts: [[1, 1]] } as const;
const after = { ...before, hosts: [1, 2, 3].map((no) => [1, no] as const) };

test("files are taken over as one change, with what switches report meanwhile", async () => {
  const network = new Network(stateOf(before));
  const store = { load: async () => [], write: async () => undefined };
  const writes = new HostWrites(network, store, () => undefined);
  let isConnected = false;
  setImmediate(() => {
    network.apply({ type: "switchConnected", dpid: dpid(1), ports: [port(1), port(2)] });
    isConnected = true;
  });
  const seen: number[] = [];
  network.subscribe(() => seen.push(network.topology.hosts.size));
  const outcome = await writes.rebase(function* (state) {
    // The switch connects while the files are compared.
    while (!isConnected) yield;
    return yield* state.configuring(configOf(after));
  }, silentLogger);
  expect(outcome.type === "changed" && outcome.before.hosts.size).toBe(1);
  expect(seen).toEqual([1, 3]);
  expect(network.topology.switches.get(dpid(1))?.connected).toBe(true);
  expect(network.topology.hostByMac(hostMac(2))?.port).toBe(2);
  // The switch has no such port.
  expect(network.topology.hostByMac(hostMac(3))?.port).toBeUndefined();
});

test("the same files change nothing", async () => {
  const network = new Network(stateOf(before));
  const store = { load: async () => [], write: async () => undefined };
  const writes = new HostWrites(network, store, () => undefined);
  const { state } = network;
  const same = await writes.rebase((now) => now.configuring(configOf(before)), silentLogger);
  expect(same).toEqual({ type: "unchanged" });
  expect(network.state).toBe(state);
});

/** A network without hosts; `written`: the records of each write. */
function recordedWrites() {
  const network = new Network(stateOf({ ...before, hosts: [] }));
  const written: AuditEntry[][] = [];
  const store = {
    load: async () => [],
    write: async (_put: unknown, _remove: unknown, audit: readonly AuditEntry[] = []) => {
      written.push([...audit]);
    },
  };
  return { writes: new HostWrites(network, store, () => undefined), network, written };
}

test("records of a host have all members of its document before the change", async () => {
  const { writes, written } = recordedWrites();
  const host = { mac: formatMac(hostMac(9)), switch: "s1", port: 1 };
  const more = { project: "red", sharedPort: true };
  await writes.put({ ...host, ...more }, CAUSE);
  await writes.put({ ...host, project: "blue" }, CAUSE);
  expect(written[1]?.[0]?.changes).toEqual(
    expect.arrayContaining([
      { member: "project", old: "red", new: "blue" },
      { member: "sharedPort", old: true },
    ]),
  );
});

test("the records of a large set are made in several turns of the event loop", async () => {
  const { writes, written } = recordedWrites();
  let turn = 0;
  let isOver = false;
  const count = () => {
    turn++;
    if (!isOver) setImmediate(count);
  };
  count();
  /** The turn in which each document was last read. */
  const read = new Map<number, number>();
  const hosts = Array.from({ length: 30 }, (_, n) => ({
    mac: formatMac(hostMac(n + 10)),
    switch: "s1",
    port: n + 1,
    get name() {
      const end = performance.now() + 2;
      while (performance.now() < end);
      read.set(n, turn);
      return `n${n}`;
    },
  }));
  const outcome = await writes.apply(hosts, { prune: false }, CAUSE);
  isOver = true;
  expect(outcome.type).toBe("applied");
  expect(written[0]?.length).toBe(30);
  expect(new Set(read.values()).size).toBeGreaterThan(1);
});
