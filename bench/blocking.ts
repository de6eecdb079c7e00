// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { HealthPoll, type Silence } from "./blocking/health-poll.ts";
import type { BlockingKind, BlockingServer } from "./blocking/kind.ts";
import { BuiltVtap, freePort } from "./built-vtap.ts";

const KINDS = new URL("./blocking/kinds/", import.meta.url);

/** How long the poll goes on after a kind has ended: what the input started may still run. */
const AFTERWARDS_MS = 300;

/**
 * How long heavy and hostile inputs keep the built `vtap serve` from answering `GET /healthz`. For each kind
 * a server of its own; prints the longest time without an answer, the processor time of the server's main
 * thread within one such time (which other load on the machine does not change), and the outcome.
 *
 * Arguments: names of kinds, or parts of names (all).
 */
export async function run(args: string[]): Promise<void> {
  const kinds = (await allKinds()).filter(({ name }) => {
    return args.length === 0 || args.some((part) => name.includes(part));
  });
  const width = Math.max(...kinds.map(({ name }) => name.length));
  console.log(`${"kind".padEnd(width)}  longest ms  cpu ms  input: outcome`);
  for (const kind of kinds) {
    const { silence, outcome } = await measure(kind);
    const [longest, cpu] = [silence.longestMs, silence.longestCpuMs].map((ms) => ms.toFixed(1));
    const figures = `${(longest ?? "").padStart(10)}  ${(cpu ?? "").padStart(6)}`;
    console.log(`${kind.name.padEnd(width)}  ${figures}  ${kind.describe}: ${outcome}`);
  }
}

/** The kinds of every module in `blocking/kinds`, in the order of their files. */
async function allKinds(): Promise<BlockingKind[]> {
  const files = (await readdir(KINDS)).filter((file) => file.endsWith(".ts")).sort();
  const modules = files.map(async (file) => {
    const module = (await import(new URL(file, KINDS).href)) as { KINDS: readonly BlockingKind[] };
    return module.KINDS;
  });
  return (await Promise.all(modules)).flat();
}

async function measure(kind: BlockingKind): Promise<{ silence: Silence; outcome: string }> {
  const directory = await mkdtemp(join(tmpdir(), "openvtap-blocking-"));
  const { topology = {}, policies = [], flags = [] } = kind.setup?.() ?? {};
  await writeFile(join(directory, "topology.json"), JSON.stringify(topology));
  await writeFile(join(directory, "policies.json"), JSON.stringify({ policies }));
  await kind.fill?.(join(directory, "data"));
  const [openflowPort, httpPort] = [await freePort(), await freePort()];
  const vtap = BuiltVtap.spawn(directory, { openflow: openflowPort, http: httpPort }, flags);
  const server: BlockingServer = {
    url: `http://127.0.0.1:${httpPort}`,
    openflowPort,
    pid: vtap.pid ?? 0,
    directory,
    logged: (message) => vtap.next(message),
  };
  const poll = new HealthPoll(server.url, server.pid);
  try {
    await vtap.logged("HTTP listening");
    if (!kind.measuresStart) {
      await kind.prepare?.(server);
      await delay(AFTERWARDS_MS);
      await poll.take();
    }
    const outcome = await kind.run(server);
    await delay(AFTERWARDS_MS);
    return { silence: await poll.take(), outcome };
  } finally {
    poll.stop();
    await vtap.stop();
    await rm(directory, { recursive: true, force: true });
  }
}
