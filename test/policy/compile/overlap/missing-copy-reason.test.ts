// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { TapCompiler } from "../../../../src/policy/index.ts";
import { policiesOf, Scenario } from "../../scenarios.ts";

/** Hosts h1 to h4, two on each of two switches. */
const { environment } = new Scenario({
  profiles: ["paths", "paths"],
  parents: [0],
  extra: [],
  hosts: [0, 0, 1, 1].map((at) => ({ at, shared: false })),
});

const mac = (n: number) => `fa:00:00:00:00:0${n}`;

function problemsOf(rest: object): string[] {
  const base = { sender: { mac: mac(1) }, receiver: { mac: mac(3) }, monitors: [{ mac: mac(2) }] };
  const policies = policiesOf([{ ...base, ...rest }]);
  const compiler = new TapCompiler(environment);
  compiler.update({ upsert: policies });
  return policies.flatMap(({ id }) => compiler.plan(id)?.problems.map(({ what }) => what) ?? []);
}

describe("the reason why a monitor gets no copies", () => {
  test.each([
    {
      why: "the excludes cover all of it",
      policy: { filters: { tcp_dst: 80 }, exclude: [{ ip_proto: "tcp" }] },
    },
    {
      why: "its identifiers and filters contradict each other",
      policy: { sender: { host: "h1" }, filters: { eth_src: mac(4) } },
    },
    {
      why: "all of it is the monitor's own conversation",
      policy: { receiver: "any", filters: { eth_dst: mac(2) } },
    },
  ])("$why", ({ why, policy }) => {
    const expected = `nothing is left to copy for monitor ${mac(2)}: ${why}`;
    expect(problemsOf(policy)).toEqual([expected]);
  });
});
