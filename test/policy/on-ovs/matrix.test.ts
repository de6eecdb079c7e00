// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { matrixCase, PROFILES, VLAN_LIMITS } from "../matrix-cases.ts";
import { noCounts } from "../matrix-scenario.ts";
import { startMatrixLab } from "./matrix-lab.ts";

/** Of the cases that `npm run bench -- matrix` runs by the hundred. */
const SEEDS = [1, 2, 3, 4];

describe.each(VLAN_LIMITS)("with vlan-limit %i", (limit) => {
  test("monitors get each frame bit for bit, and originals leave as without policies", async () => {
    const { lab, networks } = await startMatrixLab(limit);
    const counts = noCounts();
    try {
      for (const seed of SEEDS) {
        for (const [index, network] of networks.entries()) {
          const name = `seed ${seed} ${JSON.stringify(PROFILES[index])}`;
          await network.check(lab, name, matrixCase(seed), counts);
        }
      }
    } finally {
      await lab.stop();
    }
    expect(counts.failures).toEqual([]);
    expect(counts.copies).toBeGreaterThan(0);
  });
});
