// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { originalActions } from "../../../src/forwarding/index.ts";
import {
  type CompileEnvironment,
  type PolicyDocument,
  TapCompiler,
} from "../../../src/policy/index.ts";
import { dpid, port, stateOf } from "../../topology/networks.ts";
import { policiesOf } from "../scenarios.ts";

const mac = (host: number) => ({ mac: `fa:00:00:00:00:0${host}` });
const COLLECTOR = "192.0.2.9";

/** h1 and h2 on s1, h3 on s2; port 9 of s1 leads to no known switch or host. */
function network(links: [number, number, number, number][] = [[1, 10, 2, 10]]) {
  const state = stateOf({
    profiles: ["paths", "paths"],
    links,
    hosts: [
      [1, 1],
      [1, 2],
      [2, 3],
    ],
  });
  const ports = [1, 2, 9, 10].map((no) => port(no));
  return state.apply({ type: "switchConnected", dpid: dpid(1), ports, isPlain: false }).topology;
}

function environment(topology: ReturnType<typeof network>): CompileEnvironment {
  return {
    topology,
    originalActions: (at, inPort, ethDst) => originalActions(topology, at, inPort, ethDst),
  };
}

function outcomeOf(compiler: TapCompiler, [policy]: ReturnType<typeof policiesOf>) {
  const plan = policy && compiler.plan(policy.id);
  return {
    problems: plan?.problems.map(({ what }) => what),
    rules: compiler.desired(dpid(1)).length,
  };
}

function compiled(tunnel: number, monitor: object, topology = network()) {
  const compiler = new TapCompiler(environment(topology));
  const document = { sender: mac(1), receiver: mac(3), monitors: [monitor], copy: { tunnel } };
  const policies = policiesOf([document as PolicyDocument]);
  compiler.update({ upsert: policies });
  return { compiler, policies, ...outcomeOf(compiler, policies) };
}

describe("the port of a tunnel", () => {
  test("is one that leads to no other switch and no other host", () => {
    expect(compiled(9, { ip: COLLECTOR })).toMatchObject({ problems: [], rules: 1 });
  });

  test("cannot be at a link: the next switch would forward copies as originals", () => {
    const what = `port 10 of switch s1 is at a link between switches, and cannot be the tunnel to monitor ${COLLECTOR}`;
    expect(compiled(10, { ip: COLLECTOR })).toMatchObject({ problems: [what], rules: 0 });
  });

  test("cannot be where another host is named, unless that is the monitor", () => {
    const what = (host: number) =>
      `port ${host} of switch s1 is where another host is, and cannot be the tunnel to monitor ${COLLECTOR}`;
    expect(compiled(1, { ip: COLLECTOR })).toMatchObject({ problems: [what(1)], rules: 0 });
    expect(compiled(2, { ip: COLLECTOR })).toMatchObject({ problems: [what(2)], rules: 0 });
    expect(compiled(2, mac(2))).toMatchObject({ problems: [], rules: 1 });
  });

  test("is no longer one when a link is found at it", () => {
    const { compiler, policies, rules } = compiled(9, { ip: COLLECTOR });
    expect(rules).toBe(1);
    const linked = network([
      [1, 10, 2, 10],
      [1, 9, 2, 9],
    ]);
    compiler.rebase(environment(linked));
    const what = `port 9 of switch s1 is at a link between switches, and cannot be the tunnel to monitor ${COLLECTOR}`;
    expect(outcomeOf(compiler, policies)).toEqual({ problems: [what], rules: 0 });
  });
});
