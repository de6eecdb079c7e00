// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "vitest";
import { type OvsLab, waitFor } from "../../lab/index.ts";
import { PretendSwitch } from "../../lab/pretend-switch.ts";
import { EventStream } from "../event-stream.ts";
import { Testbed } from "../testbed.ts";
import type { VtapProcess } from "../vtap-process.ts";

const S1 = "0000000000000001";
const S2 = "0000000000000002";

let testbed: Testbed;
let lab: OvsLab;
let vtap: VtapProcess;

beforeAll(async () => {
  testbed = await Testbed.start({ config: { auditIntervalSeconds: 1, discovery: false } });
  ({ lab, vtap } = testbed);
  const hosts = [1, 2].map((port) => ({ name: `h${port}`, port }));
  await lab.addSwitch({ name: "s1", dpid: S1, hosts, controller: vtap.target });
  await vtap.synced(S1);
});
afterAll(() => testbed?.stop());

test("a repair is an event and a metric, after an audit as after a resync", async () => {
  const events = await EventStream.open(vtap.httpPort);
  const count = async (by: string) => {
    const line = (await vtap.text("/metrics"))
      .split("\n")
      .find((each) => each.startsWith("openvtap_switch_repairs_total{") && each.includes(by));
    return Number(line?.split(" ").at(-1));
  };
  await lab.ofctl("--strict", "mod-flows", "s1", "priority=10000,actions=drop");
  const { drift, rules } = await events.received("switchRepaired", ({ by }) => by === "audit");
  expect(drift).toEqual({ missing: 0, changed: 1, unexpected: 0 });
  expect(rules).toMatchObject([
    {
      old: { priority: 10_000, actions: expect.stringContaining("group:") },
      new: { priority: 10_000, actions: "drop" },
    },
  ]);
  expect([await count("audit"), await count("resync")]).toEqual([1, 0]);
  await lab.ofctl("del-flows", "s1");
  await vtap.request("POST", "/switches/s1:resync");
  await events.received("switchRepaired", (event) => event.drift.missing > 0);
  expect((await count("audit")) + (await count("resync"))).toBe(2);
  events.close();
});

test("a connected switch that lists nothing does not block the repair of another", async () => {
  const mute = await PretendSwitch.connect(vtap.openflowPort, 2n);
  await vtap.synced(S2);
  mute.isMute = true;
  const asked = () => mute.received.get("flow") ?? 0;
  const before = asked();
  await waitFor(() => asked() > before, { what: "its audit" });
  const tables = await lab.dumpFlows("s1");
  for (let round = 0; round < 2; round++) {
    await lab.ofctl("del-flows", "s1");
    await lab.flowsAreBack("s1", tables);
  }
  expect(asked()).toBe(before + 1);
  expect((await vtap.get(`/switches/${S2}`)).connected).toBe(true);
  mute.end();
});
