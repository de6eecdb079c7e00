// SPDX-License-Identifier: Apache-2.0
import { matrixCase, PROFILES, VLAN_LIMITS } from "../test/policy/matrix-cases.ts";
import { noCounts } from "../test/policy/matrix-scenario.ts";
import { startMatrixLab } from "../test/policy/on-ovs/matrix-lab.ts";

const MOST_SHOWN = 20;

/**
 * `npm run bench -- matrix [CASES] [SEED]`: frames of every shape, filters and forms of delivery, on real
 * switches of each forwarding profile and `vlan-limit`: 100 cases by default, from seed 1. A case is one
 * to three policies and eight frames. Ends with status 1 when a copy or an original is not what it should be.
 */
export async function run(args: string[]): Promise<void> {
  const cases = Number(args[0] ?? 100);
  const first = Number(args[1] ?? 1);
  if (!Number.isSafeInteger(cases) || !Number.isSafeInteger(first)) {
    throw new Error("usage: npm run bench -- matrix [CASES] [SEED]");
  }
  let failed = 0;
  for (const limit of VLAN_LIMITS) {
    const { lab, networks } = await startMatrixLab(limit);
    process.once("SIGINT", () => lab.stop().finally(() => process.exit(130)));
    try {
      for (const [index, network] of networks.entries()) {
        const counts = noCounts();
        const profile = JSON.stringify(PROFILES[index]);
        for (let seed = first; seed < first + cases; seed++) {
          await network.check(lab, `seed ${seed}`, matrixCase(seed), counts);
        }
        const { frames, copies, reported, strays, failures } = counts;
        failed += failures.length;
        console.log(
          `vlan-limit ${limit} ${profile}: ${frames} frames, ${copies} exact copies, ${reported} reported as not made, ${strays} strays dropped, ${failures.length} failures`,
        );
        for (const failure of failures.slice(0, MOST_SHOWN)) console.log(`  ${failure}`);
      }
    } finally {
      await lab.stop();
    }
  }
  if (failed > 0) process.exitCode = 1;
}
