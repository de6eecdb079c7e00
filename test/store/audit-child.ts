// SPDX-License-Identifier: Apache-2.0
/**
 * Writes and deletes policies with a record of the audit each, until it is killed. Prints `ID REVISION` for each
 * acknowledged write, and `ID` for each deletion.
 * Usage: audit-child.ts DIRECTORY ROUND
 */
import { writeSync } from "node:fs";
import { AuditRecords, openLevelStore, PolicyRecords } from "../../src/store/index.ts";

const [directory = "", round = ""] = process.argv.slice(2);
const store = await openLevelStore(directory);
const audit = await AuditRecords.open(
  store,
  () => "ab".repeat(32),
  () => new Date(),
);
const policies = new PolicyRecords(store, () => new Date());

/** Synchronous: a line still buffered when the process is killed would hide an acknowledged write. */
function print(line: string): void {
  try {
    writeSync(1, `${line}\n`);
  } catch (error) {
    // The pipe is full.
    if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    print(line);
  }
}

async function writer(name: string): Promise<never> {
  for (let number = 0; ; number++) {
    const id = `${round}.${name}.${number % 7}`;
    const put = audit.appending((revision) => ({ type: "change", id, revision }));
    const document = { id, filler: "x".repeat((number * 37) % 500) };
    const outcome = await policies.put(id, document, undefined, { also: [put] });
    if (outcome.type !== "stored") throw new Error(id);
    print(`${id} ${outcome.record.revision}`);
    if (number % 5 !== 0) continue;
    const gone = audit.appending(() => ({ type: "change", id, revision: 0 }));
    await policies.remove(id, undefined, [gone]);
    print(id);
  }
}

await Promise.all(["a", "b", "c", "d"].map(writer));
