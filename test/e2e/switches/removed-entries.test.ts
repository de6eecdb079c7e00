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
  await lab.flowsAreBack("s1", tables);
  expect(await events.received("switchRepaired")).toMatchObject({ switch: "s1", by: "audit" });
  await scenario.expectDelivery("h1", [frame], { h2: [frame], h3: [frame] });
});
