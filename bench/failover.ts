// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Compilation } from "../src/controller/desired/compilation.ts";
import { formatMac } from "../src/openflow/index.ts";
import { type Policy, parsePolicy } from "../src/policy/index.ts";
import {
  type HostConfig,
  type Port,
  type PortNo,
  type Topology,
  TopologyState,
} from "../src/topology/index.ts";
import { OvsLab } from "../test/lab/index.ts";
import { BuiltVtap, freePort } from "./built-vtap.ts";
import { median, percentile, table } from "./report.ts";
import {
  macOf,
  placeOfHost,
  switchName,
  tierConfig,
  tierLinks,
  tierPolicies,
} from "./tier-network.ts";

/**
 * Links of the first core switch that copies take: of paths of equal length the first is taken, so from
 * each edge switch to the first of its two aggregation switches, and on to the first core switch.
 */
const CORE_LINKS = [...tierLinks().entries()]
  .filter(([, { a }]) => a === 1)
  .filter((_, aggregation) => aggregation % 2 === 0)
  .slice(0, 4);
const REST_SECONDS = 10;
/** Until every switch's counters have been read and persisted for the first time, which is work. */
const SETTLE_SECONDS = 15;

/**
 * A core link of a network of 100 switches dies, with many policies.
 *
 * First in this process: how long it takes to compute the other paths, beside compiling everything
 * anew; and what a new host and one that moves cost, with many hosts. Then `vtap serve` with 100 real
 * bridges of one Open vSwitch: from the cut to the last entry confirmed, and what it costs at rest.
 *
 * Arguments: the number of policies (5000), of hosts in the second in-process part (20000), `pure` to
 * leave the real switches out.
 */
export async function run(args: string[]): Promise<void> {
  const policies = Number(args[0] ?? 5000);
  const manyHosts = Number(args[1] ?? 20_000);
  recompute(policies, 1000);
  recompute(policies, manyHosts);
  if (args[2] !== "pure") await onSwitches(policies);
}

/** One measured step: milliseconds on the clock and on the processor. */
interface Step {
  readonly wallMs: number;
  readonly cpuMs: number;
}

function timed(work: () => void): Step {
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  work();
  const wallMs = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs, cpuMs: (user + system) / 1000 };
}

function recompute(count: number, hosts: number): void {
  const living = new LivingTiers(hosts);
  const policies = tierPolicies(count, hosts).map(parsed);
  const compilation = new Compilation();
  const compileAll = (fresh: Compilation) => {
    fresh.setTopology(living.topology);
    fresh.edit({ upsert: policies });
  };
  compileAll(compilation);
  for (const { id } of policies) compilation.plan(id);
  const follow = (change: () => void): Step =>
    timed(() => {
      change();
      const { changed } = compilation.setTopology(living.topology);
      for (const id of changed) compilation.plan(id);
    });
  const steps = (times: number, change: (round: number) => void): Step[] =>
    Array.from({ length: times }, (_, round) => follow(() => change(round)));

  const dies: Step[] = [];
  const back: Step[] = [];
  for (let round = 0; round < 10; round++) {
    for (const [index] of CORE_LINKS) {
      dies.push(follow(() => living.setLink(index, false)));
      back.push(follow(() => living.setLink(index, true)));
    }
  }
  const isNew = steps(20, (n) => living.placeHost(hosts + n, n));
  const moves = steps(20, (n) => living.placeHost(hosts + n, n + 1));
  const moved = steps(20, (n) => living.placeHost(n, n + 7));
  const full = Array.from({ length: 3 }, () => timed(() => compileAll(new Compilation())));
  const rows: [string, Step[]][] = [
    ["a core link dies", dies],
    ["it is back", back],
    ["a new host", isNew],
    ["it moves", moves],
    ["a host of policies comes to other ports", moved],
    ["everything compiled anew", full],
  ];
  console.log(
    `\n${count} policies, 100 switches, ${hosts} hosts: milliseconds until all is planned`,
  );
  console.log(`${"".padEnd(42)}  median     worst  processor, median`);
  for (const [name, all] of rows) {
    const wall = all.map(({ wallMs }) => wallMs);
    const cpu = all.map(({ cpuMs }) => cpuMs);
    const numbers = [median(wall), percentile(wall, 100), median(cpu)];
    console.log(name.padEnd(42), ...numbers.map((each) => each.toFixed(1).padStart(9)));
  }
  const of = (all: Step[]) => median(all.map(({ cpuMs }) => cpuMs));
  console.log(
    `a core link dies: ${(of(full) / of(dies)).toFixed(0)} times less than everything anew`,
  );
}

function parsed(document: Record<string, unknown>): Policy {
  const result = parsePolicy(document);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value.policy;
}

/** The tiers in operation: all switches connected, links that die, hosts that appear and move. */
class LivingTiers {
  #state: TopologyState;

  constructor(hosts: number) {
    const config = tierConfig(0);
    this.#state = TopologyState.empty.withConfig(config);
    for (const { dpid } of config.switches) {
      const links = config.links.flatMap(({ a, b }) => [a, b]).filter((end) => end.dpid === dpid);
      const numbers = [...links.map(({ port }) => Number(port)), ...hostPorts(hosts + 1000)];
      const ports = numbers.map((no) => livePort(no));
      this.#state = this.#state.apply({ type: "switchConnected", dpid, ports });
    }
    this.#state = this.#state.withConfig({ ...config, hosts: [] });
    for (const host of tierConfig(hosts).hosts) this.#add(host);
  }

  get topology(): Topology {
    return this.#state.topology;
  }

  setLink(index: number, up: boolean): void {
    const link = tierConfig(0).links[index];
    if (!link) throw new Error("no such link");
    const port = { ...livePort(Number(link.a.port)), up };
    this.#state = this.#state.apply({ type: "portChanged", dpid: link.a.dpid, port });
  }

  /** Puts a host, new or known, at the place of another number. */
  placeHost(host: number, like: number): void {
    const [there] = tierConfig(like + 1).hosts.slice(like);
    if (there) this.#add({ ...there, mac: macOf(host) });
  }

  #add(host: HostConfig): void {
    const added = this.#state.addHost(host);
    if (!added.ok) throw new Error(JSON.stringify(added.problems));
    this.#state = added.state;
  }
}

function hostPorts(hosts: number): number[] {
  return Array.from({ length: placeOfHost(hosts).port + 1 }, (_, index) => index + 1);
}

function livePort(no: number): Port {
  return { no: no as PortNo, name: `p${no}`, hwAddr: no, up: true };
}

interface Failover {
  /** From the command that cuts the link until it is reported to the controller. */
  readonly detectMs: number;
  readonly recomputeMs: number;
  readonly confirmMs: number;
  readonly entries: number;
  readonly policies: number;
}

const HOSTS_ON_SWITCHES = 800;
const PORTS_OF_HOSTS = 3;

async function onSwitches(policies: number): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "vtap-failover-"));
  const lab = await OvsLab.start();
  try {
    await writeFiles(directory, policies);
    await buildTiers(lab);
    const port = await freePort();
    const vtap = await BuiltVtap.start(directory, port);
    try {
      const names = tierConfig(0).switches.map((_, index) => switchName(index + 1));
      await lab.setControllers(names, `tcp:127.0.0.1:${port}`);
      await vtap.logged("every policy is active");
      const rest = await atRest(vtap);
      const failovers: Failover[] = [];
      for (const [, { a, aPort }] of CORE_LINKS) {
        failovers.push(await during(vtap, () => lab.cutLink(switchName(a), aPort)));
        await during(vtap, () => lab.restoreLink(switchName(a), aPort));
      }
      report(policies, failovers, rest);
    } finally {
      await vtap.stop();
    }
  } finally {
    await lab.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function writeFiles(directory: string, policies: number): Promise<void> {
  const { switches, links } = tierConfig(0);
  const hosts = Array.from({ length: HOSTS_ON_SWITCHES }, (_, host) => {
    const { at, port } = placeOfHost(host);
    return {
      mac: formatMac(macOf(host)),
      switch: switchName(at),
      port: 1 + (port % PORTS_OF_HOSTS),
    };
  });
  const topology = {
    switches: switches.map(({ dpid, name }) => ({ dpid, name })),
    links: links.map(({ a, b }) => ({
      a: { switch: a.dpid, port: a.port },
      b: { switch: b.dpid, port: b.port },
    })),
    hosts,
  };
  const list = tierPolicies(policies, HOSTS_ON_SWITCHES);
  await writeFile(join(directory, "topology.json"), JSON.stringify(topology));
  await writeFile(join(directory, "policies.json"), JSON.stringify({ policies: list }));
}

async function buildTiers(lab: OvsLab): Promise<void> {
  const { switches } = tierConfig(0);
  const withHosts = new Set(Array.from({ length: 80 }, (_, host) => placeOfHost(host).at));
  await lab.build({
    switches: switches.map(({ dpid }, index) => {
      const name = switchName(index + 1);
      const ports = withHosts.has(index + 1) ? PORTS_OF_HOSTS : 0;
      const hosts = Array.from({ length: ports }, (_, n) => ({
        name: `${name}h${n + 1}`,
        port: n + 1,
      }));
      return { name, dpid, hosts };
    }),
    links: tierLinks().map(({ a, aPort, b, bPort }) => [
      switchName(a),
      aPort,
      switchName(b),
      bPort,
    ]),
  });
}

/** Waits until the controller has reacted completely to a command's effect on the network. */
async function during(vtap: BuiltVtap, command: () => Promise<void>): Promise<Failover> {
  const began = Date.now();
  const rerouted = vtap.next("rerouted");
  await command();
  const { time, recomputeMs, confirmMs, entries, policies } = await rerouted;
  const [recompute, confirm] = [Number(recomputeMs), Number(confirmMs)];
  // Both ends of a cut link are reported: the second report changes nothing more.
  await delay(500);
  return {
    detectMs: Date.parse(time) - began - recompute - confirm,
    recomputeMs: recompute,
    confirmMs: confirm,
    entries: Number(entries),
    policies: Number(policies),
  };
}

interface Rest {
  readonly cpuShare: number;
  readonly megabytes: number;
}

async function atRest(vtap: BuiltVtap): Promise<Rest> {
  await delay(SETTLE_SECONDS * 1000);
  const before = vtap.cpuMs();
  await delay(REST_SECONDS * 1000);
  const status = await readFile(`/proc/${vtap.pid}/status`, "utf8");
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
  const cpuShare = (vtap.cpuMs() - before) / (REST_SECONDS * 1000);
  return { cpuShare, megabytes: kilobytes / 1024 };
}

function report(policies: number, failovers: readonly Failover[], rest: Rest): void {
  const of = (pick: (failover: Failover) => number) => median(failovers.map(pick));
  const count = failovers.length;
  console.log(
    `\n100 bridges, ${policies} policies, a core link is cut, median of ${count} (milliseconds)\n`,
  );
  table([
    ["until it is reported to the controller (ovs-vsctl included)", of(({ detectMs }) => detectMs)],
    ["recompute", of(({ recomputeMs }) => recomputeMs)],
    ["recompute, worst", Math.max(...failovers.map(({ recomputeMs }) => recomputeMs))],
    ["install, until the last entry is confirmed", of(({ confirmMs }) => confirmMs)],
    ["entries changed", of((each) => each.entries)],
    ["policies concerned", of((each) => each.policies)],
  ]);
  console.log("\nat rest, all switches connected\n");
  table(
    [
      ["processor, per cent of one core", rest.cpuShare * 100],
      ["resident memory, MB", rest.megabytes],
    ],
    1,
  );
}
