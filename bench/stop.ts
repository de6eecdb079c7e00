// SPDX-License-Identifier: Apache-2.0

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { table } from "./report.ts";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));

/**
 * How long SIGTERM takes at moments of a start with many policies: from the signal to the end of the process.
 *
 * Arguments: the number of policies (10000), the milliseconds between two moments (500).
 */
export async function run(args: string[]): Promise<void> {
  const policies = Number(args[0] ?? 10_000);
  const step = Number(args[1] ?? 500);
  const directory = await mkdtemp(join(tmpdir(), "openvtap-stop-"));
  try {
    await writeFile(join(directory, "policies.json"), JSON.stringify(policiesFor(policies)));
    const rows: [string, number][] = [];
    for (let at = 0; ; at += step) {
      const { ms, code, isStarted } = await stopAfter(directory, at);
      rows.push([`SIGTERM ${at} ms after the first log line (exit code ${code})`, ms]);
      if (isStarted) break;
    }
    console.log(`\nSIGTERM during a start with ${policies} policies (milliseconds)\n`);
    table(rows);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function policiesFor(count: number): object {
  const mac = (n: number) => `fa:00:00:00:${[n >> 8, n & 255].map(byte).join(":")}`;
  const byte = (n: number) => n.toString(16).padStart(2, "0");
  const policies = Array.from({ length: count }, (_, n) => ({
    id: `p${n}`,
    sender: { mac: mac(n + 1) },
    receiver: { mac: mac(n + 2) },
    monitors: [{ mac: "fa:00:00:01:00:01" }],
  }));
  return { policies };
}

async function stopAfter(directory: string, ms: number) {
  await rm(join(directory, "data"), { recursive: true, force: true });
  const child = spawn(
    process.execPath,
    [
      ...[MAIN, "serve", "--openflow", "127.0.0.1:0", "--http", "127.0.0.1:0"],
      ...["--data", join(directory, "data"), "--policies", join(directory, "policies.json")],
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const output = collected(child);
  await once(child.stdout, "data");
  await delay(ms);
  const isStarted = output().includes("HTTP listening");
  const began = performance.now();
  child.kill("SIGTERM");
  const [code] = (await once(child, "close")) as [number | null];
  return { ms: performance.now() - began, code, isStarted };
}

function collected(child: ChildProcess): () => string {
  let text = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  return () => text;
}
