import { expect, test } from "vitest";
import { Network } from "../../../src/controller/network/network.ts";
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
import { dpid, port } from "../../topology/networks.ts";

/** As many as are remembered while they are away. */
const MOST_AWAY = 1024;

test("whoever comes under one datapath id after the other is not remembered without limit", async () => {
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
    () => undefined,
    () => "",
  );
  const reconciler = new Reconciler({
    logger: silentLogger,
    events: { changed: () => undefined },
    auditIntervalMs: 0,
  });
  const compile = () => undefined;
  const writes = new SwitchWrites({ network, ports, reconciler, logger: silentLogger, compile });
  for (let n = 1; n <= MOST_AWAY + 2; n++) {
    network.apply({ type: "switchConnected", dpid: dpid(n), ports: [port(1)] });
    if (n > MOST_AWAY - 2) ports.keep(network.topology);
    network.apply({ type: "switchDisconnected", dpid: dpid(n) });
    if (n > MOST_AWAY - 2) await writes.forgetLongAway();
  }
  await ports.idle();
  const { switches } = network.topology;
  expect(switches.size).toBe(MOST_AWAY);
  expect(switches.has(dpid(2))).toBe(false);
  expect(switches.has(dpid(3))).toBe(true);
  for (const n of [1, 2]) expect(reconciler.progress(dpid(n))).toBeUndefined();
  expect([...stored].sort()).toEqual([...switches.keys()].sort());
});
