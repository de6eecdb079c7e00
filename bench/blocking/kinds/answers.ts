// SPDX-License-Identifier: Apache-2.0
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BlockingKind, BlockingSetup } from "../kind.ts";
import { send } from "../send.ts";

function macOf(n: number): string {
  return `fa:00:00:${[n >> 16, n >> 8, n].map((part) => (part & 255).toString(16).padStart(2, "0")).join(":")}`;
}

function link(a: number, b: number): object {
  return { a: { switch: `s${a}`, port: 1000 }, b: { switch: `s${b}`, port: 1000 } };
}

/** A hundred switches, and hosts at their ports. */
function topologyOf(hosts: number) {
  const switches = Array.from({ length: 100 }, (_, n) => ({
    dpid: (n + 1).toString(16).padStart(16, "0"),
    name: `s${n + 1}`,
  }));
  return {
    switches,
    hosts: Array.from({ length: hosts }, (_, n) => ({
      name: `h${n}`,
      mac: macOf(n + 1),
      ips: [`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`],
      switch: `s${(n % 100) + 1}`,
      port: Math.floor(n / 100) + 1,
    })),
  };
}

function policiesOf(count: number): object[] {
  return Array.from({ length: count }, (_, n) => ({
    id: `p${n}`,
    sender: { mac: macOf(2 * n + 1) },
    receiver: { mac: macOf(2 * n + 2) },
    monitors: [{ mac: "fa:00:ff:00:00:01" }],
  }));
}

/** Reads `times` times at once what a large network or many policies make long. */
function reading(name: string, describe: string, path: string, times = 1): BlockingKind[] {
  const run: BlockingKind["run"] = async (server) => {
    const reads = Array.from({ length: times }, () => send(server, { method: "GET", path }));
    return (await Promise.all(reads))[0] ?? "";
  };
  const setups: [string, string, () => BlockingSetup][] = [
    ["hosts", "20,000 hosts", () => ({ topology: topologyOf(20_000) })],
    ["policies", "10,000 policies", () => ({ policies: policiesOf(10_000) })],
  ];
  return setups.map(([what, text, setup]) => ({
    name: `answer-${name}-${what}`,
    describe: `${describe}, ${text}`,
    setup,
    run,
  }));
}

/** Answers that are long, and requests that arrive together. */
export const KINDS: readonly BlockingKind[] = [
  ...reading("metrics", "GET /metrics", "/metrics"),
  ...reading("topology", "GET /topology", "/api/v1/topology"),
  ...reading("lists", "GET /hosts?limit=1000", "/api/v1/hosts?limit=1000"),
  ...reading("policy-list", "GET /policies?limit=1000", "/api/v1/policies?limit=1000"),
  ...reading("switches", "GET /switches?limit=1000", "/api/v1/switches?limit=1000"),
  ...reading("many", "100 times GET /hosts?limit=1000", "/api/v1/hosts?limit=1000", 100),
  {
    name: "reload-hosts",
    describe: "SIGHUP, 20,000 hosts and a new link",
    setup: () => ({ topology: topologyOf(20_000) }),
    async run({ directory, pid, logged }) {
      const moved = { ...topologyOf(20_000), links: [link(1, 2)] };
      await writeFile(join(directory, "topology.json"), JSON.stringify(moved));
      const reloaded = logged("topology files are reloaded");
      process.kill(pid, "SIGHUP");
      await reloaded;
      return "reloaded";
    },
  },
  {
    name: "reload-errors",
    describe: "SIGHUP, 20,000 hosts on unknown switches",
    setup: () => ({ topology: topologyOf(20_000) }),
    async run({ directory, pid, logged }) {
      const { hosts } = topologyOf(20_000);
      await writeFile(join(directory, "topology.json"), JSON.stringify({ hosts }));
      const refused = logged("topology files are invalid: nothing is changed");
      process.kill(pid, "SIGHUP");
      await refused;
      return "refused";
    },
  },
  ...reading("openapi", "20 times GET /openapi.json", "/openapi.json", 20),
];
