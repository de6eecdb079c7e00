// SPDX-License-Identifier: Apache-2.0
import { expectDesiredTables, KillRounds, startForKills } from "../test/e2e/kills/rounds.ts";
import { percentile, table } from "./report.ts";

/**
 * `kill -9` at random moments while three clients write policies and switches are programmed; after
 * each, checks that every acknowledged write is there, none is half there, and the switches copy exactly
 * what the policies select. At the end the tables are compared with those made from scratch.
 *
 * Arguments: the number of rounds (200), the seed (1).
 */
export async function run(args: string[]): Promise<void> {
  const [count, seed] = [Number(args[0] ?? 200), Number(args[1] ?? 1)];
  const scenario = await startForKills();
  try {
    const kills = new KillRounds(scenario, seed);
    const rounds = [];
    for (let n = 0; n < count; n++) rounds.push(await kills.round());
    await expectDesiredTables(scenario);
    console.log(`\n${count} rounds, seed ${seed}; tables as desired after each\n`);
    const restarts = rounds.map(({ restartMs }) => restartMs);
    table([
      ["writes acknowledged", rounds.reduce((sum, { writes }) => sum + writes, 0)],
      ["policies lost or half written", rounds.flatMap(({ faults }) => faults).length],
      ["start to all switches up to date, median (milliseconds)", percentile(restarts, 50)],
      ["start to all switches up to date, longest (milliseconds)", percentile(restarts, 100)],
    ]);
    for (const fault of rounds.flatMap(({ faults }) => faults)) console.log(`  ${fault}`);
  } finally {
    await scenario.stop();
  }
}
