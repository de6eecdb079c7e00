// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { complete } from "../../../src/lang/steps.ts";
import { TapCompiler } from "../../../src/policy/index.ts";
import { areDistinguishable, selectedFrames } from "../../../src/policy/preview/selected-frames.ts";
import { policiesOf, Scenario, TWO_SWITCHES } from "../scenarios.ts";

type Documents = Parameters<typeof policiesOf>[0];

const monitors = [{ host: "h3" }];

/** The taps of each policy. */
function tapsOf(...documents: Documents) {
  const compiler = new TapCompiler(new Scenario(TWO_SWITCHES).environment);
  const policies = policiesOf(documents);
  compiler.update({ upsert: policies });
  return policies.map(({ id }) => compiler.taps(id));
}

const pair = { sender: { host: "h1" }, receiver: { host: "h2" }, monitors } as const;
const port = (n: number) => ({ port: { switch: "s1", port: n } });

describe("the frames of a preview", () => {
  test("are known by what they show, not by where they enter", () => {
    const [taps = []] = tapsOf({ ...pair, filters: { tcp_dst: 80 } } as Documents[number]);
    expect(taps.length).toBeGreaterThan(0);
    const frames = complete(selectedFrames(taps));
    const fields = frames?.includes.map(({ constraints }) =>
      constraints.map(({ field }) => field.name),
    );
    expect(fields?.length).toBeGreaterThan(0);
    for (const names of fields ?? []) {
      expect(names).not.toContain("inPort");
      expect(names).toEqual(expect.arrayContaining(["ethSrc", "ethDst", "tcpDst"]));
    }
  });

  test("are none that the policy excludes", () => {
    const [taps = []] = tapsOf({ ...pair, exclude: [{ tcp_dst: 22 }] } as Documents[number]);
    const { excludes = [] } = complete(selectedFrames(taps)) ?? {};
    expect(excludes.some(({ key }) => key.length > 0)).toBe(true);
  });

  test("of more regions than a switch should hold are not known", () => {
    const many = Array.from({ length: 1001 }, (_, n) => 1000 + 2 * n);
    const [taps = []] = tapsOf({ ...pair, filters: { tcp_dst: many } } as Documents[number]);
    expect(taps.length).toBeGreaterThan(0);
    expect(complete(selectedFrames(taps))).toBeUndefined();
  });
});

describe("copies of other policies", () => {
  test.each([
    [
      "are distinguished from those of two hosts",
      pair,
      { ...pair, ...{ sender: port(2), receiver: "any" } },
      true,
    ],
    [
      "are not distinguished from those of a port",
      { sender: port(1), receiver: "any", monitors },
      { sender: port(2), receiver: "any", monitors },
      false,
    ],
    [
      "are distinguished where no frame can be of both",
      { sender: port(1), receiver: "any", monitors, filters: { tcp_dst: 80 } },
      { sender: port(2), receiver: "any", monitors, filters: { tcp_dst: 443 } },
      true,
    ],
    [
      "of the same port are those of the policy, too",
      { sender: port(1), receiver: "any", monitors },
      { sender: port(1), receiver: "any", monitors, filters: { tcp_dst: 80 } },
      true,
    ],
  ])("%s", (_, first, second, isDistinguishable) => {
    const [own = [], others = []] = tapsOf(first as Documents[number], second as Documents[number]);
    expect([own.length > 0, others.length > 0]).toEqual([true, true]);
    expect(complete(areDistinguishable(own, others))).toBe(isDistinguishable);
  });
});
