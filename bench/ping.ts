// SPDX-License-Identifier: Apache-2.0
import { execFile, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Controller } from "../scripts/demo/controller.ts";
import { Janitor } from "../scripts/demo/janitor.ts";
import { NamespaceLab } from "../scripts/demo/namespaces/namespace-lab.ts";
import { readExamples } from "../scripts/demo/network.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const TOPOLOGY = join(ROOT, "examples/topology.json");
const POLICIES = join(ROOT, "examples/policies.json");

/**
 * `ping` from one host of the demo's network to another, every millisecond, while policies on this
 * very pair are added, changed and deleted, and while the link between the two hosts' switches is cut
 * and mended. Real hosts and cables: needs root.
 *
 * Arguments: the number of rounds of edits (20).
 */
export async function run(args: string[]): Promise<void> {
  const rounds = Number(args[0] ?? 20);
  const janitor = await Janitor.start({ exclusive: true });
  if (!janitor) throw new Error("the demo is running: it has the same names");
  const { signal } = new AbortController();
  try {
    const directory = mkdtempSync(join(tmpdir(), "vtap-ping-"));
    janitor.note({ kind: "directory", path: directory });
    const { network } = readExamples(TOPOLOGY, POLICIES);
    const lab = await NamespaceLab.start(network, janitor, signal);
    try {
      const files = { root: ROOT, topology: TOPOLOGY, policies: POLICIES, directory };
      const controller = await Controller.start(files, janitor, signal);
      await lab.connect(`tcp:127.0.0.1:${controller.openflowPort}`);
      await controller.allActive();
      await measure("nothing happens", () => delay(1000));
      await measure(`${rounds} rounds of adding, changing, deleting a policy`, () =>
        edit(controller, rounds),
      );
      await measure("the link between the two is cut", () => link("down"));
      await measure("the link is mended", () => link("up"));
      await controller.stop();
    } finally {
      await lab.stop();
    }
  } finally {
    await janitor.finish();
  }
}

/** Pings during an operation, and half a second before and after it. */
async function measure(what: string, work: () => Promise<void>): Promise<void> {
  const command = ["netns", "exec", "openvtap-h1", "ping", "-n", "-i", "0.001", "10.1.1.2"];
  const ping = spawn("ip", command, { stdio: ["ignore", "pipe", "inherit"] });
  const answers: number[] = [];
  const lines = createInterface({ input: ping.stdout });
  lines.on("line", (line) => {
    const number = /icmp_seq=(\d+) .*time=/.exec(line)?.[1];
    if (number !== undefined) answers.push(Number(number));
  });
  const ended = new Promise((resolve) => lines.once("close", resolve));
  await delay(500);
  await work();
  await delay(500);
  ping.kill("SIGINT");
  await ended;
  if (answers.length === 0) throw new Error("no answers: is ping (Debian: iputils-ping) there?");
  const last = Math.max(...answers);
  const lost = last - new Set(answers).size;
  const late = answers.filter((number, at) => number < (answers[at - 1] ?? 0)).length;
  const twice = answers.length - new Set(answers).size;
  console.log(
    `${what}: ${last} pings, ${lost} lost, ${twice} answered twice, ${late} out of order`,
  );
}

async function edit(controller: Controller, rounds: number): Promise<void> {
  const [h1, h2, h3] = [1, 2, 3].map((n) => ({ mac: `fa:00:00:00:00:0${n}` }));
  const policy = { id: "ping", sender: h1, receiver: h2, monitors: [h3], direction: "both" };
  const write = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${controller.url}/api/v1/policies${path}?wait=3000`, {
      method,
      ...(body ? { body: JSON.stringify(body) } : {}),
      headers: body ? { "content-type": "application/json" } : {},
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
  };
  for (let n = 0; n < rounds; n++) {
    await write("POST", "", { ...policy, filters: { ip_proto: "icmp" } });
    await write("PUT", "/ping", { ...policy, filters: {} });
    await write("DELETE", "/ping");
  }
}

async function link(state: "up" | "down"): Promise<void> {
  await promisify(execFile)("ip", ["link", "set", "vtd-s1-s2", state]);
  await delay(1000);
}
