// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Band } from "../src/flow-model/index.ts";
import { FlowModCommand } from "../src/openflow/index.ts";
import type { Pretence, PretendSwitch } from "../test/lab/pretend-switch.ts";
import { HealthPoll } from "./blocking/health-poll.ts";
import type { BlockingServer } from "./blocking/kind.ts";
import { connectBoth, pairs, topology } from "./blocking/pairs.ts";
import { BuiltVtap, freePort } from "./built-vtap.ts";

/** The switches have got everything when they get nothing for this long, in milliseconds. */
const QUIET_MS = 2_000;

type ReceivedMessage = Parameters<NonNullable<Pretence["onMessage"]>>[0];

/** When copies end at the switches: with the rules that make them. What carries and restores copies is removed after them. */
class CopiesEnd {
  removed = 0;
  /** Milliseconds since 1970. */
  lastAt = 0;

  reset(): void {
    this.removed = 0;
  }

  received(message: ReceivedMessage): void {
    if (message.type !== "flowMod" || message.command !== FlowModCommand.DeleteStrict) return;
    if (message.priority < Band.rewriting || message.priority >= Band.discovery) return;
    this.removed++;
    this.lastAt = Date.now();
  }
}

/**
 * Policies that end within a short time, on two switches that confirm everything: how long after the last end
 * the switches have got what ends the last copies, and the last change, and how long `GET /healthz` went unanswered meanwhile.
 *
 * Arguments: how many policies (10000), in how many milliseconds they end (1000), and how many seconds after the
 * start the first one ends (60): all must be installed by then.
 */
export async function run([
  count = "10000",
  spread = "1000",
  installSeconds = "60",
]: string[]): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "openvtap-expiry-"));
  const firstEnd = Date.now() + 1000 * Number(installSeconds);
  const policies = pairs(Number(count)).map((policy, n) => ({
    ...policy,
    expiresAt: new Date(firstEnd + (n % Number(spread))).toISOString(),
  }));
  const lastEnd = firstEnd + Number(spread) - 1;
  await writeFile(join(directory, "topology.json"), JSON.stringify(topology()));
  await writeFile(join(directory, "policies.json"), JSON.stringify({ policies }));
  const [openflowPort, httpPort] = [await freePort(), await freePort()];
  const flags = ["--log-level", "warn"];
  const vtap = BuiltVtap.spawn(directory, { openflow: openflowPort, http: httpPort }, flags);
  const url = `http://127.0.0.1:${httpPort}`;
  const logged = (message: string) => vtap.next(message);
  const server: BlockingServer = { url, openflowPort, pid: vtap.pid ?? 0, directory, logged };
  const poll = new HealthPoll(url, server.pid);
  try {
    await listening(url);
    const ends = new CopiesEnd();
    const pretence = { onMessage: (message: ReceivedMessage) => ends.received(message) };
    const switches = await connectBoth(server, [pretence, pretence]);
    while (!(await areAll("active", url, Number(count)))) await delay(500);
    const left = firstEnd - Date.now();
    if (left < 0) throw new Error(`the install took ${-left} ms too long: allow more time`);
    await delay(Math.max(0, left - 500));
    await poll.take();
    const before = changes(switches);
    const cpuBefore = cpuMs(server.pid);
    ends.reset();
    const last = await lastChange(switches, () => areAll("expired", url, Number(count)));
    const cpu = cpuMs(server.pid) - cpuBefore;
    const { longestMs, longestCpuMs, p99Ms } = await poll.take();
    console.log(
      `${count} policies end within ${spread} ms: ${changes(switches) - before} changes sent`,
    );
    console.log(`${ends.removed} rules that make copies are removed`);
    console.log(`the last of them: ${ends.lastAt - lastEnd} ms after the last end`);
    console.log(`last change at the switches: ${last - lastEnd} ms after the last end`);
    console.log(`processor time from half a second before the first end: ${cpu} ms`);
    console.log(
      `/healthz: longest ${longestMs.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, cpu ${longestCpuMs.toFixed(1)} ms`,
    );
  } finally {
    poll.stop();
    await vtap.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function listening(url: string): Promise<void> {
  for (;;) {
    const isUp = await fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return;
    await delay(50);
  }
}

/** Processor time of a process, in milliseconds: other load on the machine does not change it. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  // User and system time, in hundredths of a second.
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

async function areAll(state: string, url: string, count: number): Promise<boolean> {
  const response = await fetch(`${url}/api/v1/status`);
  const { policies } = (await response.json()) as {
    policies: { byState: Readonly<Record<string, number>> };
  };
  return policies.byState[state] === count;
}

/** When the switches got the last message of a bundle, in milliseconds since 1970. */
async function lastChange(
  switches: readonly PretendSwitch[],
  isOver: () => Promise<boolean>,
): Promise<number> {
  let [sent, at] = [changes(switches), Date.now()];
  let nextLook = at;
  for (let over = false; !over || Date.now() < at + QUIET_MS; ) {
    await delay(5);
    const now = changes(switches);
    if (now !== sent) [sent, at] = [now, Date.now()];
    if (over || Date.now() < nextLook) continue;
    over = await isOver();
    nextLook = Date.now() + 250;
  }
  return at;
}

function changes(switches: readonly PretendSwitch[]): number {
  return switches.reduce((sum, { received }) => sum + (received.get("bundleAddMessage") ?? 0), 0);
}
