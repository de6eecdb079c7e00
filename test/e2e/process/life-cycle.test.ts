// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { ping, tcp } from "../frames.ts";
import { h1, h2, h3, h4, mac } from "../hosts.ts";
import { Scenario } from "../scenario.ts";

const web = {
  id: "web",
  sender: mac(h1),
  receiver: mac(h2),
  monitors: [mac(h3)],
  filters: { tcp_dst: 80 },
};
const frame = tcp(h1, h2, { src: 1024, dst: 80 });

describe("the life cycle of a policy", () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await Scenario.start({
      switches: ["s1", "s2", "s3"],
      links: [
        ["s1", 10, "s2", 10],
        ["s2", 11, "s3", 11],
        ["s3", 12, "s1", 12],
      ],
      hosts: [
        [1, "s1", 1],
        [2, "s2", 2],
        [3, "s3", 3],
        [4, "s3", 4],
      ],
    });
  });
  afterAll(async () => {
    await scenario.stop();
  });

  test("created, then deleted: the tables are as before", async () => {
    const before = await scenario.tables();
    await scenario.createPolicy(web);
    expect(await scenario.tables()).not.toEqual(before);
    await scenario.expectDelivery("h1", [frame], { h2: [frame], h3: [frame] });
    await scenario.deletePolicy("web");
    expect(await scenario.tables()).toEqual(before);
    await scenario.expectDelivery("h1", [frame], { h2: [frame] });
  });

  test("changed: the copies follow, and reverting restores the tables", async () => {
    await scenario.createPolicy(web);
    const before = await scenario.tables();
    const patch = { monitors: [mac(h4)], filters: { tcp_dst: 81 } };
    const changed = await scenario.vtap.request("PATCH", "/policies/web?wait=60000", patch);
    expect(changed.body.status).toEqual({ state: "active", reasons: [] });
    const other = tcp(h1, h2, { src: 1024, dst: 81 });
    await scenario.expectDelivery("h1", [frame, other], { h2: [frame, other], h4: [other] });
    const back = await scenario.vtap.request("PUT", "/policies/web?wait=60000", web);
    expect(back.body.status).toEqual({ state: "active", reasons: [] });
    expect(await scenario.tables()).toEqual(before);
    await scenario.deletePolicy("web");
  });

  test("disabled: tables as without it; enabled again: as before", async () => {
    const without = await scenario.tables();
    await scenario.createPolicy(web);
    const active = await scenario.tables();
    await scenario.vtap.request("PATCH", "/policies/web?wait=60000", { enabled: false });
    await waitFor(async () => JSON.stringify(await scenario.tables()) === JSON.stringify(without));
    await scenario.vtap.request("PATCH", "/policies/web?wait=60000", { enabled: true });
    expect(await scenario.tables()).toEqual(active);
    await scenario.deletePolicy("web");
  });

  test("overlapping policies: each monitor receives a frame once, and one can be deleted alone", async () => {
    await scenario.createPolicy(web);
    await scenario.createPolicy({ ...web, id: "all", monitors: [mac(h3), mac(h4)], filters: {} });
    const other = ping(h1, h2);
    await scenario.expectDelivery("h1", [frame, other], {
      h2: [frame, other],
      h3: [frame, other],
      h4: [frame, other],
    });
    await scenario.deletePolicy("all");
    await scenario.expectDelivery("h1", [frame, other], { h2: [frame, other], h3: [frame] });
    await scenario.deletePolicy("web");
  });

  test("foreign flows and groups are untouched", async () => {
    await scenario.lab.ofctl("add-group", "s1", "group_id=7,type=all,bucket=output:10");
    await scenario.lab.ofctl(
      "add-flow",
      "s1",
      "cookie=0x99,priority=777,dl_type=0x88b5,actions=group:7",
    );
    const foreign = async () => ({
      flows: (await scenario.lab.dumpFlows("s1")).filter((line) => line.includes("cookie=0x99")),
      groups: (await scenario.lab.dumpGroups("s1")).filter((line) => line.includes("group_id=7,")),
    });
    const before = await foreign();
    expect(before).toMatchObject({ flows: [expect.any(String)], groups: [expect.any(String)] });
    await scenario.createPolicy(web);
    await scenario.deletePolicy("web");
    await scenario.replaceController();
    expect(await foreign()).toEqual(before);
  });

  test("a switch that restarts empty gets its rules back", async () => {
    await scenario.createPolicy(web);
    const before = await scenario.tables();
    await scenario.lab.restartSwitch("s3");
    await waitFor(async () => JSON.stringify(await scenario.tables()) === JSON.stringify(before), {
      what: "the tables to come back",
      everyMs: 50,
    });
    await scenario.vtap.allPoliciesActive();
    await scenario.expectDelivery("h1", [frame], { h2: [frame], h3: [frame] });
    await scenario.deletePolicy("web");
  });
});
