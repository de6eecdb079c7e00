// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openLevelStore, PolicyRecords } from "../../src/store/index.ts";
import { waitFor } from "../lab/index.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const CHILD = fileURLToPath(new URL("./store-child.ts", import.meta.url));

/** Runs a child until it has acknowledged `count` writes, kills it, and returns the acknowledged ids. */
async function writeAndKill(directory: string, round: number, count: number): Promise<string[]> {
  // A file, not a pipe: a synchronous write to a pipe fails when its reader is too slow.
  const path = join(temporaryDirectory(), "acknowledged");
  const file = openSync(path, "w");
  const child = spawn(process.execPath, ["--import", "tsx", CHILD, directory, String(round)], {
    stdio: ["ignore", file, "inherit"],
  });
  closeSync(file);
  const closed = once(child, "close");
  const lines = () => readFileSync(path, "utf8").split("\n").slice(1, -1);
  await waitFor(() => child.exitCode !== null || lines().length >= count, { everyMs: 1 });
  child.kill("SIGKILL");
  const [, signal] = await closed;
  expect(signal).toBe("SIGKILL");
  return lines();
}

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
