// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, test } from "vitest";
import { type OvsLab, waitFor } from "../../lab/index.ts";
import { withoutProbes } from "../discovery/own-probes.ts";
import { EventStream } from "../event-stream.ts";
import { tcp } from "../frames.ts";
import { h1, h2 } from "../hosts.ts";

import { Testbed } from "../testbed.ts";
import type { VtapProcess } from "../vtap-process.ts";

const S1 = "0000000000000001";
const frame = tcp(h1, h2, { src: 1024, dst: 80 });

let testbed: Testbed;
let lab: OvsLab;
let vtap: VtapProcess;

afterEach(() => testbed?.stop());

/** Starts the controller with these settings and one switch, with three hosts, that points to it. */
async function start(config: object, files: { readonly topology?: object } = {}): Promise<void> {
  testbed = await Testbed.start({ config, ...files });
  ({ lab, vtap } = testbed);
  const hosts = [1, 2, 3].map((port) => ({ name: `h${port}`, port }));
  await lab.addSwitch({ name: "s1", dpid: S1, hosts, controller: vtap.target });
}

const switches = async () => (await vtap.get("/switches")).items;
const roles = async () => (await switches())[0].ports.map(({ role }: { role: string }) => role);

test("without a topology file a switch is programmed, remembered, and forgotten on request", async () => {
  // Without discovery, ports are used at once.
  await start({ discovery: false });
  await vtap.synced(S1);
  expect(await switches()).toMatchObject([
    { dpid: S1, name: S1, admission: "accepted", connected: true, forwarding: "paths" },
  ]);
  const tap = {
    id: "by-port",
    sender: { port: { switch: S1, port: 1 } },
    receiver: "any",
    monitors: [{ port: { switch: S1, port: 3 } }],
    filters: { tcp_dst: 80 },
  };
  const made = await vtap.request("POST", "/policies?wait=60000", tap);
  expect(made.body.status).toEqual({ state: "active", reasons: [] });
  const host = { mac: h2.mac, name: "h2", ips: [h2.ip], switch: S1, port: 2 };
  expect((await vtap.request("POST", "/hosts", host)).status).toBe(201);
  await waitFor(async () => (await roles()).every((role: string) => role === "edge"));
  await vtap.synced(S1);
  await lab.inject("h1", frame);
  const hex = Buffer.from(frame).toString("hex");
  expect(withoutProbes(lab.received())).toEqual({ h2: [hex], h3: [hex] });

  await lab.deleteController("s1");
  await waitFor(async () => (await switches())[0]?.connected === false);
  vtap = await testbed.restart();
  expect(await switches()).toMatchObject([{ dpid: S1, admission: "accepted", connected: false }]);
  expect((await vtap.get("/hosts")).items).toMatchObject([{ name: "h2", dpid: S1, port: 2 }]);

  const path = `/switches/${S1}`;
  const inUse = await vtap.request("DELETE", path);
  expect([inUse.status, inUse.body.detail]).toEqual([
    409,
    "/dpid: hosts are attached to it: h2, delete or move them first",
  ]);
  expect((await vtap.request("DELETE", `/hosts/${h2.mac}`)).status).toBe(204);
  const events = await EventStream.open(vtap.httpPort);
  expect((await vtap.request("DELETE", path)).status).toBe(204);
  expect((await vtap.request("DELETE", path)).status).toBe(404);
  const { old } = await events.received("switchForgotten");
  expect(old).toMatchObject({ dpid: S1, admission: "accepted", forwarding: "paths" });
  events.close();
  expect(await switches()).toEqual([]);
  vtap = await testbed.restart();
  expect(await switches()).toEqual([]);
});

test("beside a topology file an unknown switch is quarantined: visible, without OpenVTAP's entries", async () => {
  await start({}, { topology: { switches: [{ dpid: "00000000000000ff", name: "other" }] } });
  await waitFor(async () => (await switches()).some(({ dpid }: { dpid: string }) => dpid === S1));
  const found = await vtap.get(`/switches/${S1}`);
  expect(found).toMatchObject({ admission: "quarantined", connected: true, rules: [] });
  expect(found.admissionReason).toContain("in no topology file");
  expect(await lab.dumpFlows("s1")).toEqual([]);
  expect((await vtap.request("DELETE", "/switches/other")).status).toBe(409);
});

test("a rejected switch has no session, one log line, and is counted", async () => {
  await start({ unknownSwitches: "refuse", allowedSwitches: ["0x2"] });
  await waitFor(
    async () => /openvtap_openflow_refused_total [2-9]/.test(await vtap.text("/metrics")),
    { what: "two rejections" },
  );
  expect(await switches()).toEqual([]);
  const logged = vtap.lines.filter(
    ({ msg, level }) => msg === "switch rejected" && level !== "debug",
  );
  expect(logged).toMatchObject([
    { dpid: S1, reason: "it is in no topology file and not among the allowed switches" },
  ]);
});
