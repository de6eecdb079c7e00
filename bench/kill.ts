// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { random } from "../test/e2e/hitless/random.ts";
import { expectDesiredTables, KillRounds, startForKills } from "../test/e2e/kills/rounds.ts";
import { Acknowledged } from "../test/store/acknowledged.ts";
import { damageRound, writeAndKill } from "../test/store/damage.ts";
import { percentile, table } from "./report.ts";

/**
 * `kill -9` at random moments while three clients write policies and switches are programmed; after
 * each, checks that every acknowledged write is there, none is half there, and the switches copy exactly
 * what the policies select. At the end the tables are compared with those made from scratch.
 *
 * Then the same for the store alone, with four writers that create, replace and delete; after each kill
 * each of its files is damaged in each kind. Every record is as acknowledged, its revision included, or the
 * store is refused with the name of the file.
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
  const acknowledged = new Acknowledged();
  const chance = random(seed);
  const rounds: Awaited<ReturnType<typeof damageRound>>[] = [];
  try {
    for (let n = 0; n < count; n++) {
      const writes = 1 + Math.floor(chance() * 200);
      acknowledged.note(await writeAndKill(directory, n, writes));
      const round = await damageRound(directory, acknowledged, chance);
      rounds.push(round);
      // It takes hours: what is wrong shows at once, and how far it is.
      for (const fault of round.faults) console.log(`round ${n}: ${fault}`);
      if (n % 10 === 9) console.log(`${n + 1} rounds`);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  const sum = (of: "recovered" | "refused") => rounds.reduce((total, each) => total + each[of], 0);
  const faults = rounds.flatMap((each) => each.faults);
  console.log(`\n${count} rounds of kills and damage to the store, seed ${seed}\n`);
  table([
    ["writes acknowledged", acknowledged.writes],
    ["of these, deletions", acknowledged.deletions],
    ["damaged copies that were refused with the name of the file", sum("refused")],
    ["damaged copies that were recovered exactly", sum("recovered")],
    ["lost or changed in silence, refused without a name, or aborted", faults.length],
  ]);
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
