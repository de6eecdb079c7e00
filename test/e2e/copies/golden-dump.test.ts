import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FencedBlock, fencedBlocks } from "../../examples/fenced-blocks.ts";
import { OvsLab } from "../../lab/index.ts";
import { VtapProcess } from "../vtap-process.ts";

const blocks = fencedBlocks("docs/rules-by-eye.md");
const [topology = "", policies = ""] = blocks
  .filter(({ language }) => language === "json")
  .map(({ text }) => text);

/** A command of the page with the output it shows. */
interface Shown {
  readonly command: readonly string[];
  readonly output: string;
}

function shown({ text }: FencedBlock): Shown {
  const [prompt = "", ...lines] = text.split("\n");
  return { command: prompt.replace(/^\$ /, "").split(" "), output: lines.join("\n") };
}

let lab: OvsLab;
let vtap: VtapProcess;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "vtap-golden-"));
  const write = async (name: string, text: string) => {
    await writeFile(join(directory, name), text);
    return join(directory, name);
  };
  lab = await OvsLab.start();
  vtap = await VtapProcess.start({
    data: join(directory, "data"),
    topology: [await write("topology.json", topology)],
    policies: [await write("policies.json", policies)],
    more: ["--config", await write("config.json", '{ "discovery": false }')],
  });
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

afterAll(async () => {
  await vtap?.stop();
  await lab?.stop();
  await rm(directory, { recursive: true, force: true });
});

test.each(blocks.filter(({ text }) => text.startsWith("$ ovs-ofctl")).map(shown))(
  "the page shows what the switches hold: $command.4 $command.3 $command.5",
  async ({ command, output }) => {
    // The lab adds `-O OpenFlow14` itself; entries of equal priority have no order.
    const dump = await lab.ofctl(...command.slice(3));
    expect(dump.split("\n").sort()).toEqual(output.split("\n").sort());
  },
);
