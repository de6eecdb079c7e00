// SPDX-License-Identifier: Apache-2.0
import type { Kind } from "../test/e2e/hitless/network.ts";
import { OPERATIONS, type Operation } from "../test/e2e/hitless/operations.ts";
import { type HitlessReport, runHitless } from "../test/e2e/hitless/run.ts";
import { percentile, table } from "./report.ts";

/**
 * Numbered production frames both ways, about one a millisecond, through random operations: policies
 * added, changed, deleted; a host moved that a policy names as its sender, one that is the monitor of
 * production, one that is neither; spare links cut and restored; a switch restarted, OpenVTAP's
 * rules deleted on it, its control connection half open; the controller stopped and killed; taps suspended
 * and resumed. Reports frames lost, doubled, out of order, and during which operation. Then a link on
 * production's own path is cut and restored.
 *
 * Of two kinds: `file`, where a topology file names links and hosts, and hosts are moved over
 * REST; `discovered`, where there is no topology file: links are found, hosts are learned, and move by
 * sending at another port.
 *
 * Arguments: the number of operations (300), the seed (1), the number of cuts (10), the kind (both, one
 * after the other), how many seconds a control connection is half open or rules of discovery are gone (4),
 * and the operations to begin with, before chance decides (none), such as "half open,move sender".
 */
export async function run(args: string[]): Promise<void> {
  const [operations, seed, cuts] = [300, 1, 10].map((usual, at) => Number(args[at] ?? usual)) as [
    number,
    number,
    number,
  ];
  const silenceMs = Number(args[4] ?? 4) * 1000;
  const first = (args[5]?.split(",") ?? []).map(operationOf);
  for (const kind of kindsOf(args[3])) {
    const report = await runHitless({ kind, operations, first, seed, cuts, silenceMs });
    console.log(`\n${operations} operations, seed ${seed}, ${kind}\n`);
    reportStreams(report);
    reportOperations(report);
    reportCuts(report);
  }
}

function kindsOf(argument: string | undefined): Kind[] {
  if (argument === undefined || argument === "both") return ["file", "discovered"];
  if (argument === "file" || argument === "discovered") return [argument];
  throw new Error(`${argument} is no kind: file, discovered or both`);
}

function operationOf(argument: string): Operation {
  if (OPERATIONS.has(argument)) return argument as Operation;
  throw new Error(`${argument} is none of: ${[...OPERATIONS].join(", ")}`);
}

function reportStreams({ production, monitored, steps }: HitlessReport): void {
  const names = ["production there", "production back", "copies there", "copies back"];
  for (const [index, stream] of [...production, ...monitored].entries()) {
    const { sent, lost, duplicated, reordered } = stream;
    const counts = `lost ${lost.length}, duplicated ${duplicated.length}, reordered ${reordered.length}`;
    console.log(`${(names[index] ?? "").padEnd(18)} sent ${sent}, ${counts}`);
    const at = (index % 2) as 0 | 1;
    for (const frame of [...lost, ...duplicated, ...reordered].slice(0, 20)) {
      const step = steps.find(({ from, to }) => from[at] <= frame && frame < to[at]);
      console.log(`  frame ${frame}: ${step?.what ?? "between operations"}`);
    }
  }
}

function reportOperations({ steps, resumedMs }: HitlessReport): void {
  if (resumedMs.length > 0) {
    console.log(`\na policy's sender or monitor moved, ${resumedMs.length} times\n`);
    table([
      ["until frames and copies came again, median (milliseconds)", percentile(resumedMs, 50)],
      ["until frames and copies came again, longest (milliseconds)", percentile(resumedMs, 100)],
    ]);
  }
  const slowest = [...steps].sort((a, b) => b.ms - a.ms).slice(0, 5);
  console.log("\nthe slowest operations (milliseconds)\n");
  table(slowest.map(({ what, ms }): [string, number] => [what.slice(0, 60), ms]));
}

function reportCuts({ cuts }: HitlessReport): void {
  if (cuts.length === 0) return;
  console.log(`\na link on production's path cut, ${cuts.length} times\n`);
  const of = (pick: (cut: (typeof cuts)[number]) => number, percent: number) =>
    percentile(cuts.map(pick), percent);
  table([
    ["frames lost, median", of(({ lost }) => lost, 50)],
    ["frames lost, most", of(({ lost }) => lost, 100)],
    ["without frames, median (milliseconds)", of(({ gapMs }) => gapMs, 50)],
    ["without frames, longest (milliseconds)", of(({ gapMs }) => gapMs, 100)],
    ["doubled or out of order, most", of(({ disorder }) => disorder, 100)],
    [
      "lost, doubled, out of order on the link's return, most",
      of((each) => each.faultsOnReturn, 100),
    ],
  ]);
}
