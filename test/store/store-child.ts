// SPDX-License-Identifier: Apache-2.0
/**
 * Creates, replaces and deletes policies until it is killed. Prints a line of JSON before each write (what
 * it is about to do) and one when the write is acknowledged, as `WriterLine` says.
 * Usage: store-child.ts DIRECTORY ROUND
 */
import { writeSync } from "node:fs";
import { openLevelStore, PolicyRecords } from "../../src/store/index.ts";
import { random } from "../e2e/hitless/random.ts";
import { digestOf, type WriterLine } from "./acknowledged.ts";

const [directory = "", round = ""] = process.argv.slice(2);
const policies = new PolicyRecords(await openLevelStore(directory), () => new Date());
const present = (await policies.load()).map(({ id }) => id);

/** Synchronous: a line still buffered when the process is killed would hide an acknowledged write. */
function print(line: WriterLine): void {
  const text = `${JSON.stringify(line)}\n`;
  for (;;) {
    try {
      writeSync(1, text);
      return;
    } catch (error) {
      // The pipe is full.
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    }
  }
}

async function remove(id: string): Promise<void> {
  print(["begins", id, null]);
  const { type } = await policies.remove(id);
  if (type !== "removed") throw new Error(`${id}: ${type}`);
  print(["acknowledged", id, null]);
}

async function put(id: string, filler: string): Promise<void> {
  const document = { id, filler };
  print(["begins", id, digestOf(document)]);
  const outcome = await policies.put(id, document);
  if (outcome.type !== "stored") throw new Error(`${id}: ${outcome.type}`);
  print(["acknowledged", id, digestOf(outcome.record)]);
}

/** Writes one after the other, of ids that no other writer has. */
async function writer(name: string, index: number): Promise<never> {
  const chance = random(Number(round) * 4 + index);
  const own = present.filter((id) => id.includes(`.${name}.`));
  for (let number = 0; ; number++) {
    const at = Math.floor(chance() * own.length);
    const [kind, old] = [chance(), own[at]];
    if (old !== undefined && kind < 0.2) {
      own.splice(at, 1);
      await remove(old);
      continue;
    }
    const id = old !== undefined && kind < 0.5 ? old : `${round}.${name}.${number}`;
    await put(id, "x".repeat(number % 700) + chance());
    if (id !== old) own.push(id);
  }
}

await Promise.all(["a", "b", "c", "d"].map(writer));
