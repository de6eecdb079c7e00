// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "vitest";
import { EventStream } from "../event-stream.ts";
import { tcp } from "../frames.ts";
import { h1, h2 } from "../hosts.ts";
import { Scenario } from "../scenario.ts";
import { runVtap } from "../vtap-process.ts";

const frame = tcp(h1, h2, { src: 1024, dst: 80 });

let scenario: Scenario;
let events: EventStream;
beforeAll(async () => {
  scenario = await Scenario.start({
    switches: ["s1"],
    hosts: [
      [1, "s1", 1],
      [2, "s1", 2],
    ],
    config: { auditIntervalSeconds: 0 },
  });
  events = await EventStream.open(scenario.vtap.httpPort);
});
afterAll(async () => {
  events.close();
  await scenario.stop();
});

const resync = async () => (await scenario.vtap.request("POST", "/switches/s1:resync")).body;
const cli = async (...args: string[]) => {
  const server = `http://127.0.0.1:${scenario.vtap.httpPort}`;
  return (await runVtap([...args, "--server", server])).stdout;
};

test("an own entry that another application replaced by a drop is reported everywhere", async () => {
  await scenario.expectDelivery("h1", [frame], { h2: [frame] });
  const none = { count: 0, first: [] };
  expect(await resync()).toMatchObject({ state: "inSync", refused: none });
  expect(await scenario.vtap.get("/switches/s1")).toMatchObject({ refused: none });
  expect(await cli("resync")).toContain("as it should be");
  const { rules } = await scenario.vtap.get("/switches/s1");
  const { priority } = rules.find(({ match }: { match: string }) => match === `dl_dst=${h2.mac}`);
  const place = `priority=${priority},dl_dst=${h2.mac}`;
  await scenario.lab.ofctl("add-flow", "s1", `cookie=0x99,${place},actions=drop`);
  await scenario.expectDelivery("h1", [frame], {});

  const entry = `table=0,${place}`;
  const reason = `another application's flow entry is in its place (cookie=0x99, ${entry}): delete or move that one, then vtap resync`;
  const refused = { count: 1, first: [{ entry, reason }] };
  expect(await resync()).toMatchObject({ state: "repaired", drift: { missing: 1 }, refused });
  expect(await resync()).toMatchObject({ state: "inSync", drift: { missing: 0 }, refused });
  expect(await scenario.vtap.get("/switches/s1")).toMatchObject({ refused });
  expect((await scenario.vtap.get("/switches")).items).toMatchObject([{ refused }]);
  const text = await cli("resync");
  expect(text).toContain("s1    1 entry refused or blocked  0 ");
  expect(text).toContain(`s1: 1 entry refused or blocked\n  ${entry}: ${reason}\n`);
  expect(await cli("switches")).toContain(
    `s1: 1 entry refused or blocked\n  ${entry}: ${reason}\n`,
  );
  const begun = await events.received("entriesRefused");
  expect(begun).toMatchObject({ switch: "s1", state: "begun", new: refused });
  expect(begun.old).toBeUndefined();

  await scenario.lab.ofctl("--strict", "del-flows", "s1", place);
  expect(await resync()).toMatchObject({ state: "inSync", refused: none });
  const ended = await events.received("entriesRefused", ({ state }) => state === "ended");
  expect(ended).toMatchObject({ switch: "s1", old: refused });
  expect(events.events.filter(({ type }) => type === "entriesRefused")).toHaveLength(2);
  await scenario.expectDelivery("h1", [frame], { h2: [frame] });
});
