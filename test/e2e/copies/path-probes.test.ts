// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as packet from "../../../src/packet/index.ts";
import { waitFor } from "../../lab/index.ts";
import { withoutProbes } from "../discovery/own-probes.ts";
import { EventStream } from "../event-stream.ts";
import { ping } from "../frames.ts";
import { h1, h2, h4, mac } from "../hosts.ts";
import { Scenario } from "../scenario.ts";

/**
 *   h1,h2 - s1 - s2 - s3 - h3,h4
 */
const PLAN = {
  switches: ["s1", "s2", "s3"],
  links: [
    ["s1", 10, "s2", 10],
    ["s2", 11, "s3", 10],
  ],
  hosts: [
    [1, "s1", 1],
    [2, "s1", 2],
    [3, "s3", 3],
    [4, "s3", 4],
  ],
  // Audits would repair what the tests break.
  config: { pathProbeSeconds: 0.5, auditIntervalSeconds: 600, tapVlanRange: "3900-3999" },
} as const;

const TO_H3 = { monitors: [{ host: "h3" }] };
const POLICIES: Record<string, object> = {
  rewrite: { sender: mac(h1), receiver: mac(h2), copy: { delivery: "rewrite" }, ...TO_H3 },
  mark: { sender: mac(h2), receiver: "any", copy: { delivery: "mark" }, ...TO_H3 },
  tag: { sender: mac(h4), receiver: mac(h1), copy: { delivery: "tag" }, monitors: [mac(h2)] },
  near: { sender: mac(h1), receiver: mac(h4), monitors: [mac(h2)] },
};
const FAR = ["rewrite", "mark", "tag"] as const;
/** The cookies of all entries of a category of OpenVTAP. */
const cookieOf = (category: number) => `cookie=0x76540${category}0000000000/0xffffff0000000000`;
const TRANSIT = cookieOf(2);
const CAUGHT = cookieOf(8);

let scenario: Scenario;
let events: EventStream;
beforeAll(async () => {
  const policies = Object.entries(POLICIES).map(([id, policy]) => ({ id, ...policy }));
  scenario = await Scenario.start({ ...PLAN, policies });
  events = await EventStream.open(scenario.vtap.httpPort);
});
afterAll(async () => {
  events?.close();
  await scenario?.stop();
});

async function healthOf(id: string) {
  return (await scenario.vtap.get(`/policies/${id}`)).health;
}

async function becomes(state: string, ids: readonly string[] = FAR): Promise<void> {
  for (const id of ids) {
    await waitFor(async () => (await healthOf(id)).state === state, {
      what: `the health of ${id} to be ${state}`,
    });
  }
}

async function probed(id: string) {
  const { status, body } = await scenario.vtap.request("POST", `/policies/${id}:probe`);
  expect(status).toBe(200);
  return body;
}

/** The number of a metric without labels. */
async function metric(name: string): Promise<number> {
  const text = await scenario.vtap.text("/metrics");
  return Number(new RegExp(`^openvtap_${name} (.*)$`, "m").exec(text)?.[1]);
}

describe("a way of copies", () => {
  test("that carries probes is healthy, and no host ever receives one", async () => {
    scenario.lab.clear();
    await becomes("healthy", Object.keys(POLICIES));
    const sent = await metric("path_probes_total");
    await waitFor(async () => (await metric("path_probes_total")) >= sent + 9);
    for (const id of FAR) {
      const { health, ways } = await probed(id);
      expect(health).toMatchObject({ state: "healthy", lost: 0, because: [] });
      for (const way of ways) {
        expect(way).toMatchObject({ state: "healthy", lost: 0 });
        expect(way.rttMs).toBeGreaterThan(0);
      }
      expect(Date.parse(health.lastProbe)).toBeGreaterThan(Date.now() - 10_000);
    }
    const far = { monitor: "h3", from: "s1", to: "s3" };
    expect((await probed("rewrite")).ways).toMatchObject([{ ...far, marking: "rewrite" }]);
    // Copies of frames for reserved addresses have a mark as their destination.
    expect((await probed("mark")).ways).toMatchObject([
      { ...far, marking: "destinationMark" },
      { ...far, marking: "sourceMark" },
    ]);
    expect((await probed("tag")).ways).toMatchObject([{ from: "s3", to: "s1", marking: "tag" }]);
    expect((await probed("near")).ways).toEqual([]);
    expect(withoutProbes(scenario.lab.received())).toEqual({});
    // Copies are still copies.
    const frame = ping(h1, h2);
    await scenario.expectDelivery("h1", [frame], { h2: [frame], h3: [frame] });
  });

  test("whose transit rule is replaced fails, and it is said at which switch", async () => {
    const { lab } = scenario;
    await becomes("healthy");
    lab.clear();
    await lab.ofctl("mod-flows", "s2", `${TRANSIT},actions=drop`);
    await becomes("failing");
    for (const id of FAR) {
      const { health, ways } = await probed(id);
      expect(health.because.join()).toContain("lost at s2: it does not forward marked frames");
      for (const { state } of ways) expect(state).toBe("failing");
      expect(health.lost).toBeGreaterThan(1);
    }
    expect(await healthOf("near")).toMatchObject({ state: "healthy" });
    const { new: now } = await events.received(
      "policyHealth",
      ({ id, new: now }) => id === "mark" && now.state === "failing",
    );
    expect(now.because).toHaveLength(1);
    expect(await metric('policies_health\\{state="failing"\\}')).toBe(3);
    expect(withoutProbes(lab.received())).toEqual({});
    await scenario.vtap.request("POST", "/switches/s2:resync");
    await becomes("healthy");
  });

  test("with a foreign rule at the monitor's switch fails, though the link carries LLDP", async () => {
    const { lab } = scenario;
    await becomes("healthy");
    lab.clear();
    const marked = "dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00";
    await lab.ofctl("add-flow", "s3", `priority=65000,in_port=10,${marked},actions=drop`);
    await becomes("failing", ["rewrite"]);
    expect((await probed("rewrite")).health.because.join()).toContain("lost at s3");
    expect(await healthOf("mark")).toMatchObject({ state: "healthy" });
    await lab.ofctl("--strict", "del-flows", "s3", `priority=65000,in_port=10,${marked}`);
    await becomes("healthy");
  });

  test("is not healthy by forged answers, and hosts cannot send any", async () => {
    const { lab } = scenario;
    await becomes("healthy");
    await lab.ofctl("mod-flows", "s2", `${TRANSIT},actions=drop`);
    await becomes("failing");
    const rejected = await metric("path_probes_rejected_total");
    const caught = await lab.ofctl("--no-stats", "dump-flows", "s3", CAUGHT);
    const addresses = [...caught.matchAll(/dl_src=([0-9a-f:]{17})/g)].map(([, address]) => address);
    expect(addresses.length).toBeGreaterThan(0);
    const forged = addresses.map((src = "") => forgedProbe(scenario.host("h3").mac, src));
    // Hosts send what the rules catch from links only.
    lab.clear();
    for (const name of ["h4", "h1"]) await lab.inject(name, forged);
    for (const frame of forged) {
      const packetOut = `in_port=10 packet=${Buffer.from(frame).toString("hex")} actions=table`;
      await lab.ofctl("packet-out", "s3", packetOut);
    }
    await waitFor(async () => (await metric("path_probes_rejected_total")) > rejected);
    await becomes("failing");
    expect(Object.keys(withoutProbes(lab.received()))).not.toContain("h3");
    await scenario.vtap.request("POST", "/switches/s2:resync");
    await becomes("healthy");
  });
});

test("other controllers of a switch get no probe", async () => {
  const { lab } = scenario;
  await becomes("healthy");
  const flows = await lab.ofctl("--no-stats", "dump-flows", "s3", CAUGHT);
  const actions = flows.split("\n").filter((line) => line.includes("actions="));
  expect(actions.length).toBeGreaterThan(1);
  for (const line of actions) expect(line).toMatch(/controller\(.*id=30292/);
});

describe("a link with a bridge in between", () => {
  /** The bridge forwards everything, LLDP too, but what it is made to drop. */
  const drop = (match: string) =>
    scenario.lab.ofctl("add-flow", "between", `priority=40000,${match},actions=drop`);
  const linkStates = async () => {
    const { items } = await scenario.vtap.get("/links");
    return items.map(({ state }: { state: string }) => state);
  };

  beforeAll(async () => {
    const { lab } = scenario;
    await lab.cutLink("s2", 11);
    await lab.addSwitch({ name: "between" });
    await lab.ofctl("add-flow", "between", "in_port=1,actions=output:2");
    await lab.ofctl("add-flow", "between", "in_port=2,actions=output:1");
    // At once: where no probe passes for a while, ports are edge ports, and the link is doubtful later.
    const links = [
      ["s2", 11, "between", 1],
      ["between", 2, "s3", 10],
    ] as const;
    await lab.build({ links });
    await becomes("healthy");
  });

  test.each([
    ["two-sided marks", "rewrite", "dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00"],
    ["one-sided marks", "mark", "dl_src=0e:79:00:00:00:00/ff:ff:00:00:00:00"],
    ["VLAN tags", "tag", "vlan_vid=0x1000/0x1000"],
  ])(
    "that drops %s: the link is up, and what it carries for %s is failing",
    async (_, id, match) => {
      await drop(match);
      await becomes("failing", [id]);
      const lost =
        /lost between s[23] port 1[01] and s[23] port 1[01]: the link does not carry marked frames/;
      const isNamed = async () => lost.test((await healthOf(id)).because.join());
      await waitFor(isNamed, { what: "the link to be named" });
      const others = FAR.filter((each) => each !== id);
      await becomes("healthy", others);
      expect(await linkStates()).toEqual(["up", "up"]);
      await scenario.lab.ofctl("--strict", "del-flows", "between", `priority=40000,${match}`);
      await becomes("healthy");
    },
  );
});

/** A frame that looks like a probe and has a signature of zeros. */
function forgedProbe(dst: string, src: string): Uint8Array {
  const payload = new Uint8Array(46);
  payload[0] = 1;
  return packet.ethernet({ dst, src }, packet.rawPayload(payload));
}
