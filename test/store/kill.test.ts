// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { random } from "../e2e/hitless/random.ts";
import { Acknowledged } from "./acknowledged.ts";
import { damageRound, readStore, writeAndKill } from "./damage.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

test("no acknowledged write is lost or changed when the process is killed, many times over", async () => {
  const directory = temporaryDirectory();
  const acknowledged = new Acknowledged();
  for (let round = 0; round < 8; round++) {
    // Different counts, so that the kill hits different places of the log.
    acknowledged.note(await writeAndKill(directory, round, 1 + round * 11));
    expect(acknowledged.settle(await readStore(directory))).toEqual([]);
    acknowledged.goOn();
  }
  expect(acknowledged.writes).toBeGreaterThan(300);
  expect(acknowledged.deletions).toBeGreaterThan(20);
});

test("after a kill, damage to any file is recovered from exactly, or refused with its name", async () => {
  const directory = temporaryDirectory();
  const acknowledged = new Acknowledged();
  const chance = random(7);
  for (let round = 0; round < 3; round++) {
    acknowledged.note(await writeAndKill(directory, round, 60));
    const { recovered, refused, faults } = await damageRound(directory, acknowledged, chance);
    expect(faults).toEqual([]);
    expect(recovered + refused).toBeGreaterThanOrEqual(36);
    expect(refused).toBeGreaterThanOrEqual(15);
  }
});

test("the check of acknowledged writes notices lost, changed, returned and half-done ones", () => {
  const policy = (record: string, document = record, revision = 1) => ({
    revision,
    record,
    document,
  });
  const acknowledged = new Acknowledged();
  acknowledged.note([
    ["begins", "kept", "k"],
    ["acknowledged", "kept", "k"],
    ["begins", "deleted", "d"],
    ["acknowledged", "deleted", "d"],
    ["begins", "deleted", null],
    ["acknowledged", "deleted", null],
    ["begins", "open", "o"],
  ]);
  const kept = ["kept", policy("k")] as const;
  expect(acknowledged.settle(new Map([kept]))).toEqual([]);
  expect(acknowledged.settle(new Map([kept, ["open", policy("r", "o", 2)]]))).toEqual([]);
  expect(acknowledged.faultsOf(new Map([kept, ["open", policy("s", "o")]]))).toHaveLength(1);
  expect(acknowledged.faultsOf(new Map())).toEqual(["kept: missing"]);
  expect(acknowledged.faultsOf(new Map([["kept", policy("x")]]))).toEqual(["kept: another record"]);
  const returned = new Map([kept, ["deleted", policy("d")]] as const);
  expect(acknowledged.faultsOf(returned)).toEqual(["deleted: not acknowledged"]);
  const half = new Map([kept, ["open", policy("h")]] as const);
  expect(acknowledged.settle(half)).toEqual(["open: neither as before nor as intended"]);
});
