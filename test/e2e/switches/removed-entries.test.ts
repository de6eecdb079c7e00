// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "vitest";
import { EventStream } from "../event-stream.ts";
import { tcp } from "../frames.ts";
import { h1, h2 } from "../hosts.ts";
import { Scenario } from "../scenario.ts";

const frame = tcp(h1, h2, { src: 1024, dst: 80 });

let scenario: Scenario;
let events: EventStream;
beforeAll(async () => {
  // Regular audits run every minute: none of them runs during this test.
  scenario = await Scenario.start({
    switches: ["s1"],
    hosts: [
      [1, "s1", 1],
      [2, "s1", 2],
      [3, "s1", 3],
    ],
  });
  events = await EventStream.open(scenario.vtap.httpPort);
});
afterAll(async () => {
  events.close();
  await scenario.stop();
});

test("the deletion of a rule is noticed at once, and all rules deleted with it are restored", async () => {
  const { lab } = scenario;
  const [sender, receiver, monitor] = ["h1", "h2", "h3"].map((host) => ({ host }));
  await scenario.createPolicy({ id: "p", sender, receiver, monitors: [monitor] });
  await scenario.expectDelivery("h1", [frame], { h2: [frame], h3: [frame] });
  const tables = await lab.dumpFlows("s1");
  await lab.ofctl("del-flows", "s1");
  const lost = await events.received("policyStatus", ({ old }) => old?.state === "active");
  expect(lost.new.reasons).toEqual(["switch s1 has not confirmed a rule yet"]);
  await lab.flowsAreBack("s1", tables);
  expect(await events.received("switchRepaired")).toMatchObject({
    ...{ switch: "s1", by: "audit", policyCount: 1, policies: ["p"] },
  });
  await scenario.expectDelivery("h1", [frame], { h2: [frame], h3: [frame] });
});

test("the repair of a changed group names the policies that rely on it", async () => {
  const { lab, vtap } = scenario;
  const rules = await lab.dumpFlows("s1");
  const rule = rules.find((each) => each.includes("in_port=1,") && each.includes("group:"));
  const id = /group:(\d+)/.exec(rule ?? "")?.[1];
  await lab.ofctl("mod-group", "s1", `group_id=${id},type=all,bucket=output:2`);
  await scenario.expectDelivery("h1", [frame], { h2: [frame] });
  await vtap.request("POST", "/switches/s1:resync");
  const { drift, policies } = await events.received("switchRepaired", ({ by }) => by === "resync");
  expect([drift, policies]).toEqual([{ missing: 0, changed: 1, unexpected: 0 }, ["p"]]);
  await scenario.expectDelivery("h1", [frame], { h2: [frame], h3: [frame] });
});
