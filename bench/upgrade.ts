// SPDX-License-Identifier: Apache-2.0
import { writeFile } from "node:fs/promises";
import { recordRelease } from "../test/e2e/upgrade/fixture.ts";
import { buildRelease } from "../test/e2e/upgrade/old-release.ts";
import {
  type Signal,
  startOldRelease,
  type UpgradeReport,
  upgrade,
} from "../test/e2e/upgrade/run.ts";

/** Version 0.1.0. */
const RELEASE = "5b2c2e4";

/**
 * Replaces an earlier release by this version, beside numbered frames of policies of every form of
 * delivery: the earlier one ends by SIGTERM, and in a second run by SIGKILL. Reports every production
 * frame that is lost, doubled, out of order or astray, and the copies that are lost or doubled.
 *
 * Arguments: the git reference of the release (0.1.0), the frames of each flow in each quiet phase (200),
 * and a file to which the release's tables and data are written instead, as the end-to-end test reads them.
 */
export async function run(args: string[]): Promise<void> {
  const [reference = RELEASE, frames = "200", fixture] = args;
  const old = buildRelease(reference);
  try {
    if (fixture !== undefined) {
      await writeFile(fixture, await record(old.main));
      return;
    }
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      console.log(`\nfrom ${reference}, which ends by ${signal}\n`);
      print(await upgraded(old.main, signal, Number(frames)));
    }
  } finally {
    old.remove();
  }
}

async function record(main: string): Promise<string> {
  const scenario = await startOldRelease(main);
  try {
    return await recordRelease(scenario);
  } finally {
    await scenario.stop();
  }
}

async function upgraded(main: string, signal: Signal, frames: number): Promise<UpgradeReport> {
  const scenario = await startOldRelease(main);
  try {
    return await upgrade(scenario, { stop: () => scenario.vtap.stop(signal), frames });
  } finally {
    await scenario.stop();
  }
}

function print({ traffic, phases, tables }: UpgradeReport): void {
  const { production, copies, strays } = traffic;
  for (const { what, from, to, ms } of phases) {
    console.log(`${what.padEnd(42)} frames ${from} to ${to}, ${Math.round(ms)} ms`);
  }
  const sum = (of: readonly { lost: readonly number[] }[]) =>
    of.reduce((total, { lost }) => total + lost.length, 0);
  const [first] = production;
  console.log(`\n${production.length} flows of ${first?.sent} frames, copies at ${copies.length}`);
  console.log(
    `production lost ${sum(production)}, copies lost ${sum(copies)}, astray ${strays.length}`,
  );
  for (const { flow, what, lost, duplicated, reordered, gapMs } of [...production, ...copies]) {
    if (lost.length + duplicated.length + reordered.length === 0) continue;
    const range = lost.length > 0 ? ` (${lost[0]} to ${lost.at(-1)}, ${gapMs} ms)` : "";
    const faults = `duplicated ${duplicated.length}, reordered ${reordered.length}`;
    console.log(`  ${flow}, ${what}: lost ${lost.length}${range}, ${faults}`);
  }
  for (const { at, hex } of strays.slice(0, 10)) console.log(`  at ${at}: ${hex}`);
  for (const [name, { upgraded, fresh }] of Object.entries(tables)) {
    const differs = upgraded.join() === fresh.join() ? "as" : "NOT as";
    console.log(
      `${name}: ${upgraded.length} entries, ${differs} after a start beside an empty switch`,
    );
    if (differs === "as") continue;
    for (const line of upgraded.filter((each) => !fresh.includes(each))) console.log(`  - ${line}`);
    for (const line of fresh.filter((each) => !upgraded.includes(each))) console.log(`  + ${line}`);
  }
}
