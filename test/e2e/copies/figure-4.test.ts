// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileForwarding, originalActions } from "../../../src/forwarding/index.ts";
import { parsePolicy, TapCompiler } from "../../../src/policy/index.ts";
import { parseTopologyFile, TopologyState } from "../../../src/topology/index.ts";
import { fencedBlocks } from "../../examples/fenced-blocks.ts";
import type { OvsLab } from "../../lab/index.ts";
import { ofctlText } from "../../policy/ofctl-text.ts";
import { PROBE_KEY, withoutProbes } from "../discovery/own-probes.ts";
import { ping, tcp } from "../frames.ts";
import { h1, h2 } from "../hosts.ts";
import { Testbed } from "../testbed.ts";

const PAGE = "docs/figure-4.md";
const blocks = fencedBlocks(PAGE);
const [topologyText = "", policiesText = "", byIpText = ""] = blocks
  .filter(({ language }) => language === "json")
  .map(({ text }) => text);
const dumps = blocks.filter(({ text }) => text.startsWith("$ ovs-ofctl"));
const SWITCHES = ["s1", "s2", "s3"] as const;
/** The rules of the policies by IP address, by switch. */
const ruleBlocks = blocks.filter(
  ({ language, text }) => language === "text" && /^# s\d/.test(text),
);

/** The output that the page shows for a command. */
function shown(command: "dump-flows" | "dump-groups", name: string): string[] {
  const prompt = new RegExp(`^\\$ ovs-ofctl .*${command} ${name}$`);
  const found = dumps.find(({ text }) => prompt.test(text.split("\n")[0] ?? ""));
  if (found === undefined) throw new Error(`${PAGE} shows no ${command} of ${name}`);
  return found.text.split("\n").slice(1);
}

/** Flow entries with buckets instead of group ids, which are assigned when groups are installed. */
function withoutIds(flows: readonly string[], groups: readonly string[]): string[] {
  const buckets = new Map(
    groups.flatMap((line) => {
      const [, id, text] = /group_id=(\d+),(.*)$/.exec(line) ?? [];
      return id === undefined || text === undefined ? [] : [[id, text] as const];
    }),
  );
  return flows
    .filter((line) => line.includes("priority="))
    .map((line) => line.slice(line.indexOf("priority=")))
    .map((line) => line.replace(/group:(\d+)/, (_, id) => `group:{${buckets.get(id)}}`))
    .sort();
}

/** The page's policies, compiled for its network; its links are direct if probes prove it. */
function compiledFrom(text: string, isProbed: boolean) {
  const parsed = parseTopologyFile(topologyText, "topology.json");
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const links = parsed.value.links.map((link) => ({ ...link, direct: isProbed }));
  const { topology } = TopologyState.empty.withConfig({ ...parsed.value, links });
  const compiler = new TapCompiler({
    topology,
    originalActions: (at, inPort, ethDst) => originalActions(topology, at, inPort, ethDst),
    markKey: PROBE_KEY,
  });
  const policies = (JSON.parse(text) as { policies: object[] }).policies.flatMap((each) => {
    const policy = parsePolicy(each);
    return policy.ok ? [policy.value.policy] : [];
  });
  expect(policies).toHaveLength(3);
  compiler.update({ upsert: policies });
  return { compiler, topology };
}

test("the page shows exactly the compiler's output", () => {
  const { compiler, topology } = compiledFrom(policiesText, false);
  const base = compileForwarding(topology);
  for (const name of SWITCHES) {
    const dpid = topology.switchByNameOrDpid(name)?.dpid;
    if (dpid === undefined) throw new Error(`no ${name}`);
    const entries = [...(base.get(dpid) ?? []), ...compiler.desired(dpid)];
    const lines = ofctlText(entries).split("\n");
    const onPage = withoutIds(shown("dump-flows", name), shown("dump-groups", name));
    expect(withoutIds(lines, lines)).toEqual(onPage);
  }
});

let testbed: Testbed;
let lab: OvsLab;

async function start(policies: string, config: object): Promise<Testbed> {
  const started = await Testbed.start({ topology: topologyText, policies, config });
  const host = (name: string, port: number) => ({ name, port });
  const controller = started.vtap.target;
  await started.lab.build({
    switches: [
      { name: "s1", hosts: [host("h1", 1)], controller },
      { name: "s2", hosts: [host("h2", 1)], controller },
      { name: "s3", hosts: [host("h3", 1), host("h4", 2)], controller },
    ],
    links: [
      ["s1", 12, "s2", 21],
      ["s2", 23, "s3", 32],
      ["s1", 13, "s3", 31],
    ],
  });
  await started.vtap.allPoliciesActive();
  return started;
}

beforeAll(async () => {
  testbed = await start(policiesText, { discovery: false, pathProbeSeconds: 0 });
  ({ lab } = testbed);
});

afterAll(() => testbed?.stop());

test.each(SWITCHES)("the page shows the tables of switch %s", async (name) => {
  const flows = await lab.ofctl("--no-stats", "dump-flows", name);
  expect(flows.split("\n").sort()).toEqual(shown("dump-flows", name).sort());
  const groups = await lab.ofctl("dump-groups", name);
  expect(groups.split("\n").sort()).toEqual(shown("dump-groups", name).sort());
});

describe("the same policies by IP address, with default settings", () => {
  let byIp: Testbed;
  beforeAll(async () => {
    byIp = await start(byIpText, {});
  });
  afterAll(() => byIp?.stop());

  test.each(SWITCHES)("the page shows the rules of switch %s", async (name) => {
    const { compiler, topology } = compiledFrom(byIpText, true);
    const dpid = topology.switchByNameOrDpid(name)?.dpid;
    if (dpid === undefined) throw new Error(`no ${name}`);
    const shownLines = ruleBlocks
      .find(({ text }) => text.startsWith(`# ${name}`))
      ?.text.trimEnd()
      .split("\n")
      .slice(1);
    expect(ofctlText(compiler.desired(dpid)).split("\n")).toEqual(shownLines);
    const installed = await byIp.lab.dumpFlows(name);
    for (const line of shownLines ?? []) {
      const match = line.split(" actions=")[0] ?? "";
      if (match.startsWith("priority=")) expect(installed.join("\n")).toContain(match);
    }
  });

  test("are active, and copy bit for bit", async () => {
    const { lab: network } = byIp;
    const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
    const web = hex(tcp(h1, h2, { src: 1024, dst: 80 }));
    const other = hex(ping(h1, h2));
    const back = hex(ping(h2, h1));
    network.clear();
    await network.inject("h1", [web, other]);
    await network.inject("h2", [back]);
    expect(withoutProbes(network.received())).toEqual({
      h1: [back],
      h2: [web, other],
      h3: [web, other, back],
      h4: [web],
    });
  });
});
