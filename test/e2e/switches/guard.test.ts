// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { PretendSwitch } from "../../lab/pretend-switch.ts";
import { Testbed } from "../testbed.ts";
import type { VtapProcess } from "../vtap-process.ts";

const S1 = "0000000000000001";
const tap = (id: string, port: number) => ({
  id,
  sender: { port: { switch: S1, port } },
  receiver: "any",
  monitors: [{ port: { switch: S1, port: 9 } }],
});

let testbed: Testbed;
let vtap: VtapProcess;
let ofSwitch: PretendSwitch;

beforeAll(async () => {
  const dropGuard = { drops: 100, windowSeconds: 30 };
  testbed = await Testbed.start({ lab: false, config: { dropGuard, discovery: false } });
  ({ vtap } = testbed);
  ofSwitch = await PretendSwitch.connect(vtap.openflowPort, 1n, { ports: [1, 2, 9] });
  await vtap.synced(S1);
});
afterAll(async () => {
  ofSwitch?.end();
  await testbed?.stop();
});

/** Waits until the counters have been read so many more times. */
async function samples(count: number): Promise<void> {
  const read = () => ofSwitch.received.get("portStats") ?? 0;
  const before = read();
  await waitFor(() => read() >= before + count, { what: "counters to be read" });
}

test("a policy is suspended if frames are lost after its installation, over a restart too", async () => {
  await samples(1);
  expect(
    (await vtap.request("POST", "/policies?wait=60000", tap("one", 1))).body.status.state,
  ).toBe("active");
  await vtap.request("POST", "/policies?wait=60000", { ...tap("off", 2), enabled: false });
  ofSwitch.drops.set(1, { txDropped: 500n });
  // Only copies leave by this port: its drops do not count.
  ofSwitch.drops.set(9, { txDropped: 9000n });
  await vtap.policyIs("one", "suspended");
  const [reason] = (await vtap.policyStatus("one")).reasons;
  expect(reason).toMatch(
    /^suspended by the drop guard since .*: txDropped of port 1 \(p1\) of switch 0{15}1 rose from 0 to 500 within \S+ s of the install; more than 100/,
  );
  expect((await vtap.get("/taps")).policies).toMatchObject([{ id: "one" }]);
  expect((await vtap.policyStatus("off")).state).toBe("disabled");
  vtap = await testbed.restart();
  ofSwitch = await PretendSwitch.connect(vtap.openflowPort, 1n, { ports: [1, 2, 9] });
  expect((await vtap.policyStatus("one")).reasons).toEqual([reason]);
});

test("frames lost before the install do not count, however short before", async () => {
  await samples(1);
  // Of an interval of three seconds without a reading.
  ofSwitch.drops.set(2, { txDropped: 90n });
  await vtap.request("POST", "/policies?wait=60000", tap("two", 2));
  ofSwitch.drops.set(2, { txDropped: 130n });
  await samples(2);
  expect((await vtap.policyStatus("two")).state).toBe("active");
  ofSwitch.drops.set(2, { txDropped: 191n });
  await vtap.policyIs("two", "suspended");
  expect((await vtap.policyStatus("two")).reasons[0]).toContain("rose from 90 to 191");
  await vtap.request("DELETE", "/policies/two?wait=60000");
});

test("it is resumed on request, or by an edit", async () => {
  await vtap.synced(S1);
  const resumed = await vtap.request("POST", "/policies/one:resume?wait=60000");
  expect(resumed.body.status.state).toBe("active");
  expect((await vtap.request("POST", "/policies/none:resume")).status).toBe(404);
  // Earlier drops do not count for this installation.
  await samples(2);
  expect((await vtap.policyStatus("one")).state).toBe("active");
  ofSwitch.drops.set(1, { txDropped: 800n });
  await vtap.policyIs("one", "suspended");
  const edited = await vtap.request("PATCH", "/policies/one?wait=60000", { name: "narrower" });
  expect(edited.body.status).toEqual({ state: "active", reasons: [] });
  expect((await vtap.get("/taps")).policies).toEqual([]);
});
