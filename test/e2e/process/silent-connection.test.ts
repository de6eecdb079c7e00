// SPDX-License-Identifier: Apache-2.0
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ControlRelay, type OvsLab, waitFor } from "../../lab/index.ts";
import { withoutProbes } from "../discovery/own-probes.ts";
import { gratuitousArp, tcp } from "../frames.ts";
import { hostAddresses } from "../hosts.ts";
import { Testbed } from "../testbed.ts";
import type { VtapProcess } from "../vtap-process.ts";

/** Three switches in a ring with a host each; there is no topology file. */
const names = ["s1", "s2", "s3"] as const;
const dpids = names.map((_, index) => (index + 1).toString(16).padStart(16, "0"));
const hosts = names.map((name, n) => {
  return { name: `h${n + 1}`, switch: name, port: 1, ...hostAddresses(n + 1) };
});
type Host = (typeof hosts)[number];
const [h1, h2, h3] = hosts as [Host, Host, Host];

let testbed: Testbed;
let lab: OvsLab;
let vtap: VtapProcess;
let relay: ControlRelay;

beforeAll(async () => {
  // No keepalive in time: it must not close the connection that goes silent.
  testbed = await Testbed.start({
    config: { probeIntervalSeconds: 0.3, echoIntervalSeconds: 300 },
  });
  ({ lab, vtap } = testbed);
  relay = await ControlRelay.start(vtap.openflowPort);
  await lab.build({
    switches: names.map((name) => ({
      name,
      controller: name === "s1" ? relay.target : vtap.target,
      hosts: hosts.filter((each) => each.switch === name),
    })),
    links: [
      ["s1", 10, "s2", 10],
      ["s2", 11, "s3", 11],
      ["s3", 12, "s1", 12],
    ],
  });
  await waitFor(
    async () => {
      for (const each of hosts) await lab.inject(each.name, [gratuitousArp(each)]);
      const { links, hosts: known } = await vtap.get("/status");
      return links === 3 && known === 3;
    },
    { what: "links and hosts" },
  );
  await vtap.request("POST", "/policies?wait=60000", {
    id: "tap",
    sender: { mac: h1.mac },
    receiver: { mac: h2.mac },
    monitors: [{ mac: h3.mac }],
  });
  await vtap.synced(...dpids);
});

afterAll(async () => {
  relay?.stop();
  await testbed?.stop();
});

const text = (frame: Uint8Array) => Buffer.from(frame).toString("hex");
const linkStates = async () =>
  (await vtap.get("/links?limit=9")).items.map(({ state }: { state: string }) => state);

/** Sends unicast and broadcast frames for some time: each arrives once, copies too. */
async function expectNothingLost(milliseconds: number): Promise<void> {
  const end = performance.now() + milliseconds;
  for (let n = 0; performance.now() < end; n++) {
    const [there, back] = [tcp(h1, h2, { src: n, dst: 80 }), tcp(h2, h1, { src: 80, dst: n })];
    const broadcast = gratuitousArp(h3);
    lab.clear();
    await lab.inject("h1", [there]);
    await lab.inject("h2", [back]);
    await lab.inject("h3", [broadcast]);
    expect(withoutProbes(lab.received())).toEqual({
      h1: [back, broadcast].map(text),
      h2: [there, broadcast].map(text),
      h3: [text(there)],
    });
    await delay(20);
  }
}

test("while a control connection is silent but not yet closed, nothing changes", async () => {
  relay.silence();
  // Eight probes are missed each way.
  await expectNothingLost(2_500);
  expect(await linkStates()).toEqual(["up", "up", "up"]);
  relay.recover();
  await vtap.logged("switch disconnected");
  await vtap.synced(...dpids);
  await expectNothingLost(500);
});

test("a removed probe rule is restored before links count as dead", async () => {
  await lab.ofctl("del-flows", "s1", "dl_type=0x88cc");
  await expectNothingLost(2_200);
  expect(await linkStates()).toEqual(["up", "up", "up"]);
  const rules = await lab.ofctl("dump-flows", "s1", "dl_type=0x88cc");
  expect(rules).toContain("dl_type=0x88cc");
});
