// SPDX-License-Identifier: Apache-2.0
/**
 * Writes policies until it is killed and prints each id once its write is acknowledged.
 * Usage: store-child.ts DIRECTORY ROUND
 */
import { writeSync } from "node:fs";
import { openLevelStore, PolicyRecords } from "../../src/store/index.ts";

const [directory = "", round = ""] = process.argv.slice(2);
const policies = new PolicyRecords(await openLevelStore(directory), () => new Date());

/** Synchronous: a line still buffered when the process is killed would hide an acknowledged write. */
function print(line: string): void {
  for (;;) {
    try {
      writeSync(1, `${line}\n`);
      return;
    } catch (error) {
      // The pipe is full.
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    }
  }
}

async function writer(name: string): Promise<never> {
  for (let number = 0; ; number++) {
    const id = `${round}.${name}.${number}`;
    await policies.put(id, { id, filler: "x".repeat(number % 700) + Math.random() });
    print(id);
  }
}

print("open");
await Promise.all(["a", "b", "c", "d"].map(writer));
