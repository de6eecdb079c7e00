// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import { Network } from "../../../src/controller/network/network.ts";
import { NetworkUpdates } from "../../../src/controller/network/network-updates.ts";
import { PortMemory } from "../../../src/controller/network/port-memory.ts";
import { SwitchWrites } from "../../../src/controller/switches/switch-writes.ts";
import { Reconciler } from "../../../src/reconcile/index.ts";
import { silentLogger } from "../../../src/runtime/logger.ts";
import {
  admissionRules,
  type Dpid,
  EMPTY_CONFIG,
  TopologyState,
} from "../../../src/topology/index.ts";
import { unslicedQueue } from "../../reconcile/at-once.ts";
import { closedAfterTest } from "../../reconcile/closed-after-test.ts";
import { dpid, port } from "../../topology/networks.ts";

/** Number of switches that are remembered while disconnected. */
const MAX_DISCONNECTED = 1024;

test("the number of remembered disconnected switches is bounded", async () => {
  const stored = new Set<Dpid>();
  const ports = new PortMemory(
    {
      load: async () => [],
      put: async (table) => void stored.add(table.dpid),
      remove: async (each) => void stored.delete(each),
    },
    silentLogger,
  );
  const network = new Network(
    TopologyState.empty.withConfig(EMPTY_CONFIG, admissionRules({}, false)),
    () => "",
  );
  const reconciler = closedAfterTest(
    new Reconciler({
      queue: unslicedQueue(),
      logger: silentLogger,
      events: { changed: () => undefined },
      auditIntervalMs: 0,
    }),
  );
  const updates = new NetworkUpdates(network);
  const logger = silentLogger;
  const desired = { whenNetworkCompiled: (callback: () => void) => callback() };
  const writes = new SwitchWrites({ network, updates, ports, desired, reconciler, logger });
  for (let n = 1; n <= MAX_DISCONNECTED + 2; n++) {
    network.apply({ type: "switchConnected", dpid: dpid(n), ports: [port(1)] });
    if (n > MAX_DISCONNECTED - 2) ports.keep(network.topology);
    network.apply({ type: "switchDisconnected", dpid: dpid(n) });
    if (n > MAX_DISCONNECTED - 2) await writes.forgetLongAway();
  }
  await ports.idle();
  const { switches } = network.topology;
  expect(switches.size).toBe(MAX_DISCONNECTED);
  expect(switches.has(dpid(2))).toBe(false);
  expect(switches.has(dpid(3))).toBe(true);
  for (const n of [1, 2]) expect(reconciler.progress(dpid(n))).toBeUndefined();
  expect([...stored].sort()).toEqual([...switches.keys()].sort());
});
