// SPDX-License-Identifier: Apache-2.0
import { setMaxListeners } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { PretendSwitch } from "../test/lab/pretend-switch.ts";
import { HealthPoll, type Silence } from "./blocking/health-poll.ts";
import { BuiltVtap, freePort } from "./built-vtap.ts";
import { readStreams, stall } from "./load/connections.ts";
import { type Memory, memoryOf, peakOf, placesTaken } from "./load/memory.ts";
import { Tally } from "./load/tally.ts";
import { removeWaiting, waitForSwitches, writeAtRate } from "./load/writers.ts";

const [WRITES_PER_SECOND, WAITING, STALLED, STREAMS] = [1000, 500, 200, 3000];

/** Load of the same kind before the first measurement: what a process allocates once is not a leak. */
const WARM_UP_SECONDS = 10;

/** From the warm-up to the first measurement. */
const REST_SECONDS = 30;

const SAMPLE_MS = 1000;

/**
 * The built `vtap serve` with a switch under a load of clients of all kinds at once: 1,000 policy writes per
 * second, 500 requests that wait for switches, 200 stalled connections and 3,000 event streams. Prints what
 * was answered, how long `/healthz` was silent, and whether memory comes back when all clients are gone.
 *
 * Arguments: seconds of load (60), minutes after it until memory is measured again (5).
 */
export async function run(args: string[]): Promise<void> {
  const seconds = Number(args[0] ?? 60);
  const minutes = Number(args[1] ?? 5);
  const directory = await mkdtemp(join(tmpdir(), "openvtap-load-"));
  await writeFile(join(directory, "topology.json"), JSON.stringify(TOPOLOGY));
  await writeFile(join(directory, "policies.json"), JSON.stringify({ policies: [] }));
  const openflowPort = await freePort();
  const vtap = await BuiltVtap.start(directory, openflowPort);
  const device = await PretendSwitch.connect(openflowPort, 1n, {});
  try {
    await loaded(vtap, Math.min(WARM_UP_SECONDS, seconds));
    await delay(REST_SECONDS * 1000);
    const before = await memoryOf(vtap.url);
    const { silence, peak, tallies, took } = await loaded(vtap, seconds);
    for (const [kind, tally] of Object.entries(tallies)) console.log(`${kind.padEnd(18)} ${tally}`);
    const perSecond = (tallies.writes.count("2") / took).toFixed(0);
    console.log(`writes per second  ${perSecond} of ${WRITES_PER_SECOND} asked for`);
    console.log(
      `/healthz           longest ${silence.longestMs.toFixed(1)} ms (${silence.longestCpuMs.toFixed(1)} ms of the server's processor time), p99 ${silence.p99Ms} ms`,
    );
    printMemory("before", before);
    printMemory("at the peak", peak);
    await delay(minutes * 60_000);
    printMemory(`${minutes} minutes after`, await memoryOf(vtap.url), before);
  } finally {
    device.socket.destroy();
    await vtap.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

const TOPOLOGY = {
  switches: [{ dpid: "0000000000000001", name: "s1" }],
  hosts: [1, 2, 3].map((n) => ({ mac: `fa:00:00:00:00:0${n}`, switch: "s1", port: n })),
};

interface Load {
  readonly silence: Silence;
  readonly peak: Memory;
  /** Seconds. */
  readonly took: number;
  readonly tallies: Readonly<Record<"writes" | "waiting requests" | "stalled" | "streams", Tally>>;
}

/** Runs all clients for a time, and ends them and what they have written. */
async function loaded({ url, pid = 0 }: BuiltVtap, seconds: number): Promise<Load> {
  const tallies = {
    writes: new Tally(),
    "waiting requests": new Tally(),
    stalled: new Tally(),
    streams: new Tally(),
  };
  const ending = new AbortController();
  const { signal } = ending;
  setMaxListeners(0, signal);
  const poll = new HealthPoll(url, pid);
  await poll.take();
  const began = performance.now();
  stall(url, STALLED, tallies.stalled, signal);
  readStreams(url, STREAMS, tallies.streams, signal);
  const clients = [
    writeAtRate(url, WRITES_PER_SECOND, tallies.writes, signal),
    waitForSwitches(url, WAITING, tallies["waiting requests"], signal),
  ];
  let peak = await memoryOf(url);
  while (performance.now() - began < seconds * 1000) {
    await delay(SAMPLE_MS);
    peak = peakOf(peak, await memoryOf(url));
  }
  const took = (performance.now() - began) / 1000;
  const silence = await poll.take();
  poll.stop();
  ending.abort();
  await Promise.all(clients);
  await removeWaiting(url, WAITING);
  // A place that is never given back is a defect: this does not end then.
  while ((await placesTaken(url)) > 0) await delay(SAMPLE_MS);
  return { silence, peak, took, tallies };
}

function printMemory(when: string, { rss, heap }: Memory, before?: Memory): void {
  const ratio = (now: number, then: number) => `${((now / then) * 100).toFixed(0)} %`;
  const compared = before
    ? ` (${ratio(rss, before.rss)} and ${ratio(heap, before.heap)} of before)`
    : "";
  console.log(
    `${when.padEnd(18)} resident ${rss.toFixed(0)} MiB, heap in use ${heap.toFixed(0)} MiB${compared}`,
  );
}
