// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Cable, Cables } from "../cables.ts";
import { arpRequest, tcp } from "../frames.ts";
import { h1, h2 } from "../hosts.ts";
import { Scenario } from "../scenario.ts";

/**
 * Truncated copies over cables. Open vSwitch truncates a frame before it changes its headers, so tags in
 * transit, and tags of copies made earlier in the same group, must not cost bytes.
 *
 *   h1, h4, h6 - s1 --- s2 - h2, h3, h5
 */
const LINKS: readonly Cable[] = [["s1", 10, "s2", 10]];

let scenario: Scenario;
let cables: Cables;

beforeAll(async () => {
  scenario = await Scenario.start({
    switches: ["s1", "s2"],
    links: LINKS,
    hosts: [
      [1, "s1", 1],
      [4, "s1", 4],
      [6, "s1", 6],
      [2, "s2", 2],
      [3, "s2", 3],
      [5, "s2", 5],
    ],
    config: { discovery: false, pathProbeSeconds: 0, tapVlanRange: "3000-3100" },
  });
  cables = await Cables.lay(scenario, LINKS);
});
afterAll(() => scenario.stop());

const pair = { sender: { host: "h1" }, receiver: { host: "h2" } };
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

async function withPolicies(policies: readonly object[], check: () => Promise<void>) {
  const ids = policies.map((_, index) => `p${index}`);
  for (const [index, each] of policies.entries()) {
    await scenario.createPolicy({ id: ids[index], ...each });
  }
  await check();
  for (const id of ids) await scenario.deletePolicy(id);
}

test.each([14, 15, 60])("under a tag, to two monitors, cut to %i bytes", async (truncate) => {
  const monitors = [{ host: "h3" }, { host: "h5" }];
  await withPolicies([{ ...pair, monitors, copy: { delivery: "tag", truncate } }], async () => {
    const frame = hex(tcp(h1, h2, { src: 1, dst: 2 }, { tags: [{ vid: 7 }] }));
    const { "s1-p10": _, ...got } = await cables.carry(Buffer.from(frame, "hex"), "h1");
    const cut = frame.slice(0, 2 * truncate);
    expect(got).toEqual({ h2: [frame], h3: [cut], h5: [cut] });
  });
});

test.each([14, 40])("a broadcast, tagged in transit as required, cut to %i bytes", async (n) => {
  const policy = { sender: { host: "h1" }, receiver: "any", monitors: [{ host: "h3" }] };
  await withPolicies([{ ...policy, copy: { truncate: n } }], async () => {
    const frame = hex(arpRequest(h1, h2));
    const got = await cables.carry(Buffer.from(frame, "hex"), "h1");
    expect(got.h3).toEqual([frame, frame.slice(0, 2 * n)]);
  });
});

test.each([14, 60])(
  "on the tap's own switch, after another policy's tagged copy, cut to %i bytes",
  async (truncate) => {
    const policies = [
      { ...pair, monitors: [{ host: "h3" }], copy: { delivery: "tag" } },
      { ...pair, monitors: [{ host: "h4" }, { host: "h6" }], copy: { truncate } },
    ];
    await withPolicies(policies, async () => {
      const frame = hex(tcp(h1, h2, { src: 1, dst: 2 }));
      const { "s1-p10": _, ...got } = await cables.carry(Buffer.from(frame, "hex"), "h1");
      const cut = frame.slice(0, 2 * truncate);
      expect(got).toEqual({ h2: [frame], h3: [frame], h4: [cut], h6: [cut] });
    });
  },
);

test("limited and truncated, after a tagged copy", async () => {
  const policies = [
    { ...pair, monitors: [{ host: "h3" }], copy: { delivery: "tag" } },
    {
      ...pair,
      monitors: [{ host: "h4" }],
      copy: { truncate: 20, rateLimit: { pps: 1000 }, sample: 1 },
    },
  ];
  await withPolicies(policies, async () => {
    const frame = hex(tcp(h1, h2, { src: 1, dst: 2 }));
    const got = await cables.carry(Buffer.from(frame, "hex"), "h1");
    expect(got.h4).toEqual([frame.slice(0, 40)]);
    expect(got.h3).toEqual([frame]);
  });
});
