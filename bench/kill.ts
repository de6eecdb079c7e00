// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { random } from "../test/e2e/hitless/random.ts";
import { expectDesiredTables, KillRounds, startForKills } from "../test/e2e/kills/rounds.ts";
import { damageRound, writeAndKill } from "../test/store/damage.ts";
import { percentile, table } from "./report.ts";

/**
 * `kill -9` at random moments while three clients write policies and switches are programmed; after
 * each, checks that every acknowledged write is there, none is half there, and the switches copy exactly
 * what the policies select. At the end the tables are compared with those made from scratch.
 *
 * Then the same for the store alone, with four writers, and after each kill each of its files is damaged
 * in each kind: what was acknowledged is there, or the store is refused with the name of the file.
 *
 * Arguments: the number of rounds (200), the seed (1), `store` for the second part alone.
 */
export async function run(args: string[]): Promise<void> {
  const [count, seed] = [Number(args[0] ?? 200), Number(args[1] ?? 1)];
  if (args[2] !== "store") await killController(count, seed);
  await killStore(count, seed);
}

async function killStore(count: number, seed: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "openvtap-kill-"));
  const acknowledged = new Set<string>();
  const chance = random(seed);
  const rounds: Awaited<ReturnType<typeof damageRound>>[] = [];
  try {
    for (let n = 0; n < count; n++) {
      const writes = 1 + Math.floor(chance() * 200);
      for (const id of await writeAndKill(directory, n, writes)) acknowledged.add(id);
      rounds.push(await damageRound(directory, acknowledged, chance));
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  const sum = (of: "tried" | "refused") => rounds.reduce((total, each) => total + each[of], 0);
  const faults = rounds.flatMap((each) => each.faults);
  console.log(`\n${count} rounds of kills and damage to the store, seed ${seed}\n`);
  table([
    ["writes acknowledged", acknowledged.size],
    ["damaged copies opened", sum("tried")],
    ["refused with the name of the file", sum("refused") - faults.length],
    ["recovered exactly", sum("tried") - sum("refused")],
    ["lost in silence, refused without a name, or aborted", faults.length],
  ]);
  for (const fault of faults) console.log(`  ${fault}`);
}

async function killController(count: number, seed: number): Promise<void> {
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
