// SPDX-License-Identifier: Apache-2.0
import { expect } from "vitest";
import type { Kind } from "./network.ts";
import { runHitless } from "./run.ts";

/** Operations of many kinds, then a cut: only the cut may lose, duplicate or reorder a frame. */
export async function expectHitless(kind: Kind): Promise<void> {
  const { steps, production, monitored, resumedMs, cuts } = await runHitless({
    kind,
    first: [
      "add policy",
      "move monitor",
      "move sender",
      "delete tap rules",
      "delete probe rules",
      "half open",
    ],
    silenceMs: 1000,
    operations: 14,
    seed: 3,
    cuts: 1,
  });
  const story = steps.map(({ what, from, to }) => `${from}-${to} ${what}`).join("\n");
  for (const { sent, ...faults } of [...production, ...monitored]) {
    expect(sent).toBeGreaterThan(100);
    expect(faults, story).toEqual({ lost: [], duplicated: [], reordered: [] });
  }
  expect(resumedMs.length, story).toBeGreaterThanOrEqual(2);
  expect(cuts).toMatchObject([{ disorder: 0, faultsOnReturn: 0 }]);
}
