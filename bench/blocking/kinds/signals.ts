// SPDX-License-Identifier: Apache-2.0

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BlockingKind, BlockingServer } from "../kind.ts";

const SWITCHES = 20;
const HOSTS = 20_000;

function macOf(n: number): string {
  const hex = n.toString(16).padStart(8, "0");
  return `fa:00:${hex.replace(/(..)(?=.)/g, "$1:")}`;
}

/** A line of switches with hosts; `shift` moves every hundredth host to another port. */
function topology(hosts: number, shift: number): object {
  const dpid = (n: number) => (n + 1).toString(16).padStart(16, "0");
  const list = <T>(count: number, item: (n: number) => T) =>
    Array.from({ length: count }, (_, n) => item(n));
  return {
    switches: list(SWITCHES, (n) => ({ dpid: dpid(n), name: `s${n}` })),
    links: list(SWITCHES - 1, (n) => ({
      a: { switch: `s${n}`, port: 2 },
      b: { switch: `s${n + 1}`, port: 1 },
    })),
    hosts: list(hosts, (n) => ({
      name: `h${n}`,
      mac: macOf(n + 1),
      ips: [`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`],
      switch: `s${n % SWITCHES}`,
      port: 100 + Math.floor(n / SWITCHES) + (n % 100 === 0 ? shift : 0),
    })),
  };
}

async function reload(server: BlockingServer, document: object): Promise<string> {
  await writeFile(join(server.directory, "topology.json"), JSON.stringify(document));
  const reloaded = server.logged("topology files are reloaded");
  process.kill(server.pid, "SIGHUP");
  const { added, removed, changed } = (await reloaded) as Record<string, unknown>;
  return JSON.stringify({ added, removed, changed });
}

/** Signals to a controller with much to do. */
export const KINDS: readonly BlockingKind[] = [
  {
    name: "sighup-hosts",
    describe: `SIGHUP, topology file with ${HOSTS} hosts, 200 of them at other ports`,
    setup: () => ({ topology: topology(HOSTS, 0) }),
    run: (server) => reload(server, topology(HOSTS, 5000)),
  },
  {
    name: "sighup-storm",
    describe: "1,000 SIGHUP, topology file with 20,000 hosts",
    setup: () => ({ topology: topology(HOSTS, 0) }),
    run: async (server) => {
      await writeFile(
        join(server.directory, "topology.json"),
        JSON.stringify(topology(HOSTS, 5000)),
      );
      const begun = server.logged("files are reloaded (SIGHUP)");
      process.kill(server.pid, "SIGHUP");
      await begun;
      const last = server.logged("topology files are unchanged");
      for (let n = 1; n < 1000; n++) process.kill(server.pid, "SIGHUP");
      await last;
      return "reloaded, then unchanged";
    },
  },
];
