// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tcp } from "../frames.ts";
import { h1, h2, h3, mac } from "../hosts.ts";
import { expectDesiredTables, KillRounds, startForKills } from "../kills/rounds.ts";
import type { Scenario } from "../scenario.ts";

const policy = (port: number) => ({
  id: `port-${port}`,
  sender: mac(h1),
  receiver: mac(h2),
  monitors: [mac(h3)],
  filters: { tcp_dst: port },
});

describe("kill -9 in the middle of writes and installs", () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await startForKills();
  });
  afterAll(async () => {
    await scenario.stop();
  });

  test("acknowledged writes are present, the switches are as desired, originals never stop", async () => {
    const kills = new KillRounds(scenario, 1);
    let acknowledged = 0;
    for (let n = 0; n < 3; n++) {
      const { writes, faults } = await kills.round();
      acknowledged += writes;
      expect(faults).toEqual([]);
    }
    expect(acknowledged).toBeGreaterThan(0);
    await expectDesiredTables(scenario);
    const before = await scenario.tables();
    await scenario.replaceController();
    expect(await scenario.tables()).toEqual(before);
    for (const name of scenario.switchNames) expect(await scenario.vtap.modsSent(name)).toBe(0);
  });

  test("a switch whose table is full: the policy reports it, other policies are unaffected", async () => {
    await scenario.createPolicy(policy(8));
    const flows = (await scenario.lab.dumpFlows("s1")).length;
    const limit = ["flow_limit", "overflow_policy"];
    await scenario.lab.vsctl(
      ...["--", "--id=@t", "create", "Flow_Table", `${limit[0]}=${flows}`, `${limit[1]}=refuse`],
      ...["--", "set", "bridge", "s1", "flow_tables:0=@t"],
    );
    const { status, body } = await scenario.vtap.request("POST", "/policies?wait=60000", policy(9));
    expect(status).toBe(201);
    expect(body.status.state).toBe("error");
    expect(body.status.reasons.join()).toMatch(/switch s1 refused a rule: .*TABLE_FULL/);
    const refused = tcp(h1, h2, { src: 5, dst: 9 });
    const tapped = tcp(h1, h2, { src: 5, dst: 8 });
    await scenario.expectDelivery("h1", [refused, tapped], { h2: [refused, tapped], h3: [tapped] });
    await scenario.deletePolicy("port-9");
  });
});
