import { runHitless } from "../test/e2e/hitless/run.ts";
import { percentile, table } from "./report.ts";

/**
 * Numbered production frames both ways, about one a millisecond, through random operations: policies
 * added, changed, deleted, spare links cut and restored, hosts moved, a switch restarted, the
 * controller stopped and killed, taps suspended and resumed. Says what was lost, doubled, out of
 * order, and during which operation. Then a link on production's own path is cut and restored.
 *
 * Arguments: the number of operations (300), the seed (1), the number of cuts (10).
 */
export async function run(args: string[]): Promise<void> {
  const [operations, seed, cuts] = [300, 1, 10].map((usual, at) => Number(args[at] ?? usual)) as [
    number,
    number,
    number,
  ];
  const report = await runHitless({ operations, seed, cuts });
  console.log(`\n${operations} operations, seed ${seed}\n`);
  const names = ["production there", "production back", "copies there", "copies back"];
  for (const [index, stream] of [...report.production, ...report.monitored].entries()) {
    const { sent, lost, duplicated, reordered } = stream;
    const counts = `lost ${lost.length}, duplicated ${duplicated.length}, reordered ${reordered.length}`;
    console.log(`${(names[index] ?? "").padEnd(18)} sent ${sent}, ${counts}`);
    const at = (index % 2) as 0 | 1;
    for (const frame of [...lost, ...duplicated, ...reordered].slice(0, 20)) {
      const step = report.steps.find(({ from, to }) => from[at] <= frame && frame < to[at]);
      console.log(`  frame ${frame}: ${step?.what ?? "between operations"}`);
    }
  }
  const slowest = [...report.steps].sort((a, b) => b.ms - a.ms).slice(0, 5);
  console.log("\nthe slowest operations (milliseconds)\n");
  table(slowest.map(({ what, ms }): [string, number] => [what.slice(0, 60), ms]));
  console.log(`\na link on production's path cut, ${cuts} times\n`);
  const of = (pick: (cut: (typeof report.cuts)[number]) => number, percent: number) =>
    percentile(report.cuts.map(pick), percent);
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
