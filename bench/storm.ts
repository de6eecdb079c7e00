// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { BuiltVtap, freePort } from "./built-vtap.ts";
import { median, percentile, table } from "./report.ts";

const CHILD = fileURLToPath(new URL("../test/lab/storm-child.ts", import.meta.url));
const PROBE_EVERY_MS = 10;

/**
 * Many switches connect at once, one that never reads among them, while another peer sends garbage again
 * and again. Shows how long `/healthz` takes meanwhile, and whether memory grows.
 *
 * Arguments: the number of switches (100), seconds of garbage (20), policies (2000), half of them on
 * the switch that never reads.
 */
export async function run(args: string[]): Promise<void> {
  const [switches = 100, seconds = 20, policies = 2000] = args.map(Number);
  const directory = await mkdtemp(join(tmpdir(), "openvtap-storm-"));
  await writeFile(join(directory, "topology.json"), "{}");
  await writeFile(join(directory, "policies.json"), JSON.stringify({ policies: tapsOf(policies) }));
  const port = await freePort();
  const vtap = await BuiltVtap.start(directory, port);
  const probe = new Prober(`${vtap.url}/healthz`);
  const memory = () => residentMegabytes(vtap.pid ?? 0);
  const child = spawn(
    process.execPath,
    ["--import", "tsx", CHILD, String(port), String(switches)],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  try {
    await delay(1000);
    const atRest = { memory: memory(), times: probe.take() };
    await once(child.stdout, "data");
    const begun = performance.now();
    await connected(vtap.url, switches);
    const connectMs = performance.now() - begun;
    const storm = probe.take();
    const samples: number[] = [];
    for (let second = 0; second < seconds; second++) {
      await delay(1000);
      samples.push(memory());
    }
    const garbage = probe.take();
    table(
      [
        ["switches", switches],
        ["until all are connected, ms", connectMs],
        ["/healthz at rest, ms: median", median(atRest.times)],
        ["/healthz while they connect, ms: median", median(storm)],
        ["  longest", Math.max(...storm)],
        ["/healthz during garbage, ms: median", median(garbage)],
        ["  99 of 100", percentile(garbage, 99)],
        ["  longest", Math.max(...garbage)],
        ["memory at rest, MB", atRest.memory],
        ["memory after 2 s of garbage", samples[1] ?? Number.NaN],
        ["memory half way", samples[Math.floor(seconds / 2)] ?? Number.NaN],
        ["memory at the end", samples.at(-1) ?? Number.NaN],
        ["most memory", Math.max(...samples)],
        ["connections of garbage", await refused(vtap.url)],
      ],
      1,
    );
  } finally {
    child.kill("SIGKILL");
    probe.stop();
    await vtap.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Policies by port, on the switch that never reads and on another one in turn. */
function tapsOf(count: number): object[] {
  return Array.from({ length: count }, (_, index) => {
    const at = index % 2 === 0 ? "000000000000deaf" : "0000000000000001";
    return {
      id: `tap-${index}`,
      sender: { port: { switch: at, port: 1 } },
      receiver: "any",
      monitors: [{ port: { switch: at, port: 3 } }],
      filters: { tcp_dst: 1 + index },
    };
  });
}

/** Repeats a request, and records the response times. */
class Prober {
  #times: number[] = [];
  #stopped = false;

  constructor(url: string) {
    void this.#run(url);
  }

  /** Milliseconds, since the last time. */
  take(): number[] {
    return this.#times.splice(0);
  }

  stop(): void {
    this.#stopped = true;
  }

  async #run(url: string): Promise<void> {
    while (!this.#stopped) {
      const begun = performance.now();
      await (await fetch(url)).text();
      this.#times.push(performance.now() - begun);
      await delay(PROBE_EVERY_MS);
    }
  }
}

async function connected(url: string, count: number): Promise<void> {
  for (;;) {
    const status = (await (await fetch(`${url}/api/v1/status`)).json()) as {
      switches: { connected: number };
    };
    if (status.switches.connected >= count) return;
    await delay(PROBE_EVERY_MS);
  }
}

async function refused(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^openvtap_openflow_refused_total (\d+)/m.exec(metrics)?.[1] ?? Number.NaN);
}

/** Resident memory of a process in megabytes (Linux). */
function residentMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}
