// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import { expect, test } from "vitest";
import { Scenario } from "../scenario.ts";
import { restoreRelease } from "./fixture.ts";
import { NETWORK } from "./network.ts";
import { greet, upgrade } from "./run.ts";

test("a start beside the tables and data of release 0.1.0 loses and doubles no frame", async () => {
  const scenario = await Scenario.start(NETWORK);
  try {
    // The release itself is not at hand here: its tables and records take the place of those of this one.
    await scenario.vtap.stop();
    const data = join(scenario.directory, "data-0.1.0");
    await restoreRelease(scenario.lab, data);
    await greet(scenario);
    const { traffic, phases, tables } = await upgrade(scenario, {
      stop: async () => undefined,
      start: { data },
      frames: 40,
    });
    const { production, copies, strays } = traffic;
    expect(strays).toEqual([]);
    const clean = { lost: [], duplicated: [], reordered: [] };
    for (const flow of production) expect(flow).toMatchObject(clean);
    // Copies may be lost while the way in which they are carried changes, and at no other time.
    const starts = phases.find(({ what }) => what === "the new release starts")?.from ?? 0;
    const runs = phases.find(({ what }) => what === "the new release runs")?.from ?? 0;
    for (const { lost, ...flow } of copies) {
      expect(flow).toMatchObject({ duplicated: [], reordered: [] });
      expect({ ...flow, lost: lost.filter((n) => n < starts || n >= runs) }).toMatchObject(clean);
    }
    for (const { upgraded, fresh } of Object.values(tables)) expect(upgraded).toEqual(fresh);
  } finally {
    await scenario.stop();
  }
});
