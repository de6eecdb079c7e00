// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Json } from "../../../src/ovsdb/index.ts";
import { requireOpenVSwitch } from "../../../test/lab/daemons.ts";
import { PretendSwitch } from "../../../test/lab/pretend-switch.ts";
import { waitFor } from "../../../test/lab/wait-for.ts";
import { ScriptedServer } from "../../../test/ovsdb-session/scripted-server.ts";
import { median } from "../../report.ts";
import type { BlockingKind } from "../kind.ts";

/** A port of this process alone, for servers that run one after another. */
const PORT = 20_000 + (process.pid % 20_000);
export const NONE = "00000000-0000-0000-0000-000000000000";
const ROUNDS = 5;

const setup = () => ({ flags: ["--ovsdb", `127.0.0.1:${PORT}`] });

/** The first copy of a database with a bridge of this many ports. */
export function ports(count: number, datapath: number): Json {
  const id = (n: number) => `6f2b1f5e-0000-4000-8000-${String(n).padStart(12, "0")}`;
  const rows = (row: (n: number) => Json) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [id(n), { initial: row(n) }]));
  const datapathId = datapath.toString(16).padStart(16, "0");
  return {
    Bridge: { [id(1)]: { initial: { name: `br${datapathId}` } } },
    Port: rows((n) => ({ name: `tap-of-some-instance-${n}` })),
  };
}

/** The first copy of a database with a bridge of this many interfaces of workloads, two of each. */
function interfaces(count: number): Json {
  const id = (kind: number, n: number) =>
    `6f2b1f5e-000${kind}-4000-8000-${String(n).padStart(12, "0")}`;
  const rows = (kind: number, row: (n: number) => Json) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [id(kind, n), { initial: row(n) }]));
  const all = Array.from({ length: count }, (_, n) => ["uuid", id(1, n)]);
  const ids = (n: number) => [
    ["iface-id", `port-${n}`],
    ["attached-mac", macText(n)],
    ["vm-uuid", `vm-${n >> 1}`],
  ];
  return {
    Bridge: { [id(0, 1)]: { initial: { name: "br-int", datapath_id: DPID, ports: ["set", all] } } },
    Port: rows(1, (n) => ({ name: `tap${n}`, interfaces: ["uuid", id(2, n)] })),
    Interface: rows(2, (n) => ({ name: `tap${n}`, ofport: n + 1, external_ids: ["map", ids(n)] })),
  };
}

const DPID = "0000000000000001";

/** A controller whose policies name interfaces and workloads. */
function namingSetup() {
  const config = join(mkdtempSync(join(tmpdir(), "openvtap-blocking-")), "config.json");
  writeFileSync(config, JSON.stringify({ ovsdbHosts: true }));
  const policies = Array.from({ length: 200 }, (_, n) => ({
    id: `tap-${n}`,
    sender: n % 2 === 0 ? { iface: `port-${n * 50}` } : { workload: `vm-${n * 25}` },
    receiver: "any",
    monitors: [{ iface: "port-19999" }],
  }));
  const topology = { switches: [{ dpid: DPID, name: "s1" }] };
  return { topology, policies, flags: ["--config", config, "--ovsdb", `127.0.0.1:${PORT}`] };
}

function macText(n: number): string {
  return `fa:00:00:${n
    .toString(16)
    .padStart(6, "0")
    .replace(/(..)(?=.)/g, "$1:")}`;
}

/** Waits until so many interfaces are hosts. */
async function named(url: string, count: number): Promise<void> {
  const isThere = async () => {
    const answer = await fetch(`${url}/api/v1/status`);
    return ((await answer.json()) as { hosts: number }).hosts === count;
  };
  await waitFor(isThere, { what: `${count} hosts`, everyMs: 100 });
}

/** Peers that load their databases at once. */
async function load(peers: number, portsOfEach: number): Promise<string> {
  return loadText(peers, JSON.stringify(ports(portsOfEach, 1)));
}

/** `meanwhile`: what is waited for before they end. */
async function loadText(
  peers: number,
  text: string,
  meanwhile: () => Promise<unknown> = async () => undefined,
): Promise<string> {
  const schema = JSON.parse(readFileSync(requireOpenVSwitch(), "utf8")) as Json;
  const up = () => ScriptedServer.up(PORT, { schema });
  const servers = await Promise.all(Array.from({ length: peers }, up));
  const began = performance.now();
  await Promise.all(
    servers.map(async (server) => {
      const { id } = await server.next("monitor_cond_since");
      server.write(`{"id":${JSON.stringify(id)},"error":null,"result":[false,"${NONE}",${text}]}`);
      // An echo is answered when everything before it is applied.
      server.send({ id: "done", method: "echo", params: [] });
      await server.answered("done");
    }),
  );
  const took = (performance.now() - began).toFixed(0);
  await meanwhile();
  for (const server of servers) server.end();
  return `${peers} databases of ${((text.length * peers) / 1e6).toFixed(1)} MB together are followed after ${took} ms`;
}

/** OpenFlow echo request, version 1.4. @spec OpenFlow 1.4.1 §7.1.1 */
const ECHO = Uint8Array.of(5, 2, 0, 8, 0, 0, 0, 1);

/** The same beside a switch whose echo requests are answered over OpenFlow, one after another. */
async function loadBesideSwitch(openflowPort: number): Promise<string> {
  const device = await PretendSwitch.connect(openflowPort, 1n);
  const times: number[] = [];
  let isLoading = true;
  const echoes = async () => {
    while (isLoading) {
      const answered = device.next("echoReply");
      const sent = performance.now();
      device.socket.write(ECHO);
      await answered;
      times.push(performance.now() - sent);
    }
  };
  const echoing = echoes();
  const outcome = await load(100, 300);
  isLoading = false;
  await echoing;
  device.end();
  const [middle, longest] = [median(times), Math.max(...times)].map((ms) => ms.toFixed(1));
  return `${outcome}; ${times.length} echoes take ${middle} ms, at most ${longest} ms`;
}

/** A hundred peers that send these bytes until they are disconnected, and connect again. */
async function flood(chunk: string, first: string): Promise<string> {
  let closed = 0;
  const one = async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const server = await ScriptedServer.connect(PORT);
      server.write(first);
      while (!server.isClosed) if (!server.write(chunk)) await server.drained();
      closed++;
    }
  };
  await Promise.all(Array.from({ length: 100 }, one));
  return `${closed} connections closed`;
}

/** Databases of switches: large ones, many, and peers that are none. */
export const KINDS: readonly BlockingKind[] = [
  {
    name: "ovsdb-large",
    describe: "a database with 30,000 ports",
    setup,
    run: () => load(1, 30_000),
  },
  {
    name: "ovsdb-many",
    describe: "100 databases with 300 ports each, at once",
    setup,
    run: () => load(100, 300),
  },
  {
    name: "ovsdb-interfaces",
    describe: "a database with 20,000 interfaces of workloads, which 200 policies name",
    setup: namingSetup,
    run: ({ url }) => loadText(1, JSON.stringify(interfaces(20_000)), () => named(url, 20_000)),
  },
  {
    name: "ovsdb-openflow",
    describe: "the same 100 databases beside a switch that sends echo requests",
    setup,
    run: ({ openflowPort }) => loadBesideSwitch(openflowPort),
  },
  {
    name: "ovsdb-endless",
    describe: "100 peers that send a string without end, again and again",
    setup,
    run: () => flood("x".repeat(65_536), '{"a":"'),
  },
  {
    name: "ovsdb-lists",
    describe: "100 peers that send empty lists without end, again and again",
    setup,
    run: () => flood("[],".repeat(20_000), '{"a":['),
  },
];
