// SPDX-License-Identifier: Apache-2.0
import { setTimeout as delay } from "node:timers/promises";
import { PretendSwitch } from "../../../test/lab/pretend-switch.ts";
import type { BlockingKind, BlockingServer } from "../kind.ts";

const PORTS = Array.from({ length: 10_000 }, (_, index) => index + 1);
/** How long the effects of an input on many ports are followed, in milliseconds. */
const FOLLOWED_MS = 15_000;

/** The switches that the kinds have connected, by server. */
const connected = new WeakMap<BlockingServer, PretendSwitch>();

async function connect(server: BlockingServer): Promise<void> {
  const pretence = { ports: PORTS, isOpenVswitch: true };
  connected.set(server, await PretendSwitch.connect(server.openflowPort, 1n, pretence));
  await delay(FOLLOWED_MS);
}

function meters(server: BlockingServer): string {
  return `${connected.get(server)?.received.get("meterMod") ?? 0} meters`;
}

async function disconnect(server: BlockingServer): Promise<string> {
  connected.get(server)?.end();
  await delay(2000);
  return "disconnected";
}

async function portStorm(server: BlockingServer): Promise<string> {
  const found = connected.get(server);
  found?.setPorts(false);
  await delay(FOLLOWED_MS / 2);
  found?.setPorts(true);
  await delay(FOLLOWED_MS);
  return "20,000 PORT_STATUS";
}

async function connectMany(server: BlockingServer): Promise<string> {
  const ports = PORTS.slice(0, 48);
  const switches = await Promise.all(
    Array.from({ length: 100 }, (_, index) =>
      PretendSwitch.connect(server.openflowPort, BigInt(index + 1), { ports, isOpenVswitch: true }),
    ),
  );
  await delay(FOLLOWED_MS);
  const rules = switches.filter(({ received }) => received.has("bundleAddMessage")).length;
  for (const each of switches) each.end();
  return `${rules} programmed`;
}

/** Switches with very many ports, and very many switches. */
export const KINDS: readonly BlockingKind[] = [
  {
    name: "switch-10000-connect",
    describe: "a switch with 10,000 ports connects",
    run: async (server) => {
      await connect(server);
      return meters(server);
    },
  },
  {
    name: "switch-10000-ports",
    describe: "10,000 ports go down at once, and come up at once",
    prepare: connect,
    run: portStorm,
  },
  {
    name: "switch-10000-disconnect",
    describe: "a switch with 10,000 ports disconnects",
    prepare: connect,
    run: disconnect,
  },
  {
    name: "switches-100-connect",
    describe: "100 switches with 48 ports connect at once",
    run: connectMany,
  },
];
