// SPDX-License-Identifier: Apache-2.0

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { PretendSwitch } from "../../../test/lab/pretend-switch.ts";
import { PretendTables } from "../../../test/lab/pretend-tables.ts";
import type { BlockingKind, BlockingServer } from "../kind.ts";
import { connectBoth, connected, monitors, PAIRS, pairs, settled, withPolicies } from "../pairs.ts";

/** The tables of the switches that the kinds have connected, by server. */
const tables = new WeakMap<BlockingServer, readonly PretendTables[]>();
const switches = new WeakMap<BlockingServer, readonly PretendSwitch[]>();

async function ruleCount({ url }: BlockingServer): Promise<number> {
  const response = await fetch(`${url}/api/v1/switches/0000000000000001`);
  return ((await response.json()) as { rules: readonly unknown[] }).rules.length;
}

/** Two rules for each pair: all frames go to one monitor, and those for a port to another one, too. */
function twoRulesEach() {
  const second = (n: number) => (n < PAIRS ? {} : { monitors: monitors(n + 1) });
  return pairs(2 * PAIRS).map((policy, n) => ({ ...policy, ...second(n) }));
}

/** Entries that connected switches still have to install, change or remove. */
async function pendingCount({ url }: BlockingServer): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const samples = text.matchAll(/^openvtap_switch_pending_entries\{.*\} (\d+)$/gm);
  return [...samples].reduce((sum, [, value]) => sum + Number(value), 0);
}

/** Until the first switch holds everything that is desired of it, for two minutes at most. */
async function installed(server: BlockingServer): Promise<void> {
  for (let left = 120; left > 0; left--) {
    if ((await pendingCount(server)) === 0 && (await ruleCount(server)) > 0) return;
    await delay(1000);
  }
}

/** Until the switches have been programmed. */
async function programmed(server: BlockingServer): Promise<void> {
  await connected(server);
  await installed(server);
}

/** Connects two switches that hold what they are sent. */
async function connectWithTables(server: BlockingServer): Promise<void> {
  const both = tables.get(server) ?? [new PretendTables(), new PretendTables()];
  tables.set(server, both);
  switches.set(
    server,
    await connectBoth(
      server,
      both.map((each) => ({ tables: each })),
    ),
  );
  await settled(server);
}

/** A config file by which counters are read every second. */
function oftenCounted(): string {
  const file = join(mkdtempSync(join(tmpdir(), "openvtap-blocking-")), "config.json");
  writeFileSync(file, JSON.stringify({ countersIntervalSeconds: 1 }));
  return file;
}

/** Time in which the counters of every switch are read several times, in milliseconds. */
const COUNTED_MS = 6000;

const MANY_PORTS = Array.from({ length: 10_000 }, (_, index) => index + 1);

async function connectMetered(server: BlockingServer): Promise<void> {
  const [held = new PretendTables()] = tables.get(server) ?? [];
  tables.set(server, [held]);
  const pretence = { ports: MANY_PORTS, isOpenVswitch: true, tables: held };
  switches.set(server, [await PretendSwitch.connect(server.openflowPort, 1n, pretence)]);
  await settled(server);
  await installed(server);
}

async function reconnect(server: BlockingServer, connect = connectWithTables): Promise<string> {
  for (const each of switches.get(server) ?? []) each.end();
  await delay(1000);
  await connect(server);
  const mods = (switches.get(server) ?? []).map(
    ({ received }) => received.get("bundleAddMessage") ?? 0,
  );
  return `lost, read again, ${mods.join(" and ")} changes sent`;
}

/** Tables with very many entries: read, shown, counted. */
export const KINDS: readonly BlockingKind[] = [
  {
    name: "start-100000-installed",
    describe:
      "a start with 100,000 policies, from the time when HTTP listens, and its switches connect",
    setup: withPolicies(() => pairs(100_000)),
    measuresStart: true,
    async run(server) {
      await programmed(server);
      return `${await ruleCount(server)} rules`;
    },
  },
  {
    name: "tables-show",
    describe: "GET /switches/{dpid} of a switch with very many rules",
    setup: withPolicies(twoRulesEach),
    prepare: programmed,
    run: async (server) => `${await ruleCount(server)} rules`,
  },
  {
    name: "tables-show-meters",
    describe: "GET /switches/{dpid} of a switch with 10,002 meters",
    prepare: connectMetered,
    run: async (server) => `${await ruleCount(server)} rules`,
  },
  {
    name: "tables-return",
    describe: "two switches with 12,000 rules and 10,000 groups return",
    setup: withPolicies(pairs),
    prepare: connectWithTables,
    run: (server) => reconnect(server),
  },
  {
    name: "tables-meters",
    describe: "a switch with 10,002 meters returns",
    prepare: connectMetered,
    run: (server) => reconnect(server, connectMetered),
  },
  {
    name: "tables-counters",
    describe: "the counters of 10,000 policies are read every second, and stored",
    setup: () => ({ ...withPolicies(pairs)(), flags: ["--config", oftenCounted()] }),
    prepare: connectWithTables,
    async run() {
      await delay(COUNTED_MS);
      return `${COUNTED_MS / 1000} s`;
    },
  },
];
