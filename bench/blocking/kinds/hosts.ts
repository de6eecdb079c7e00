// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { arp, ethernet } from "../../../src/packet/index.ts";
import { PretendSwitch } from "../../../test/lab/pretend-switch.ts";
import type { BlockingKind, BlockingServer } from "../kind.ts";
import { send } from "../send.ts";

const SWITCHES = 10;
const PORTS = 40;

function hostOf(n: number) {
  const mac = `fa00${n.toString(16).padStart(8, "0")}`.replace(/..(?=.)/g, "$&:");
  const ip = `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
  return { name: `h${n}`, mac, ips: [ip], switch: `s${1 + (n % SWITCHES)}`, port: 1 + (n % PORTS) };
}

/** A row of switches with hosts. */
function network(hosts: number) {
  const switches = Array.from({ length: SWITCHES }, (_, index) => {
    return { dpid: (index + 1).toString(16).padStart(16, "0"), name: `s${index + 1}` };
  });
  const links = switches.slice(1).map((_, index) => ({
    a: { switch: `s${index + 1}`, port: PORTS + 1 },
    b: { switch: `s${index + 2}`, port: PORTS + 2 },
  }));
  return { switches, links, hosts: Array.from({ length: hosts }, (_, n) => hostOf(n)) };
}

/** Hosts at named ports of one switch: they are where these ports are, once it has connected. */
function atOneSwitch(hosts: number) {
  const at = (n: number) => ({ switch: "s1", port: `p${1 + (n % PORTS)}` });
  return {
    switches: [{ dpid: "0000000000000001", name: "s1", forwarding: "normal" }],
    hosts: Array.from({ length: hosts }, (_, n) => ({ ...hostOf(n), ...at(n) })),
  };
}

async function attach({ url, openflowPort }: BlockingServer): Promise<string> {
  const ports = Array.from({ length: PORTS }, (_, index) => index + 1);
  const pretend = await PretendSwitch.connect(openflowPort, 1n, { ports, isOpenVswitch: true });
  await delay(10_000);
  const { items } = (await (await fetch(`${url}/api/v1/hosts?limit=10`)).json()) as {
    items: readonly { port: unknown }[];
  };
  pretend.socket.destroy();
  return `the first hosts are at ports ${items.map(({ port }) => port).join(", ")}`;
}

function writes(known: number, count: number): BlockingKind {
  return {
    name: `hosts-${known}-post`,
    describe: `POST /hosts, ${count} times one host, beside ${known.toLocaleString("en")}`,
    setup: () => ({ topology: network(known) }),
    run: async (server) => {
      const began = performance.now();
      let outcome = "";
      for (let n = 0; n < count; n++) outcome = await post(server, hostOf(known + n));
      const each = (performance.now() - began) / count;
      return `${outcome}, ${each.toFixed(1)} ms each`;
    },
  };
}

function set(known: number, count: number): BlockingKind {
  return {
    name: `hosts-${known}-set`,
    describe: `POST /hosts:apply, ${count} hosts, beside ${known.toLocaleString("en")}`,
    setup: () => ({ topology: network(known) }),
    run: (server) => {
      const hosts = Array.from({ length: count }, (_, n) => hostOf(known + n));
      return send(server, { path: "/api/v1/hosts:apply", body: JSON.stringify({ hosts }) });
    },
  };
}

function post(server: BlockingServer, host: object): Promise<string> {
  return send(server, { path: "/api/v1/hosts", body: JSON.stringify(host) });
}

const LEARNED = 20_000;
/** A port may add so many hosts at once. */
const PER_PORT = 200;

/** As many ports as the hosts need, on a switch that has learned what they lead to. */
async function edges(server: BlockingServer): Promise<void> {
  const ports = Array.from({ length: LEARNED / PER_PORT }, (_, index) => index + 1);
  const pretence = { ports, isOpenVswitch: true };
  connected.set(server, await PretendSwitch.connect(server.openflowPort, 1n, pretence));
  await delay(5000);
}

const connected = new WeakMap<BlockingServer, PretendSwitch>();

async function announce(server: BlockingServer): Promise<string> {
  const frames = Array.from({ length: LEARNED }, (_, n) => {
    const src = 0xfa_0000_0000_00 + n;
    const spa = `10.1.${n >> 8}.${n & 255}`;
    const question = arp({ sha: src, spa, tpa: spa });
    const bytes = ethernet({ src, dst: 0xffff_ffff_ffff }, question);
    return { port: 1 + Math.floor(n / PER_PORT), bytes };
  });
  connected.get(server)?.punt(frames);
  await delay(10_000);
  const status = (await (await fetch(`${server.url}/api/v1/status`)).json()) as { hosts: number };
  return `${status.hosts} hosts learned`;
}

/** A config file by which hosts expire while the kind waits. */
function shortExpiry(): string {
  const file = join(mkdtempSync(join(tmpdir(), "openvtap-expiry-")), "config.json");
  writeFileSync(file, JSON.stringify({ hostExpirySeconds: 10 }));
  return file;
}

async function expire(server: BlockingServer): Promise<string> {
  const learned = await announce(server);
  await delay(25_000);
  return `${learned}, then forgotten after 10 s`;
}

/** Hosts by the thousand. */
export const KINDS: readonly BlockingKind[] = [
  writes(1000, 200),
  writes(5000, 200),
  writes(20_000, 200),
  set(20_000, 700),
  {
    name: "hosts-20000-connect",
    describe: "a switch connects for the first time, at whose ports a file names 20,000 hosts",
    setup: () => ({ topology: atOneSwitch(20_000) }),
    run: attach,
  },
  {
    name: "hosts-20000-learn",
    describe: "ARP of 20,000 unknown hosts in one burst",
    prepare: edges,
    run: announce,
  },
  {
    name: "hosts-20000-expire",
    describe: "20,000 learned hosts are probed and expire together",
    setup: () => ({ flags: ["--config", shortExpiry()] }),
    prepare: edges,
    run: expire,
  },
];
