// SPDX-License-Identifier: Apache-2.0
import { random } from "../test/e2e/hitless/random.ts";
import { Operations } from "../test/e2e/twins/operations.ts";
import { OvnTwins } from "../test/e2e/twins/ovn-twins.ts";
import { median } from "./report.ts";

/** How long copies may be missing after an operation before it counts as a failure, in milliseconds. */
const PATIENCE_MS = 10_000;
const WAYS = ["mirrors", "table 0"] as const;

/**
 * `npm run bench -- beside-twin [OPERATIONS] [SEED] [WAY]`: two OVNs get the same random operations and frames, 500 by
 * default; OpenVTAP is beside one of them, first by mirrors, then by table 0, or by one of both. Prints how long copies were missing
 * after each kind of operation. Ends with status 1 when an original differs, or a copy is wrong.
 */
export async function run(args: string[]): Promise<void> {
  const count = Number(args[0] ?? 500);
  const seed = Number(args[1] ?? 1);
  const ways = WAYS.filter((way) => args[2] === undefined || way === args[2]);
  if (!Number.isSafeInteger(count) || !Number.isSafeInteger(seed) || ways.length === 0) {
    throw new Error('usage: npm run bench -- beside-twin [OPERATIONS] [SEED] [mirrors|"table 0"]');
  }
  for (const way of ways) {
    const twins = await OvnTwins.start(way);
    process.once("SIGINT", () => twins.stop().finally(() => process.exit(130)));
    try {
      await runOperations(twins, count, seed, way);
    } finally {
      await twins.stop();
    }
  }
}

async function runOperations(
  twins: OvnTwins,
  count: number,
  seed: number,
  way: string,
): Promise<void> {
  const operations = new Operations(twins, random(seed));
  const gaps = new Map<string, { readonly ms: number[]; missing: number }>();
  let failed = 0;
  for (let done = 0; done < count; done++) {
    const { name, run } = operations.next();
    await run();
    const { differences, gapMs, missing } = await twins.compare(PATIENCE_MS);
    const of = gaps.get(name) ?? { ms: [], missing: 0 };
    gaps.set(name, of);
    of.ms.push(missing === 0 ? 0 : gapMs);
    of.missing += missing;
    if (differences.length === 0) continue;
    failed++;
    console.log(
      `by ${way}, operation ${done} (${name}; ${twins.state}): ${differences.join("; ")}`,
    );
  }
  console.log(`by ${way}: ${count} operations, ${failed} with differences`);
  console.log(`${"".padEnd(26)} times  frames without copy  gap ms: median, longest`);
  for (const [name, { ms, missing }] of [...gaps].sort(([x], [y]) => (x < y ? -1 : 1))) {
    const figures = [median(ms), Math.max(...ms)].map((each) => each.toFixed(0)).join(", ");
    console.log(
      `${name.padEnd(26)} ${String(ms.length).padStart(5)}  ${String(missing).padStart(19)}  ${figures}`,
    );
  }
  if (failed > 0) process.exitCode = 1;
}
