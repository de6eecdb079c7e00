// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { originalActions } from "../../../src/forwarding/index.ts";
import { type PolicyDocument, TapCompiler } from "../../../src/policy/index.ts";
import { dpid, port, stateOf } from "../../topology/networks.ts";
import { policiesOf } from "../scenarios.ts";

const mac = (host: number) => ({ mac: `fa:00:00:00:00:0${host}` });

/** h1 and h2 on s1, h3 and h4 on s2; one of the switches is not Open vSwitch. */
function network(plain: number) {
  const state = stateOf({
    profiles: ["paths", "paths"],
    links: [[1, 10, 2, 10]],
    hosts: [
      [1, 1],
      [1, 2],
      [2, 3],
      [2, 4],
    ],
  });
  const ports = [1, 2, 3, 4, 10].map((no) => port(no));
  return state.apply({ type: "switchConnected", dpid: dpid(plain), ports, isPlain: true }).topology;
}

function compiled(
  plain: number,
  monitor: number,
  copy: PolicyDocument["copy"],
  filters: PolicyDocument["filters"] = {},
) {
  const topology = network(plain);
  const compiler = new TapCompiler({
    topology,
    originalActions: (at, inPort, ethDst) => originalActions(topology, at, inPort, ethDst),
    tapVlans: { first: 100, last: 200 },
  });
  const policies = policiesOf([
    {
      ...{ sender: mac(1), receiver: mac(3), monitors: [mac(monitor)], filters },
      ...(copy ? { copy } : {}),
    },
  ]);
  compiler.update({ upsert: policies });
  const [policy] = policies;
  const problems = policy && compiler.plan(policy.id)?.problems.map(({ what }) => what);
  return { problems, rules: compiler.desired(dpid(1)).length };
}

const reason = (name: string, monitor: number) =>
  `switch ${name} is not Open vSwitch and cannot treat copies for monitor fa:00:00:00:00:0${monitor} as requested`;

describe("a switch that is not Open vSwitch", () => {
  test.each([{ truncate: 64 }, { sample: 0.5 }, { rateLimit: { pps: 5 } }])(
    "makes no copies that it would have to treat: %j",
    (copy) => {
      expect(compiled(1, 2, copy)).toEqual({ problems: [reason("s1", 2)], rules: 0 });
    },
  );

  test("makes plain copies", () => {
    expect(compiled(1, 2, undefined)).toEqual({ problems: [], rules: 1 });
    // With the guard of copies that leave the switch.
    expect(compiled(1, 4, undefined)).toEqual({ problems: [], rules: 2 });
  });

  test("has no copies whose IP destination is rewritten, as tap point or as monitor switch", () => {
    const copy = { rewriteIp: true };
    expect(compiled(1, 4, copy)).toEqual({ problems: [reason("s1", 4)], rules: 0 });
    expect(compiled(2, 4, copy)).toEqual({ problems: [reason("s2", 4)], rules: 0 });
    expect(compiled(1, 2, copy).problems).toEqual([]);
  });

  test.each([
    [{ pbb_isid: 7 }, "Open vSwitch has no pbb_isid to match"],
    [{ pbb_uca: 1 }, "Open vSwitch has no pbb_uca to match"],
    [{ ipv6_exthdr: "1/1" }, "Open vSwitch has no ipv6_exthdr to match"],
    [{ arp_op: [1, 300] }, "Open vSwitch matches arp_op up to 255 only"],
  ])("may match what Open vSwitch cannot: %j", (filters, what) => {
    expect(compiled(1, 2, undefined, filters).problems).toEqual([]);
    expect(compiled(2, 2, undefined, filters)).toEqual({ problems: [what], rules: 0 });
  });

  test.each([
    ["tcp_flags", { tcp_flags: "+syn" }],
    ["ip_ttl", { ip_ttl: 1 }],
  ])("has no %s to match", (field, filters) => {
    const what = `switch s1 is not Open vSwitch and may have no ${field}`;
    expect(compiled(1, 2, undefined, filters)).toEqual({ problems: [what], rules: 0 });
    expect(compiled(2, 4, undefined, filters)).toMatchObject({ problems: [] });
  });

  test("needs to cut only what ends there", () => {
    expect(compiled(2, 4, { truncate: 64 })).toEqual({ problems: [reason("s2", 4)], rules: 0 });
    expect(compiled(2, 2, { truncate: 64 }).problems).toEqual([]);
    expect(compiled(1, 4, { truncate: 64 }).problems).toEqual([]);
  });
});
