// SPDX-License-Identifier: Apache-2.0
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

/** Hosts by the thousand. */
export const KINDS: readonly BlockingKind[] = [
  writes(1000, 200),
  writes(5000, 200),
  writes(20_000, 200),
  set(20_000, 700),
];
