// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { Compilation } from "../../../src/controller/desired/compilation.ts";
import { blindSpotsOf, parsePolicy } from "../../../src/policy/index.ts";
import { topologyOf } from "../scenarios.ts";

/** A switch with so many hosts, each at a port of its own. */
function withHosts(count: number) {
  const hosts = Array.from({ length: count }, () => ({ at: 0, shared: false }));
  return topologyOf({ profiles: ["paths"], parents: [], extra: [], hosts });
}

function tapped(count: number) {
  const topology = withHosts(count);
  const [at] = [...topology.hosts.values()];
  if (at?.port === undefined) throw new Error("no host");
  const parsed = parsePolicy({
    id: "port",
    sender: "any",
    receiver: { port: { switch: at.dpid, port: at.port } },
    monitors: [{ host: at.name === "h2" ? "h3" : "h2" }],
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const { policy } = parsed.value;
  const compilation = new Compilation();
  compilation.setTopology(topology);
  compilation.edit({ upsert: [policy] });
  const rules = compilation.tapRules(at.dpid).filter(({ category }) => category === "rewriting");
  return { rules: rules.length, unseen: blindSpotsOf(policy, topology).join() };
}

test("floods for unknown hosts are copied up to 1,000 known hosts; beyond it is said that they are not", () => {
  const most = tapped(1000);
  expect(most.unseen).not.toContain("hosts are known");
  // A rule for each host that is elsewhere, whose frames are not flooded.
  expect(most.rules).toBeGreaterThan(998);
  const more = tapped(1001);
  expect(more.unseen).toMatch(
    /frames for unknown hosts that leave by port \d+ of \S+: more than 1000 hosts are known/,
  );
  expect(more.rules).toBeLessThan(20);
});
