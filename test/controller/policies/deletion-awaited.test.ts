// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { categoryOf } from "../../../src/flow-model/index.ts";
import { FakeSwitch } from "../../reconcile/fake-switch.ts";
import { MemoryPolicyStore, standAlone } from "../stand-alone.ts";

const policy = { sender: { host: "h1" }, receiver: { host: "h2" }, monitors: [{ host: "h3" }] };

/** A controller with a switch that takes many turns of the event loop for each change. */
async function withSlowSwitch() {
  const { parts, call } = await standAlone(new MemoryPolicyStore());
  const slow = new FakeSwitch();
  slow.delay = () => 50;
  const [dpid] = parts.network.topology.switches.keys();
  if (dpid === undefined) throw new Error("the topology has no switch");
  parts.reconciler.connect(dpid, slow.connect());
  /** How many rules of the switch make copies. */
  const rewriting = () =>
    [...slow.tables.flows.values()].filter(({ cookie }) => categoryOf(cookie) === "rewriting")
      .length;
  return { call, rewriting };
}

test.each([
  { what: "active", before: "?wait=60000" },
  { what: "not in effect yet", before: "" },
])(
  "the deletion of a policy that is $what is answered when no switch copies for it",
  async ({ before }) => {
    const { call, rewriting } = await withSlowSwitch();
    for (let round = 0; round < 3; round++) {
      await call(`PUT /policies/a${before}`, policy);
      if (before !== "") expect(rewriting()).toBe(1);
      const deleted = await call("DELETE /policies/a?wait=60000");
      expect([deleted.status, rewriting()]).toEqual([204, 0]);
    }
  },
);
