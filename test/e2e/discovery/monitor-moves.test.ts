// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "vitest";
import * as packet from "../../../src/packet/index.ts";
import { PROBE_SOURCE } from "../../../src/topology/index.ts";
import { waitFor } from "../../lab/index.ts";
import { EventStream } from "../event-stream.ts";
import { gratuitousArp, tcp } from "../frames.ts";
import { Scenario } from "../scenario.ts";
import { isHostProbe } from "./own-probes.ts";

const BROADCAST = "ff:ff:ff:ff:ff:ff";
const MOVE_SECONDS = 2;

/** h1 and h2 talk; h3, h6, h7 and h8 are monitors that no file names; h4 attacks; h5 and h9 are cables to move to. */
let scenario: Scenario;
let events: EventStream;

beforeAll(async () => {
  scenario = await Scenario.start({
    switches: ["s1", "s2", "s3"],
    links: [
      ["s1", 12, "s2", 21],
      ["s2", 23, "s3", 32],
    ],
    hosts: [
      [1, "s1", 1],
      [4, "s1", 4],
      [9, "s1", 9],
      [2, "s2", 1],
      [5, "s2", 5],
      [3, "s3", 1],
      [6, "s3", 6],
      [7, "s3", 7],
      [8, "s3", 8],
    ],
    unnamed: ["h3", "h4", "h5", "h6", "h7", "h8", "h9"],
    config: { monitorMoveSeconds: MOVE_SECONDS },
  });
  await scenario.rolesKnown();
  events = await EventStream.open(scenario.vtap.httpPort);
});

afterAll(async () => {
  events?.close();
  await scenario?.stop();
});

interface SeenHost {
  readonly mac: string;
  readonly ips: readonly string[];
  readonly switch: string;
  readonly port: number;
  readonly conflicts?: readonly object[];
}

async function hostSeen(name: string): Promise<SeenHost | undefined> {
  const { items }: { items: readonly SeenHost[] } = await scenario.vtap.get("/hosts");
  return items.find(({ mac }) => mac === scenario.host(name).mac);
}

async function isAt(name: string, place: string): Promise<void> {
  const found = async () => {
    const seen = await hostSeen(name);
    return seen !== undefined && `${seen.switch}/${seen.port}` === place;
  };
  await waitFor(found, { what: `${name} at ${place}` });
  await scenario.synced();
}

/** Has a host announce itself, and a policy copy h1's frames to it. */
async function monitored(name: string, by: "mac" | "ip", port: number): Promise<Uint8Array> {
  const { mac, ip, switch: at, port: no } = scenario.host(name);
  await scenario.lab.inject(name, [gratuitousArp({ mac, ip })]);
  await isAt(name, `${at}/${no}`);
  const [h1, h2] = [scenario.host("h1"), scenario.host("h2")];
  await scenario.createPolicy({
    id: name,
    sender: { mac: h1.mac },
    receiver: { mac: h2.mac },
    monitors: [by === "mac" ? { mac } : { ip }],
    filters: { tcp_dst: port },
  });
  return tcp(h1, h2, { src: 1024, dst: port });
}

test("a host that sends with a monitor's MAC address gets no copy, and the policy reports both places", async () => {
  const frame = await monitored("h3", "mac", 8003);
  const h3 = scenario.host("h3");
  const forged = [gratuitousArp(h3), gratuitousArp({ mac: h3.mac, ip: "10.9.9.9" })];
  await scenario.lab.inject("h4", forged);
  const { conflict } = await events.received("hostConflict", ({ state }) => state === "begun");
  expect(conflict).toMatchObject({
    kind: "monitor",
    mac: h3.mac,
    held: { switch: "s3", port: 1 },
    at: { switch: "s1", port: 4 },
  });
  await scenario.vtap.logged("a monitor is claimed at another port and keeps its copies");
  await scenario.vtap.policyIs("h3", "degraded");
  const [reason] = (await scenario.vtap.policyStatus("h3")).reasons;
  expect(reason).toContain(
    `stays at s3 port 1, but its MAC address ${h3.mac} is seen at s1 port 4`,
  );
  expect(await hostSeen("h3")).toMatchObject({
    switch: "s3",
    port: 1,
    ips: [h3.ip],
    conflicts: [{ kind: "monitor" }],
  });
  await scenario.lab.inject("h4", Array.from({ length: 20 }, () => forged).flat());
  await scenario.synced();
  await scenario.expectDelivery("h1", [frame], { h2: [frame], h3: [frame] });
});

test("a host that claims the IP address by which a policy names its monitor gets no copy", async () => {
  const frame = await monitored("h7", "ip", 8007);
  const [h7, h4] = [scenario.host("h7"), scenario.host("h4")];
  await scenario.lab.inject("h4", [gratuitousArp({ mac: h4.mac, ip: h7.ip })]);
  await events.received("hostConflict", ({ conflict }) => conflict.by?.mac === h4.mac);
  await scenario.vtap.policyIs("h7", "degraded");
  const [reason] = (await scenario.vtap.policyStatus("h7")).reasons;
  expect(reason).toContain(
    `stays at s3 port 7, but host ${h4.mac} at s1 port 4 uses its address ${h7.ip}`,
  );
  expect((await hostSeen("h4"))?.ips).not.toContain(h7.ip);
  await scenario.expectDelivery("h1", [frame], { h2: [frame], h7: [frame] });
});

test("a monitor that migrates gets its copies at its new place once its old port is deleted", async () => {
  await monitored("h6", "mac", 8006);
  const h6 = scenario.host("h6");
  const rarp = packet.ethernet({ dst: BROADCAST, src: h6.mac }, packet.rarp(h6.mac));
  await scenario.lab.inject("h5", [rarp]);
  await scenario.vtap.policyIs("h6", "degraded");
  await scenario.lab.removePort("s3", "h6");
  await isAt("h6", "s2/5");
  await scenario.vtap.policyIs("h6", "active");
  const frame = tcp(scenario.host("h1"), scenario.host("h2"), { src: 1025, dst: 8006 });
  await scenario.expectDelivery("h1", [frame], { h2: [frame], h5: [frame] });
});

test("a monitor that ceases to answer probes is where it is seen, after the time for that", async () => {
  await monitored("h8", "mac", 8008);
  const { mac, ip } = scenario.host("h8");
  await waitFor(() => scenario.lab.frames("h8").some(isHostProbe), { what: "a probe" });
  const answer = packet.ethernet(
    { dst: PROBE_SOURCE, src: mac },
    packet.arp({ op: 2, sha: mac, spa: ip, tha: PROBE_SOURCE, tpa: 0 }),
  );
  await scenario.lab.inject("h8", [answer]);
  const from = performance.now();
  await scenario.lab.inject("h9", [gratuitousArp({ mac, ip })]);
  await scenario.vtap.policyIs("h8", "degraded");
  await isAt("h8", "s1/9");
  expect(performance.now() - from).toBeGreaterThan(MOVE_SECONDS * 1000);
  await scenario.vtap.policyIs("h8", "active");
  const frame = tcp(scenario.host("h1"), scenario.host("h2"), { src: 1026, dst: 8008 });
  await scenario.expectDelivery("h1", [frame], { h2: [frame], h9: [frame] });
});
