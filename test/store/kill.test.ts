// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { openLevelStore, PolicyRecords } from "../../src/store/index.ts";
import { random } from "../e2e/hitless/random.ts";
import { damageRound, writeAndKill } from "./damage.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

test("no acknowledged write is lost when the process is killed, many times over", async () => {
  const directory = temporaryDirectory();
  const acknowledged: string[] = [];
  for (let round = 0; round < 8; round++) {
    // Different counts, so that the kill hits different places of the log.
    acknowledged.push(...(await writeAndKill(directory, round, 1 + round * 11)));
    const store = await openLevelStore(directory);
    const ids = new Set(
      (await new PolicyRecords(store, () => new Date()).load()).map(({ id }) => id),
    );
    await store.close();
    expect(acknowledged.filter((id) => !ids.has(id))).toEqual([]);
  }
  expect(acknowledged.length).toBeGreaterThan(300);
});

test("after a kill, damage to any file is recovered from exactly, or refused with its name", async () => {
  const directory = temporaryDirectory();
  const acknowledged = new Set<string>();
  const chance = random(7);
  for (let round = 0; round < 3; round++) {
    for (const id of await writeAndKill(directory, round, 60)) acknowledged.add(id);
    const { tried, refused, faults } = await damageRound(directory, acknowledged, chance);
    expect(faults).toEqual([]);
    expect(tried).toBeGreaterThanOrEqual(24);
    expect(refused).toBeGreaterThan(tried / 2);
  }
});
