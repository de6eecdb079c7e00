// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "vitest";
import { tcp } from "../frames.ts";
import { atReceivers, whileStreaming } from "../hitless/two-way.ts";
import { h1, h2, h3, h4, mac } from "../hosts.ts";
import { TWO_SENDERS } from "../plans.ts";
import { Scenario } from "../scenario.ts";

let scenario: Scenario;
beforeAll(async () => {
  scenario = await Scenario.start({
    ...TWO_SENDERS,
  });
});
afterAll(() => scenario?.stop());

const putGroup = async (...members: string[]) => {
  const { status } = await scenario.vtap.request("PUT", "/groups/dmz", { members });
  expect([200, 201]).toContain(status);
  // Confirmed by the switches: the answer itself does not wait for them.
  await scenario.synced();
  await scenario.vtap.allPoliciesActive();
};

test("an edit of a group moves the copies of its policies, and loses no production frame", async () => {
  const { status } = await scenario.vtap.request("PUT", "/groups/dmz", { members: [h1.mac] });
  expect(status).toBe(201);
  const common = { sender: "@dmz", receiver: mac(h2), monitors: [mac(h3)] };
  await scenario.createPolicy({ id: "all", ...common });
  await scenario.createPolicy({ id: "web", ...common, filters: { tcp_dst: 80 } });
  const ports = { src: 1024, dst: 80 };
  const [fromH1, fromH4] = [tcp(h1, h2, ports), tcp(h4, h2, ports)];
  await scenario.expectDelivery("h1", [fromH1], { h2: [fromH1], h3: [fromH1] });
  await scenario.expectDelivery("h4", [fromH4], { h2: [fromH4] });
  scenario.lab.clear();
  const { streams } = await whileStreaming(scenario, 7001, async () => {
    for (const members of [[h4.mac], [h1.mac, h4.mac], [h4.mac]]) await putGroup(...members);
  });
  for (const { sent, ...faults } of atReceivers(streams)) {
    expect(sent).toBeGreaterThan(50);
    expect(faults).toEqual({ lost: [], duplicated: [], reordered: [] });
  }
  expect(streams[0].reportAt("h3").duplicated).toEqual([]);
  await scenario.expectDelivery("h1", [fromH1], { h2: [fromH1] });
  await scenario.expectDelivery("h4", [fromH4], { h2: [fromH4], h3: [fromH4] });
  expect((await scenario.vtap.request("DELETE", "/groups/dmz")).status).toBe(409);
});
