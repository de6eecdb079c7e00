// SPDX-License-Identifier: Apache-2.0
import { expect, onTestFinished, test } from "vitest";
import { random } from "../hitless/random.ts";
import { Operations } from "../twins/operations.ts";
import { OvnTwins } from "../twins/ovn-twins.ts";

/** `npm run bench -- beside-twin` does hundreds. */
const OPERATIONS = 8;
/** It measures nothing: the machine may be busy. */
const PATIENCE_MS = 30_000;

test.each([
  ["mirrors", 1],
  ["table 0", 2],
] as const)(
  "by %s: OVN does with every frame what it does alone, whatever happens",
  async (way, seed) => {
    const twins = await OvnTwins.start(way);
    onTestFinished(() => twins.stop());
    for (const id of twins.policies) await twins.setPolicy(id, true);
    const operations = new Operations(twins, random(seed));
    for (const id of twins.policies) operations.attached(id);
    for (let done = 0; done < OPERATIONS; done++) {
      const { name, run } = operations.next();
      await run();
      await twins.settled();
      const { differences } = await twins.compare(PATIENCE_MS);
      expect([name, differences]).toEqual([name, []]);
    }
  },
);
