// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OvsLab } from "../test/lab/index.ts";
import { BuiltVtap, freePort } from "./built-vtap.ts";
import { median, percentile, table } from "./report.ts";

const PORTS = 10;
const POSTS = 200;

/**
 * A cold start with many pair policies from a file against one real Open vSwitch with two bridges
 * (senders and receivers on one, monitors on the other), beside `ovs-ofctl bundle` of the very same
 * groups and flows; then the latency of one `POST ?wait=` with no and with all of these policies.
 *
 * Arguments: the number of policies (10000), the number of runs (3).
 */
export async function run(args: string[]): Promise<void> {
  const policies = Number(args[0] ?? 10_000);
  const runs = Number(args[1] ?? 3);
  const installs: Install[] = [];
  for (let n = 0; n < runs; n++) installs.push(await install(policies));
  const of = (pick: (install: Install) => number) => median(installs.map(pick));
  console.log(
    `\nCold start with ${policies} pair policies, median of ${runs} runs (milliseconds)\n`,
  );
  table([
    ["process start (node, modules)", of((each) => each.startMs)],
    ["read, check and compile the files", of((each) => each.loadMs)],
    ["wait for the switches to connect", of((each) => each.connectMs)],
    ["read back, install, confirm", of((each) => each.installMs)],
    ["work of OpenVTAP: files, compile, install", of(ownWork)],
    ["processor time of OpenVTAP, all of it", of((each) => each.cpuMs)],
    ["ovs-ofctl bundle of the same entries", of((each) => each.ofctlMs)],
  ]);
  console.log(
    `\nratio, without process start and connecting: ${of((each) => ownWork(each) / each.ofctlMs).toFixed(2)}`,
  );
  console.log(`ratio, install alone: ${of((each) => each.installMs / each.ofctlMs).toFixed(2)}`);
  const { flows, groups } = installs[0] ?? { flows: 0, groups: 0 };
  console.log(`on the switches: ${flows} flow entries, ${groups} groups`);

  console.log(`\nLatency of one POST ?wait=, ${POSTS} in a row (milliseconds)\n`);
  for (const present of [0, policies]) {
    const times = await postLatencies(present);
    const [p50, p99] = [percentile(times, 50), percentile(times, 99)];
    console.log(
      `${String(present).padStart(6)} present: median ${p50.toFixed(2)}, p99 ${p99.toFixed(2)}`,
    );
  }
}

interface Install {
  readonly startMs: number;
  readonly loadMs: number;
  readonly connectMs: number;
  readonly installMs: number;
  /** Processor time of OpenVTAP until then, process start included. */
  readonly cpuMs: number;
  readonly ofctlMs: number;
  readonly flows: number;
  readonly groups: number;
}

function ownWork({ loadMs, installMs }: Install): number {
  return loadMs + installMs;
}

async function install(policies: number): Promise<Install> {
  return withNetwork(policies, async ({ lab, vtap }) => {
    await vtap.logged("every policy is active");
    const timing = { ...vtap.timing(), cpuMs: vtap.cpuMs() };
    const entries = await Promise.all(["s1", "s2"].map((name) => entriesOf(lab, name)));
    await vtap.stop();
    let ofctlMs = 0;
    for (const [index, name] of ["s1", "s2"].entries()) {
      await lab.ofctl("del-flows", name);
      await lab.ofctl("del-groups", name);
      const lines = entries[index] ?? [];
      const begin = performance.now();
      await lab.bundle(name, lines);
      ofctlMs += performance.now() - begin;
    }
    const all = entries.flat();
    const groups = all.filter((line) => line.startsWith("group")).length;
    return { ...timing, ofctlMs, groups, flows: all.length - groups };
  });
}

/** The entries of a bridge, as lines for `ovs-ofctl bundle`. */
async function entriesOf(lab: OvsLab, name: string): Promise<string[]> {
  const groups = (await lab.dumpGroups(name)).map((line) => `group add ${line}`);
  const flows = (await lab.dumpFlows(name)).map((line) => `flow add ${line}`);
  return [...groups, ...flows];
}

async function postLatencies(present: number): Promise<number[]> {
  return withNetwork(present, async ({ vtap }) => {
    if (present > 0) await vtap.logged("every policy is active");
    const times: number[] = [];
    for (let n = 0; n < POSTS + 20; n++) {
      const document = { ...pairPolicy(present + n, sideOf(present)), id: `post-${n}` };
      const begin = performance.now();
      const response = await fetch(`${vtap.url}/api/v1/policies?wait=5000`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(document),
      });
      const body = (await response.json()) as { status?: { state: string } };
      const took = performance.now() - begin;
      if (body.status?.state !== "active") throw new Error(JSON.stringify(body));
      // The first ones warm up the client and the server alike.
      if (n >= 20) times.push(took);
    }
    return times;
  });
}

interface Network {
  readonly lab: OvsLab;
  readonly vtap: BuiltVtap;
}

async function withNetwork<T>(
  policies: number,
  task: (network: Network) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "vtap-bench-"));
  const lab = await OvsLab.start();
  try {
    await writeFile(join(directory, "topology.json"), JSON.stringify(topology(policies)));
    const list = Array.from({ length: policies }, (_, n) => pairPolicy(n, sideOf(policies)));
    await writeFile(join(directory, "policies.json"), JSON.stringify({ policies: list }));
    const port = await freePort();
    const hosts = (name: string) =>
      Array.from({ length: PORTS }, (_, n) => ({ name: `${name}-${n + 1}`, port: n + 1 }));
    await lab.build({
      switches: ["s1", "s2"].map((name) => ({
        name,
        hosts: hosts(name),
      })),
      links: [["s1", 100, "s2", 100]],
    });
    const vtap = await BuiltVtap.start(directory, port);
    try {
      // Now, not before: a rejected switch tries again only a second later, which would count as work.
      await Promise.all(
        ["s1", "s2"].map((name) => lab.setController(name, `tcp:127.0.0.1:${port}`)),
      );
      return await task({ lab, vtap });
    } finally {
      await vtap.stop();
    }
  } finally {
    await lab.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Number of senders, and of receivers, that gives every policy a pair of its own. */
function sideOf(policies: number): number {
  return Math.ceil(Math.sqrt(policies + 2 * POSTS));
}

function topology(policies: number) {
  const host = (kind: number, n: number, name: string) => ({
    mac: macOf(kind, n),
    switch: name,
    port: (n % PORTS) + 1,
  });
  const side = Array.from({ length: sideOf(policies) }, (_, n) => n);
  return {
    switches: ["s1", "s2"].map((name, n) => ({ name, dpid: String(n + 1).padStart(16, "0") })),
    links: [{ a: { switch: "s1", port: 100 }, b: { switch: "s2", port: 100 } }],
    hosts: [
      ...side.map((n) => host(1, n, "s1")),
      ...side.map((n) => host(2, n, "s1")),
      ...Array.from({ length: PORTS }, (_, n) => host(3, n, "s2")),
    ],
  };
}

function pairPolicy(n: number, side: number) {
  return {
    id: `pair-${n}`,
    sender: { mac: macOf(1, n % side), ip: ipOf(1, n % side) },
    receiver: { mac: macOf(2, Math.floor(n / side)), ip: ipOf(2, Math.floor(n / side)) },
    monitors: [{ mac: macOf(3, n % PORTS) }],
    filters: { tcp_dst: 1 + (n % 60_000) },
  };
}

function ipOf(kind: number, n: number): string {
  return `10.${kind}.${n >> 8}.${n & 0xff}`;
}

function macOf(kind: number, n: number): string {
  const hex = (value: number) => value.toString(16).padStart(2, "0");
  return `fa:00:0${kind}:00:${hex(n >> 8)}:${hex(n & 0xff)}`;
}
