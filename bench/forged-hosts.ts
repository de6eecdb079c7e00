// SPDX-License-Identifier: Apache-2.0
import { readFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { arp, ethernet } from "../src/packet/index.ts";
import { gratuitousArp, tcp } from "../test/e2e/frames.ts";
import { Scenario } from "../test/e2e/scenario.ts";
import { percentile, table } from "./report.ts";

const RATE = 10_000;
/** The datapath queues 100 frames of a port. */
const BATCH = 50;

/**
 * One port sends 10,000 forged ARP requests a second, each from another address, for some seconds.
 * Shows whether the controller responds meanwhile, what it keeps of them, and whether a real host is
 * still learned, tapped and served.
 *
 * Argument: seconds (10).
 */
export async function run(args: string[]): Promise<void> {
  const seconds = Number(args[0] ?? 10);
  const scenario = await Scenario.start({
    switches: ["s1", "s2", "s3"],
    links: [
      ["s1", 12, "s2", 21],
      ["s2", 23, "s3", 32],
    ],
    hosts: [
      [1, "s1", 1],
      [2, "s2", 1],
      [3, "s3", 1],
      [4, "s1", 4],
      [5, "s1", 5],
    ],
    unnamed: ["h1", "h2", "h3", "h4", "h5"],
  });
  try {
    await flood(scenario, seconds);
  } finally {
    await scenario.stop();
  }
}

async function flood(scenario: Scenario, seconds: number): Promise<void> {
  const { lab, vtap } = scenario;
  const [h1, h2, h3, h5] = [1, 2, 3, 5].map((n) => scenario.host(`h${n}`)) as Required<
    ReturnType<Scenario["host"]>
  >[];
  if (!h1 || !h2 || !h3 || !h5) throw new Error("no hosts");
  for (const each of [h1, h2, h3]) await lab.inject(each.name, [gratuitousArp(each)]);
  await scenario.createPolicy({
    sender: { mac: h1.mac },
    receiver: { mac: h2.mac },
    monitors: [{ mac: h3.mac }],
  });
  const pid = Number(vtap.lines.find(({ msg }) => msg === "vtap starts")?.pid);
  const before = { ...(await usage(pid)), mods: await vtap.modsSent("s1") };

  let isOver = false;
  const probing = probe(vtap, () => isOver);
  const start = performance.now();
  let sent = 0;
  while (performance.now() - start < seconds * 1000) {
    const due = Math.min(seconds * RATE, ((performance.now() - start) / 1000) * RATE);
    if (sent + BATCH > due) {
      await wait(1);
      continue;
    }
    const frames = Array.from({ length: BATCH }, (_, index) => forged(sent + index));
    await lab.appctl("netdev-dummy/receive", "h4", ...frames);
    sent += BATCH;
  }
  const took = (performance.now() - start) / 1000;
  // Meanwhile a real host sends its first frame, at another port.
  const spoke = performance.now();
  await lab.inject("h5", [gratuitousArp(h5)]);
  await until(async () =>
    (await vtap.get("/hosts?limit=1000")).items.some(({ mac }: { mac: string }) => mac === h5.mac),
  );
  const learnedAfter = performance.now() - spoke;
  isOver = true;
  const latencies = await probing;
  const after = await usage(pid);
  const hosts = (await vtap.text("/metrics")).match(/hosts\{origin="learned"\} (\d+)/)?.[1];
  const refused = (await vtap.text("/metrics")).match(/hosts_refused_total (\d+)/)?.[1];
  const frame = tcp(h1, h2, { src: 1, dst: 80 });
  await scenario.expectDelivery("h1", [frame], { h2: [frame], h3: [frame] });
  table([
    ["forged frames a second", Math.round(sent / took)],
    ["seconds", Math.round(took * 10) / 10],
    ["learned hosts at the end (5 of them real)", Number(hosts)],
    ["sightings left out", Number(refused)],
    ["healthz, median (milliseconds)", percentile(latencies, 50)],
    ["healthz, longest (milliseconds)", percentile(latencies, 100)],
    ["memory before (megabytes)", before.megabytes],
    ["memory after (megabytes)", after.megabytes],
    ["processor time of the controller (milliseconds)", (after.seconds - before.seconds) * 1000],
    ["flow-mods to s1", (await vtap.modsSent("s1")) - before.mods],
    ["a real host at another port is learned after (milliseconds)", learnedAfter],
  ]);
}

/** The n-th forged frame as hex: an address of its own for each, all to h1, beside the forger. */
function forged(n: number): string {
  const mac = 0x020000000000 + n;
  const bytes = ethernet(
    { dst: "fa:00:00:00:00:01", src: mac },
    arp({ sha: mac, spa: 0x0b000000 + n, tpa: 0x0b000001 }),
  );
  return Buffer.from(bytes).toString("hex");
}

async function probe(vtap: Scenario["vtap"], isOver: () => boolean): Promise<number[]> {
  const latencies: number[] = [];
  while (!isOver()) {
    const at = performance.now();
    await vtap.text("/healthz");
    latencies.push(performance.now() - at);
    await wait(20);
  }
  return latencies;
}

async function usage(pid: number): Promise<{ megabytes: number; seconds: number }> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const stat = (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ")[1]?.split(" ") ?? [];
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
  return {
    megabytes: Math.round(kilobytes / 1024),
    seconds: (Number(stat[11]) + Number(stat[12])) / 100,
  };
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await wait(5);
}
