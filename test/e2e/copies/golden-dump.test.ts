// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FencedBlock, fencedBlocks } from "../../examples/fenced-blocks.ts";
import type { OvsLab } from "../../lab/index.ts";
import { Testbed } from "../testbed.ts";
import type { VtapProcess } from "../vtap-process.ts";

const blocks = fencedBlocks("docs/rules-by-eye.md");
const [topology = "", policies = ""] = blocks
  .filter(({ language }) => language === "json")
  .map(({ text }) => text);

/** A command of the page with its output there. */
interface Shown {
  readonly command: readonly string[];
  readonly output: string;
}

function shown({ text }: FencedBlock): Shown {
  const [prompt = "", ...lines] = text.split("\n");
  return { command: prompt.replace(/^\$ /, "").split(" "), output: lines.join("\n") };
}

let testbed: Testbed;
let lab: OvsLab;
let vtap: VtapProcess;
let _directory: string;

beforeAll(async () => {
  testbed = await Testbed.start({
    topology,
    policies,
    config: { discovery: false, pathProbeSeconds: 0 },
  });
  ({ lab, vtap } = testbed);
  await lab.build({
    switches: [
      { name: "s1", hosts: [{ name: "h1", port: 1 }], controller: vtap.target },
      {
        name: "s2",
        hosts: [
          { name: "h2", port: 1 },
          { name: "h3", port: 2 },
        ],
        controller: vtap.target,
      },
    ],
    links: [["s1", 10, "s2", 10]],
  });
  await vtap.allPoliciesActive();
});

afterAll(() => testbed?.stop());

test.each(blocks.filter(({ text }) => text.startsWith("$ ovs-ofctl")).map(shown))(
  "the page shows the tables of the switches: $command.4 $command.3 $command.5",
  async ({ command, output }) => {
    // The lab adds `-O OpenFlow14` itself; entries of equal priority have no order.
    const dump = await lab.ofctl(...command.slice(3));
    expect(dump.split("\n").sort()).toEqual(output.split("\n").sort());
  },
);
