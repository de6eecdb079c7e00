// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { EventStream } from "../event-stream.ts";
import { tcp } from "../frames.ts";
import { h1, h2, h3 } from "../hosts.ts";
import { Scenario } from "../scenario.ts";
import { runVtap } from "../vtap-process.ts";

const frame = tcp(h1, h2, { src: 1024, dst: 80 });
const HIDING = "priority=65000,tcp,in_port=1";

let scenario: Scenario;
let events: EventStream;
beforeAll(async () => {
  scenario = await Scenario.start({
    switches: ["s1", "s2"],
    links: [["s1", 10, "s2", 10]],
    hosts: [
      [1, "s1", 1],
      [2, "s1", 2],
      [3, "s2", 3],
    ],
    policies: [
      {
        id: "tap",
        sender: { mac: h1.mac },
        receiver: { mac: h2.mac },
        monitors: [{ mac: h3.mac }],
      },
    ],
    config: { auditIntervalSeconds: 1, countersIntervalSeconds: 0.2 },
  });
  events = await EventStream.open(scenario.vtap.httpPort);
});
afterAll(async () => {
  events?.close();
  await scenario?.stop();
});

const cli = async (...args: string[]) => {
  const server = `http://127.0.0.1:${scenario.vtap.httpPort}`;
  return (await runVtap([...args, "--server", server])).stdout;
};
const counters = async () => (await scenario.vtap.get("/policies/tap")).counters;
const gauge = async () =>
  (await scenario.vtap.text("/metrics"))
    .split("\n")
    .filter((each) => each.startsWith("openvtap_switch_overriding_entries{"))
    .map((each) => Number(each.split(" ").at(-1)));

test("an entry that takes frames before a tap is named by the policy, an event and a metric, while it is there", async () => {
  await scenario.expectDelivery("h1", [frame], { h2: [frame], h3: [frame] });
  await waitFor(async () => (await counters()).copied.packets === 1);
  expect(await counters()).toMatchObject({ exact: true });
  await scenario.lab.ofctl("add-flow", "s1", `cookie=0x99,${HIDING},actions=NORMAL`);
  await scenario.vtap.policyIs("tap", "degraded");
  await scenario.expectDelivery("h1", [frame], { h2: [frame] });
  expect((await scenario.vtap.policyStatus("tap")).reasons).toEqual([
    `another application's flow entry takes frames before a rule on switch s1 (cookie=0x99, table=0,${HIDING}): they are not copied; delete it, or lower its priority`,
  ]);
  const { new: now } = await events.received("entriesOverridden");
  const first = [
    {
      ...{ table: 0, priority: 65_000, cookie: "0x99" },
      ...{ match: "tcp,in_port=1", actions: "NORMAL" },
    },
  ];
  expect(now).toEqual({ count: 1, first });
  expect(await gauge()).toEqual([1, 0]);
  await waitFor(async () => !(await counters()).exact, { what: "the counters not to be exact" });
  expect((await scenario.vtap.get("/switches/s1")).overriding).toEqual({ count: 1, first });
  expect(await cli("switches")).toContain(
    `s1: 1 entry of another application takes frames before rules for taps\n  cookie=0x99, table=0,${HIDING} actions=NORMAL\n`,
  );
  expect(await cli("explain", "--at", "h1", "--to", "h2", "tcp_dst=80")).toContain(
    `taken    another application's flow entry takes the frame on switch s1 (cookie=0x99, table=0,${HIDING})\n`,
  );
  await scenario.lab.ofctl("--strict", "del-flows", "s1", HIDING);
  await scenario.vtap.policyIs("tap", "active");
  await events.received("entriesOverridden", ({ state }) => state === "ended");
  expect(await gauge()).toEqual([0, 0]);
  // What it took is missing from the counters, and cannot be found out.
  expect(await counters()).toMatchObject({ loss: { packets: 0 }, exact: false });
  await scenario.expectDelivery("h1", [frame], { h2: [frame], h3: [frame] });
});

test("so does one that takes copies at the monitor's switch, and not one that takes other frames", async () => {
  await scenario.lab.ofctl(
    "add-flow",
    "s2",
    `cookie=0x98,priority=65000,dl_src=${h3.mac},actions=drop`,
  );
  await scenario.lab.ofctl("add-flow", "s2", "cookie=0x97,priority=65001,in_port=10,actions=drop");
  await scenario.vtap.policyIs("tap", "degraded");
  const { reasons } = await scenario.vtap.policyStatus("tap");
  expect(reasons).toEqual([expect.stringContaining("on switch s2 (cookie=0x97, ")]);
  await scenario.lab.ofctl("del-flows", "s2", "cookie=0x97/-1");
  await scenario.vtap.policyIs("tap", "active");
});
