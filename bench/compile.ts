// SPDX-License-Identifier: Apache-2.0
import { originalActions } from "../src/forwarding/index.ts";
import { formatMac } from "../src/openflow/index.ts";
import {
  type CompileEnvironment,
  type Policy,
  type PolicyDocument,
  parsePolicy,
  TapCompiler,
} from "../src/policy/index.ts";
import { type Dpid, type HostConfig, parseDpid, TopologyState } from "../src/topology/index.ts";

const SWITCHES = 64;
const SENDERS = 1000;
const FILTERS_PER_PAIR = 10;

/**
 * Compiles many policies and then changes one at a time: `compile [COUNT]...`, default 10,000 and
 * 100,000. 1,000 senders, each with receivers enough for ten filters a pair; of every twenty policies
 * one overlaps its neighbours (it copies all of a pair's traffic to another monitor).
 */
export async function run(args: string[]): Promise<void> {
  const counts = args.length > 0 ? args.map(Number) : [10_000, 100_000];
  for (const count of counts) measure(count);
  worstCases();
}

export function measure(count: number): void {
  const environment = environmentOf(network());
  const policies = policiesFor(count);
  const before = memory();
  const compiler = new TapCompiler(environment);
  const cpu = process.cpuUsage();
  const started = performance.now();
  const delta = compiler.update({ upsert: policies });
  const full = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  const used = memory() - before;
  const rules = [...delta.switches.values()].reduce((sum, { set }) => sum + set.length, 0);
  const single = changeOne(compiler, policies);
  console.log(
    `${count} policies: full compile ${full.toFixed(0)} ms (${((user + system) / 1000).toFixed(0)} ms of CPU), ${rules} rules, ${used.toFixed(0)} MB; ` +
      `one change: median ${percentile(single, 0.5)} ms, p99 ${percentile(single, 0.99)} ms`,
  );
}

/** Removes a policy and adds it again, many times; returns the time of each edit in ms. */
function changeOne(compiler: TapCompiler, policies: readonly Policy[]): number[] {
  const times: number[] = [];
  for (let i = 0; i < 500; i++) {
    const policy = policies[(i * 7919) % policies.length];
    if (policy === undefined) continue;
    for (const edit of [{ remove: [policy.id] }, { upsert: [policy] }]) {
      const started = performance.now();
      compiler.update(edit);
      times.push(performance.now() - started);
    }
  }
  return times.sort((a, b) => a - b);
}

function percentile(sorted: readonly number[], share: number): string {
  return (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(3);
}

function memory(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

function dpid(index: number): Dpid {
  const id = parseDpid(index.toString(16).padStart(16, "0"));
  if (id === undefined) throw new Error("not a datapath id");
  return id;
}

const mac = (host: number): number => 0xfa0000000000 + host;

/** A binary tree of switches with hosts all over it. */
export function network() {
  const hosts: HostConfig[] = [];
  for (let host = 0; host < SENDERS + 64; host++) {
    const at = host % SWITCHES;
    hosts.push({ mac: mac(host), ips: [], dpid: dpid(at + 1), port: 100 + host });
  }
  return TopologyState.empty.withConfig({
    switches: Array.from({ length: SWITCHES }, (_, index) => ({
      dpid: dpid(index + 1),
      name: `s${index + 1}`,
      forwarding: "paths" as const,
    })),
    links: Array.from({ length: SWITCHES - 1 }, (_, index) => ({
      a: { dpid: dpid(index + 2), port: 1 },
      b: { dpid: dpid(Math.floor(index / 2) + 1), port: 2 + (index % 2) },
      weight: 1,
    })),
    hosts,
  }).topology;
}

export function environmentOf(topology: ReturnType<typeof network>): CompileEnvironment {
  return {
    topology,
    originalActions: (at, inPort, ethDst) => originalActions(topology, at, inPort, ethDst),
  };
}

export function policiesFor(count: number): Policy[] {
  const policies: Policy[] = [];
  for (let i = 0; i < count; i++) {
    const pair = Math.floor(i / FILTERS_PER_PAIR);
    const sender = pair % SENDERS;
    const receiver = (sender + 1 + Math.floor(pair / SENDERS)) % SENDERS;
    const filter = i % FILTERS_PER_PAIR;
    const overlapping = i % 20 === 19;
    policies.push(
      policy({
        id: `p${i}`,
        sender: { mac: formatMac(mac(sender)) },
        receiver: { mac: formatMac(mac(receiver)) },
        monitors: [{ mac: formatMac(mac(SENDERS + (overlapping ? 63 : pair % 60))) }],
        filters: overlapping ? {} : { eth_type: "ipv4", tcp_dst: 1000 + filter },
      }),
    );
  }
  return policies;
}

function policy(document: PolicyDocument): Policy {
  const parsed = parsePolicy(document);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value.policy;
}

/** Families of filters that overlap as much as they can, against the fewest rules possible. */
function worstCases(): void {
  const nested = Array.from({ length: 24 }, (_, i) => ({ ipv4_src: `10.0.0.0/${8 + i}` }));
  compileFamily("24 nested prefixes", nested, nested.length);
  const columns = Array.from({ length: 20 }, (_, i) => ({ ipv4_src: `10.${i}.0.0/16` }));
  const rows = Array.from({ length: 20 }, (_, i) => ({ ipv4_dst: `10.${i}.0.0/16` }));
  compileFamily("20 sources crossing 20 destinations", [...columns, ...rows], 40 + 400);
  const ranges = (first: number) =>
    Array.from({ length: 10 }, (_, i) => `${first + 100 * i}-${first + 100 * i + 61}`);
  const covers = (all: readonly string[]) => all.reduce((sum, each) => sum + coverOf(each), 0);
  const [to, from] = [ranges(1_001), ranges(30_003)];
  compileFamily(
    "10 ranges of tcp_dst crossing 10 of tcp_src",
    [...to.map((each) => ({ tcp_dst: each })), ...from.map((each) => ({ tcp_src: each }))],
    // Over both address families: each range's blocks, and where a block of either kind meet.
    2 * (covers(to) + covers(from) + covers(to) * covers(from)),
  );
  const bits = Array.from({ length: 12 }, (_, i) => {
    const bit = [24, 16, 8, 0].map((shift) => ((2 ** i) >>> shift) & 255).join(".");
    return { ipv4_src: `${bit}/${bit}` };
  });
  compileFamily("12 filters, each overlapping all", bits, 2 ** 12 - 1);
}

/** How many aligned blocks make up a range, the fewest. */
function coverOf(range: string): number {
  const [first = 0, last = 0] = range.split("-").map(Number);
  let blocks = 0;
  for (let at = first; at <= last; blocks++) {
    let size = 1;
    while (at % (size * 2) === 0 && at + size * 2 - 1 <= last) size *= 2;
    at += size;
  }
  return blocks;
}

function compileFamily(
  name: string,
  filters: readonly NonNullable<PolicyDocument["filters"]>[],
  fewest: number,
): void {
  const topology = network();
  const compiler = new TapCompiler(environmentOf(topology));
  const upsert = filters.map((each, i) =>
    policy({
      id: `p${i}`,
      sender: { mac: formatMac(mac(0)) },
      receiver: { mac: formatMac(mac(1)) },
      monitors: [{ mac: formatMac(mac(SENDERS + i)) }],
      filters: each,
    }),
  );
  const started = performance.now();
  compiler.update({ upsert });
  const time = performance.now() - started;
  const rules = compiler.desired(dpid(1)).filter(({ category }) => category === "rewriting").length;
  console.log(`${name}: ${rules} rules (fewest possible: ${fewest}), ${time.toFixed(0)} ms`);
}
