// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { tcp } from "../frames.ts";
import { h1, h2 } from "../hosts.ts";
import { Scenario } from "../scenario.ts";

/** The workload whose interface moves: it has the addresses of h1. */
const NAME = "3f1c7a52-7c0e-4c55-9d5e-0a4c2b8c1e11";
const identity = [`external_ids:iface-id=${NAME}`, `external_ids:attached-mac=${h1.mac}`];

let scenario: Scenario;
beforeAll(async () => {
  scenario = await Scenario.start({
    switches: ["s1", "s2"],
    links: [["s1", 10, "s2", 10]],
    hosts: [
      [1, "s1", 1],
      [2, "s1", 2],
      [3, "s2", 3],
      [4, "s2", 4],
    ],
    unnamed: ["h1", "h4"],
    config: { ovsdb: "127.0.0.1:0", ovsdbHosts: true, auditIntervalSeconds: 86_400 },
  });
  const port = scenario.vtap.lines.find(({ msg }) => msg === "OVSDB listening")?.port;
  await scenario.lab.vsctl("set-manager", `tcp:127.0.0.1:${port}`);
  await scenario.vtap.request("PUT", "/policies/tap", {
    ...{ sender: { host: NAME }, receiver: { mac: h2.mac }, monitors: [{ host: "h3" }] },
  });
});
afterAll(() => scenario?.stop());

const host = async () =>
  (await scenario.vtap.get("/hosts?limit=1000")).items.find(
    (each: { mac: string }) => each.mac === h1.mac,
  );

test("a workload is named by its interface, and moves with it without a frame", async () => {
  const { lab, vtap } = scenario;
  await vtap.policyIs("tap", "pending");
  await lab.vsctl("set", "interface", "h1", ...identity);
  await vtap.policyIs("tap", "active");
  expect(await host()).toMatchObject({ name: NAME, switch: "s1", port: 1, origin: "ovsdb" });
  const frame = tcp(h1, h2, { src: 1024, dst: 80 });
  await scenario.expectDelivery("h1", [frame], { h2: [frame], h3: [frame] });
  // A stranger at another port forges its address: it stays.
  await lab.inject("h4", [tcp(h1, h2, { src: 1, dst: 2 })]);
  expect(await host()).toMatchObject({ switch: "s1", port: 1 });

  // Its interface appears on the other switch, before the first one goes.
  await lab.vsctl("set", "interface", "h4", ...identity);
  await waitFor(async () => (await host()).switch === "s2");
  await scenario.synced();
  await vtap.policyIs("tap", "active");
  await lab.vsctl("remove", "interface", "h1", "external_ids", "iface-id", "attached-mac");
  await scenario.expectDelivery("h4", [frame], { h2: [frame], h3: [frame] });

  // A reboot: the interface goes, and the workload is still known.
  await lab.vsctl("remove", "interface", "h4", "external_ids", "iface-id", "attached-mac");
  await lab.vsctl("set", "interface", "h4", ...identity);
  await scenario.synced();
  expect(await host()).toMatchObject({ name: NAME, switch: "s2", port: 4 });
  const refused = await vtap.request("DELETE", `/hosts/${h1.mac}`);
  expect(refused.status).toBe(409);
});
