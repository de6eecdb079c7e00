// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as packet from "../../../src/packet/index.ts";
import { PROBE_SOURCE } from "../../../src/topology/index.ts";
import { waitFor } from "../../lab/index.ts";
import { gratuitousArp, tcp, udp } from "../frames.ts";
import { Scenario, type ScenarioHost } from "../scenario.ts";
import { isOwnProbe } from "./own-probes.ts";

/** h1 and h4 at s1, h2 at s2, h3 (the monitor) at s3; the topology file names h5. */
const UNNAMED = ["h1", "h2", "h3", "h4"];

let scenario: Scenario;
const started = Date.now();

beforeAll(async () => {
  scenario = await Scenario.start({
    switches: ["s1", "s2", { name: "s3", forwarding: "normal" }],
    links: [
      ["s1", 12, "s2", 21],
      ["s2", 23, "s3", 32],
    ],
    hosts: [
      [1, "s1", 1],
      [4, "s1", 4],
      [5, "s1", 5],
      [2, "s2", 1],
      [6, "s2", 6],
      [3, "s3", 1],
    ],
    unnamed: [...UNNAMED, "h6"],
  });
  await scenario.rolesKnown();
});

afterAll(() => scenario?.stop());

const host = (name: string) => scenario.host(name);

/** The learned hosts as REST shows them, by MAC address. */
async function learned(): Promise<Record<string, string>> {
  const { items } = await scenario.vtap.get("/hosts");
  return Object.fromEntries(
    items
      .filter(({ origin }: { origin: string }) => origin === "learned")
      .map((each: { mac: string; switch: string; port: number; ips: string[] }) => [
        each.mac,
        `${each.switch}/${each.port} ${each.ips.join(" ")}`.trim(),
      ]),
  );
}

async function learnedAs(expected: Record<string, string>): Promise<void> {
  let last: unknown;
  await waitFor(
    async () => {
      last = await learned();
      return Object.entries(expected).every(
        ([mac, place]) => (last as typeof expected)[mac] === place,
      );
    },
    { what: `hosts ${JSON.stringify(expected)}`, everyMs: 10 },
  ).catch((cause) => {
    throw new Error(`${JSON.stringify(last)}\n${scenario.vtap.log()}`, { cause });
  });
  // REST shows a host as soon as it is learned; frames for it take its path when switches have confirmed it.
  await scenario.vtap.synced("s1", "s2", "s3");
}

describe("hosts that no file names", () => {
  test("are learned from their frames, and every frame is forwarded unaltered", async () => {
    const [h1, h2, h3, h4] = UNNAMED.map(host) as [
      ScenarioHost,
      ScenarioHost,
      ScenarioHost,
      ScenarioHost,
    ];
    const hello = gratuitousArp(h1);
    await scenario.expectDelivery("h1", [hello], {
      h2: [hello],
      h3: [hello],
      h4: [hello],
      h5: [hello],
      h6: [hello],
    });
    await learnedAs({ [h1.mac]: `s1/1 ${h1.ip}` });

    // Without ARP: any first frame shows a host's place, but not its address.
    const first = udp(h2, h1, { src: 1, dst: 2 });
    await scenario.expectDelivery("h2", [first], { h1: [first] });
    await learnedAs({ [h2.mac]: "s2/1" });
    const answer = packet.ethernet(
      { dst: h1.mac, src: h2.mac },
      packet.arp({ op: 2, sha: h2.mac, spa: h2.ip, tha: h1.mac, tpa: h1.ip }),
    );
    await scenario.expectDelivery("h2", [answer], { h1: [answer] });
    await learnedAs({ [h2.mac]: `s2/1 ${h2.ip}` });

    const nd = packet.ethernet(
      { dst: "33:33:00:00:00:01", src: h3.mac, tags: [{ vid: 30 }] },
      packet.ipv6(
        { src: h3.ip6, dst: "ff02::1", hopLimit: 255 },
        packet.neighbourAdvertisement(h3.ip6, h3.mac),
      ),
    );
    await scenario.lab.inject("h3", [nd]);
    await learnedAs({ [h3.mac]: `s3/1 ${h3.ip6}` });
    const dhcp = packet.ethernet(
      { dst: "ff:ff:ff:ff:ff:ff", src: h4.mac },
      packet.ipv4(
        { src: h4.ip, dst: "255.255.255.255" },
        packet.dhcp4({ type: 3, chaddr: h4.mac, ciaddr: h4.ip }),
      ),
    );
    await scenario.lab.inject("h4", [dhcp]);
    await learnedAs({ [h4.mac]: `s1/4 ${h4.ip}` });
    const { items } = await scenario.vtap.get("/hosts");
    const found = items.find(({ mac }: { mac: string }) => mac === h3.mac);
    expect(found).toMatchObject({ origin: "learned", vlans: [30], switch: "s3" });
    expect(Date.parse(found.lastSeen)).toBeGreaterThan(started);
  });

  test("activate pending policies when they appear, and copies follow when they move", async () => {
    const [h1, h2, h3] = UNNAMED.map(host) as [ScenarioHost, ScenarioHost, ScenarioHost];
    await scenario.createPolicy({
      id: "follow",
      sender: { mac: h1.mac },
      receiver: { mac: h2.mac, ip: h2.ip },
      monitors: [{ mac: h3.mac }],
    });
    const pending = await scenario.vtap.request("POST", "/policies", {
      id: "later",
      sender: { mac: host("h6").mac },
      receiver: { mac: h2.mac },
      monitors: [{ mac: h3.mac }],
    });
    expect(pending.body.status.state).toBe("pending");

    const frame = tcp(h1, h2, { src: 1000, dst: 80 });
    await scenario.expectDelivery("h1", [frame], { h2: [frame], h3: [frame] });

    // The VM is now behind h6's cable: its hypervisor announces it.
    const rarp = packet.ethernet({ dst: "ff:ff:ff:ff:ff:ff", src: h1.mac }, packet.rarp(h1.mac));
    await scenario.lab.inject("h6", [rarp]);
    await learnedAs({ [h1.mac]: `s2/6 ${h1.ip}` });
    await scenario.vtap.synced("s1", "s2", "s3");
    const moved = tcp(h1, h2, { src: 1001, dst: 80 });
    await scenario.expectDelivery("h6", [moved], { h2: [moved], h3: [moved] });
    const back = tcp(h2, h1, { src: 80, dst: 1001 });
    await scenario.expectDelivery("h2", [back], { h6: [back] });
    // Nothing shows that it has left its old place for good: frames with its address there are copied, too.
    await scenario.expectDelivery("h1", [moved], { h2: [moved], h3: [moved] });

    await scenario.lab.inject("h6", [gratuitousArp(host("h6"))]);
    await scenario.vtap.policyIs("later", "active");
    await scenario.lab.inject("h1", [gratuitousArp(h1)]);
    await learnedAs({ [h1.mac]: `s1/1 ${h1.ip}` });
    for (const id of ["follow", "later"]) await scenario.deletePolicy(id);
  });

  test("are punted at a limited rate, and no frame of theirs is lost", async () => {
    const [h2, h4] = [host("h2"), host("h4")];
    const frames = Array.from({ length: 600 }, (_, n) =>
      packet.ethernet(
        { dst: h2.mac, src: h4.mac },
        packet.arp({ sha: h4.mac, spa: h4.ip, tpa: 0x0a020000 + n }),
      ),
    );
    // A busy machine may send one burst slower than the meter's rate: then another one follows.
    for (let isLimited = false; !isLimited; ) {
      scenario.lab.clear();
      await scenario.lab.inject("h4", frames, { cached: true });
      expect(scenario.lab.frames("h2").filter((bytes) => !isOwnProbe(bytes))).toEqual(frames);
      const stats = await scenario.lab.ofctl("meter-stats", "s1");
      const punts = [...stats.matchAll(/packet_in_count:(\d+)[\s\S]*?0: packet_count:(\d+)/g)];
      isLimited = punts.some(([, came, dropped]) => Number(came) >= 600 && Number(dropped) > 0);
    }
  });

  test("answer the controller's probes, and no other host receives the answers", async () => {
    const h2 = host("h2");
    const header = { dst: PROBE_SOURCE, src: h2.mac };
    const answers = [
      packet.ethernet(
        header,
        packet.arp({ op: 2, sha: h2.mac, spa: "10.1.7.7", tha: PROBE_SOURCE, tpa: 0 }),
      ),
      packet.ethernet(
        header,
        packet.ipv6(
          { src: h2.ip6, dst: "fe80::c7b:4cff:fe4c:4450", hopLimit: 255 },
          packet.neighbourAdvertisement(h2.ip6, h2.mac),
        ),
      ),
    ];
    await scenario.expectDelivery("h2", answers, {});
    await learnedAs({ [h2.mac]: `s2/1 ${h2.ip} 10.1.7.7 ${h2.ip6}` });
  });

  test("can be pinned and forgotten", async () => {
    const h4 = host("h4");
    const { items } = await scenario.vtap.get("/hosts");
    const found = items.find(({ mac }: { mac: string }) => mac === h4.mac);
    const pinned = await scenario.vtap.request("POST", "/hosts", { ...found, name: "pinned" });
    expect(pinned).toMatchObject({ status: 201, body: { origin: "api", name: "pinned", port: 4 } });
    // Until the switches have the rules of a pinned host, one frame says nothing.
    await waitFor(
      async () => {
        await scenario.lab.inject("h6", [gratuitousArp(h4)]);
        return scenario.vtap.lines.some(
          ({ msg }) => msg === "observations of hosts contradict each other",
        );
      },
      { what: "the contradiction to be logged", everyMs: 100 },
    );
    const deleted = await scenario.vtap.request("DELETE", `/hosts/${h4.mac}`);
    expect(deleted.status).toBe(204);
    await scenario.lab.inject("h4", [gratuitousArp(h4)]);
    await learnedAs({ [h4.mac]: `s1/4 ${h4.ip}` });
    expect((await scenario.vtap.request("DELETE", `/hosts/${h4.mac}`)).status).toBe(204);
    expect(await learned()).not.toHaveProperty(h4.mac);
    expect((await scenario.vtap.request("DELETE", `/hosts/${h4.mac}`)).status).toBe(404);
  });
});

describe("a host that the topology file names", () => {
  test("is moved by no frame; frames that use its address elsewhere are reported", async () => {
    const h5 = host("h5");
    await scenario.lab.inject("h4", [gratuitousArp(h5), udp(h5, host("h2"), { src: 1, dst: 2 })]);
    await waitFor(async () => {
      const { items } = await scenario.vtap.get("/hosts");
      return items.some(
        ({ mac, conflicts }: { mac: string; conflicts?: unknown }) => mac === h5.mac && conflicts,
      );
    });
    const { items } = await scenario.vtap.get("/hosts");
    expect(items.find(({ mac }: { mac: string }) => mac === h5.mac)).toMatchObject({
      origin: "file",
      switch: "s1",
      port: 5,
      conflicts: [{ kind: "place", at: { switch: "s1", port: 4 } }],
    });
    const frame = udp(host("h2"), h5, { src: 1, dst: 2 });
    await scenario.expectDelivery("h2", [frame], { h5: [frame] });
  });
});

describe("learned hosts", () => {
  test("survive a kill, and are corrected by later frames", async () => {
    const [h1, h2] = [host("h1"), host("h2")];
    const { lines } = scenario.vtap;
    const soFar = lines.length;
    await scenario.lab.inject("h4", [gratuitousArp(h1)]);
    await learnedAs({ [h1.mac]: `s1/4 ${h1.ip}` });
    await scenario.vtap.hostStored(h1.mac, soFar);
    await scenario.replaceController();
    expect(await learned()).toMatchObject({
      [h1.mac]: `s1/4 ${h1.ip}`,
      [h2.mac]: expect.stringContaining(`s2/1 ${h2.ip}`),
    });
    await scenario.lab.inject("h6", [gratuitousArp(h1)]);
    await learnedAs({ [h1.mac]: `s2/6 ${h1.ip}` });
  });
});
