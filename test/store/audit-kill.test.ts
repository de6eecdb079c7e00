// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { AuditRecord } from "../../src/contract/audit/audit.ts";
import { ChainCheck } from "../../src/contract/audit/audit-chain.ts";
import { AuditRecords, openLevelStore, PolicyRecords } from "../../src/store/index.ts";
import { killedWriter } from "./killed-writer.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const WRITER = fileURLToPath(new URL("./audit-child.ts", import.meta.url));

/** Kills; more of them: `AUDIT_KILLS=200 npx vitest run test/store/audit-kill.test.ts`. */
const ROUNDS = Number(process.env.AUDIT_KILLS ?? 3);

/** Runs the writers until they have `count` acknowledged writes, kills them, and returns their lines. */
async function writeAndKill(directory: string, round: number, count: number): Promise<string[]> {
  const writers = { program: WRITER, directory, round };
  return killedWriter(writers, (output) => output.split("\n").length > count);
}

test(
  "after a kill every acknowledged write has its record, every stored policy too, and the chain is whole",
  async () => {
    const directory = temporaryDirectory();
    /** How often each line was acknowledged. */
    const acknowledged = new Map<string, number>();
    let lines = 0;
    for (let round = 0; round < ROUNDS; round++) {
      for (const line of await writeAndKill(directory, round, 1 + ((round * 13) % 90))) {
        acknowledged.set(line, (acknowledged.get(line) ?? 0) + 1);
        lines++;
      }
      const store = await openLevelStore(directory);
      const audit = await AuditRecords.open(
        store,
        () => "",
        () => new Date(),
      );
      const check = new ChainCheck({ heads: [await audit.head()] });
      const recorded = new Map<string, number>();
      for await (const record of audit.after(0)) {
        check.add(record as unknown as AuditRecord, audit.isSealed(record));
        const { id, revision } = record;
        const line = revision === 0 ? String(id) : `${id} ${revision}`;
        recorded.set(line, (recorded.get(line) ?? 0) + 1);
      }
      const stored = await new PolicyRecords(store, () => new Date()).load();
      await store.close();
      expect(check.end().faults).toEqual([]);
      const missing = [...acknowledged].filter(
        ([line, count]) => (recorded.get(line) ?? 0) < count,
      );
      expect(missing).toEqual([]);
      const unrecorded = stored.filter(
        ({ id, revision }) => recorded.get(`${id} ${revision}`) !== 1,
      );
      expect(unrecorded).toEqual([]);
    }
    expect(lines).toBeGreaterThan(ROUNDS * 5);
  },
  20_000 + ROUNDS * 15_000,
);
