// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { h1, h2, h3, mac } from "../hosts.ts";
import { TAPPED_PAIR } from "../plans.ts";
import { Scenario } from "../scenario.ts";

const web = {
  ...{ id: "web", sender: mac(h1), receiver: mac(h2), monitors: [mac(h3)] },
  filters: { tcp_dst: 80 },
};
const LINK = {
  from: { dpid: "0000000000000001", port: 10 },
  to: { dpid: "0000000000000002", port: 10 },
};

let scenario: Scenario;

beforeAll(async () => {
  scenario = await Scenario.start(TAPPED_PAIR);
  await scenario.createPolicy(web);
});
afterAll(() => scenario?.stop());

test("the plan of a policy has its way and the rules that the switches hold", async () => {
  const plan = await scenario.vtap.get("/policies/web/plan");
  expect(plan.tapPoints).toEqual([
    { switch: "s1", dpid: LINK.from.dpid, port: 1, end: "sender", direction: "forward" },
  ]);
  expect(plan.ways).toMatchObject([
    { monitor: h3.mac, from: { switch: "s1" }, to: { switch: "s2", port: 3 }, links: [LINK] },
  ]);
  expect(plan.original).toEqual([LINK]);
  expect(plan.switches.map(({ state }: { state: string }) => state)).toEqual([
    "confirmed",
    "confirmed",
  ]);
  for (const { switch: name, rules } of plan.switches) {
    const flows = await scenario.lab.dumpFlows(name);
    expect(rules.length).toBeGreaterThan(0);
    for (const { priority, match } of rules) {
      const text = `priority=${priority},${match}`;
      expect(flows.some((line) => line.includes(text))).toBe(true);
    }
  }
  // The dry run of the same document foresees the same way.
  const { body } = await scenario.vtap.request("POST", "/policies:validate", web);
  const { tapPoints, ways, original } = plan;
  expect(body.plan).toEqual({ tapPoints, ways, original });
});

test("rules of a switch that is gone are not said to be there; a disabled policy has none", async () => {
  await scenario.lab.vsctl("del-controller", "s2");
  await waitFor(async () => {
    const { switches } = await scenario.vtap.get("/policies/web/plan");
    return switches.some((each: { state: string }) => each.state === "disconnected");
  });
  await scenario.connect("s2");
  await scenario.vtap.request("PATCH", "/policies/web?wait=60000", { enabled: false });
  const plan = await scenario.vtap.get("/policies/web/plan");
  expect(plan).toEqual({ id: "web", tapPoints: [], ways: [], original: [], switches: [] });
  expect((await scenario.vtap.request("GET", "/policies/none/plan")).status).toBe(404);
});
