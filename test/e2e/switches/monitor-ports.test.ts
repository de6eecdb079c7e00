// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { PretendSwitch } from "../../lab/pretend-switch.ts";
import { PretendTables } from "../../lab/pretend-tables.ts";
import { tcp } from "../frames.ts";
import { h1, h2, h3 } from "../hosts.ts";
import { Scenario } from "../scenario.ts";

const S2 = "0000000000000002";
const frame = tcp(h1, h2, { src: 1024, dst: 80 });

let scenario: Scenario;
beforeAll(async () => {
  scenario = await Scenario.start({
    switches: ["s1"],
    hosts: [
      [1, "s1", 1],
      [2, "s1", 2],
      [3, "s1", 3],
    ],
    policies: [
      {
        id: "tap",
        sender: { mac: h1.mac },
        receiver: { mac: h2.mac },
        monitors: [{ mac: h3.mac }],
      },
    ],
    config: { auditIntervalSeconds: 1, unknownSwitches: "accept" },
  });
});
afterAll(() => scenario?.stop());

const lost = (why: string) => [
  `copies for monitor ${h3.mac} are lost: port 3 (h3) of switch s1 ${why}`,
];

test("a policy says that the port of its monitor is down", async () => {
  await scenario.lab.setHostPort("s1", 3, "down");
  await scenario.vtap.policyIs("tap", "degraded");
  expect((await scenario.vtap.policyStatus("tap")).reasons).toEqual(lost("is down"));
  await scenario.lab.setHostPort("s1", 3, "up");
  await scenario.vtap.policyIs("tap", "active");
});

test("a policy says that the port of its monitor is set not to forward", async () => {
  await scenario.lab.ofctl("mod-port", "s1", "3", "no-forward");
  await scenario.vtap.policyIs("tap", "degraded");
  await scenario.expectDelivery("h1", [frame], { h2: [frame] });
  expect((await scenario.vtap.policyStatus("tap")).reasons).toEqual(
    lost("is set not to forward (OFPPC_NO_FWD)"),
  );
  await scenario.lab.ofctl("mod-port", "s1", "3", "forward");
  await scenario.vtap.policyIs("tap", "active");
  await scenario.expectDelivery("h1", [frame], { h2: [frame], h3: [frame] });
});

test("a policy says how many frames the port of its monitor dropped since the last audit", async () => {
  const monitor = { port: { switch: S2, port: 3 } };
  const ofSwitch = await PretendSwitch.connect(scenario.vtap.openflowPort, 2n, {
    tables: new PretendTables(),
  });
  await scenario.vtap.synced(S2);
  const sender = { port: { switch: S2, port: 1 } };
  await scenario.createPolicy({ id: "far", sender, receiver: "any", monitors: [monitor] });
  // The counters of ports are read for other purposes, too: an audit reads the groups right after them.
  const audits = () => ofSwitch.received.get("groupDesc") ?? 0;
  const before = audits();
  await waitFor(() => audits() > before, { what: "the counters before" });
  // The sender's port is no monitor's.
  ofSwitch.drops.set(1, { txDropped: 70n });
  ofSwitch.drops.set(3, { txDropped: 40n });
  await waitFor(
    async () =>
      (await scenario.vtap.policyStatus("far")).reasons.some((each: string) =>
        each.includes("dropped 40 frames in "),
      ),
    { what: "the loss to be reported" },
  );
  expect((await scenario.vtap.policyStatus("far")).state).toBe("degraded");
  await scenario.vtap.policyIs("far", "active");
  ofSwitch.end();
});
