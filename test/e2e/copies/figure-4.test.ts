// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "vitest";
import { compileForwarding, originalActions } from "../../../src/forwarding/index.ts";
import { parsePolicy, TapCompiler } from "../../../src/policy/index.ts";
import { parseTopologyFile, TopologyState } from "../../../src/topology/index.ts";
import { fencedBlocks } from "../../examples/fenced-blocks.ts";
import type { OvsLab } from "../../lab/index.ts";
import { ofctlText } from "../../policy/ofctl-text.ts";
import { Testbed } from "../testbed.ts";
import type { VtapProcess } from "../vtap-process.ts";

const PAGE = "docs/figure-4.md";
const blocks = fencedBlocks(PAGE);
const [topologyText = "", policiesText = ""] = blocks
  .filter(({ language }) => language === "json")
  .map(({ text }) => text);
const dumps = blocks.filter(({ text }) => text.startsWith("$ ovs-ofctl"));
const SWITCHES = ["s1", "s2", "s3"] as const;

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

test("the page shows exactly the compiler's output", () => {
  const parsed = parseTopologyFile(topologyText, "topology.json");
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const { topology } = TopologyState.empty.withConfig(parsed.value);
  const compiler = new TapCompiler({
    topology,
    originalActions: (at, inPort, ethDst) => originalActions(topology, at, inPort, ethDst),
  });
  const documents = (JSON.parse(policiesText) as { policies: object[] }).policies;
  const policies = documents.flatMap((each) => {
    const policy = parsePolicy(each);
    return policy.ok ? [policy.value.policy] : [];
  });
  expect(policies).toHaveLength(3);
  compiler.update({ upsert: policies });
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
let vtap: VtapProcess;
let _directory: string;

beforeAll(async () => {
  testbed = await Testbed.start({
    topology: topologyText,
    policies: policiesText,
    config: { discovery: false },
  });
  ({ lab, vtap } = testbed);
  const host = (name: string, port: number) => ({ name, port });
  await lab.build({
    switches: [
      { name: "s1", hosts: [host("h1", 1)], controller: vtap.target },
      { name: "s2", hosts: [host("h2", 1)], controller: vtap.target },
      { name: "s3", hosts: [host("h3", 1), host("h4", 2)], controller: vtap.target },
    ],
    links: [
      ["s1", 12, "s2", 21],
      ["s2", 23, "s3", 32],
      ["s1", 13, "s3", 31],
    ],
  });
  await vtap.allPoliciesActive();
});

afterAll(() => testbed?.stop());

test.each(SWITCHES)("the page shows the tables of switch %s", async (name) => {
  const flows = await lab.ofctl("--no-stats", "dump-flows", name);
  expect(flows.split("\n").sort()).toEqual(shown("dump-flows", name).sort());
  const groups = await lab.ofctl("dump-groups", name);
  expect(groups.split("\n").sort()).toEqual(shown("dump-groups", name).sort());
});
