// SPDX-License-Identifier: Apache-2.0
import { expect, onTestFinished, test } from "vitest";
import { random } from "../hitless/random.ts";
import { hostileFrame } from "../twins/hostile-frames.ts";
import { Operations } from "../twins/operations.ts";
import { PORTS } from "../twins/ovn-side.ts";
import { OvnTwins } from "../twins/ovn-twins.ts";

/** `npm run bench -- beside-twin` does hundreds. */
const OPERATIONS = 8;
/** From each port. */
const HOSTILE_FRAMES = 60;
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

test.each([
  ["mirrors", 3],
  ["table 0", 4],
] as const)(
  "by %s: tenants that send any frame disturb nothing, and each frame is copied once, to the monitor alone",
  async (way, seed) => {
    const twins = await OvnTwins.start(way);
    onTestFinished(() => twins.stop());
    for (const id of twins.policies) await twins.setPolicy(id, true);
    await twins.settled();
    const chance = random(seed);
    for (const port of PORTS) {
      const frames = Array.from({ length: HOSTILE_FRAMES }, () => hostileFrame(chance));
      const { differences, lacking } = await twins.compareFrames(port, frames);
      expect([port, differences, lacking]).toEqual([port, [], 0]);
    }
  },
);
