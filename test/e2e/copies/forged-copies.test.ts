// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { EventStream } from "../event-stream.ts";
import { ping, tcp, udp } from "../frames.ts";
import { type HostAddresses, h1, h2, h3, h4, h5, h6, hostAddresses, mac } from "../hosts.ts";
import { Scenario } from "../scenario.ts";

const PORTS = { src: 40000, dst: 80 };

/**
 * The tapped pair h1 and h2, the monitor h3, and hosts at every switch of the way and beside it.
 *
 *   h1,h2,h5 - s1 - s2 - s3 - h3,h6
 *                   |  h4 on s2
 *              h7 - s4
 */
const CABLES = {
  links: [
    ["s1", 10, "s2", 11],
    ["s2", 12, "s3", 10],
    ["s2", 13, "s4", 10],
  ],
  hosts: [
    [1, "s1", 1],
    [2, "s1", 2],
    [3, "s3", 3],
    [4, "s2", 4],
    [5, "s1", 5],
    [6, "s3", 6],
    [7, "s4", 7],
  ],
} as const;
/** One of them sends from the very port that is tapped. */
const ATTACKERS = ["h1", "h2", "h4", "h5", "h6", "h7"] as const;

const POLICIES = [
  { id: "pair", sender: mac(h1), receiver: mac(h2), monitors: [mac(h3)] },
  { id: "from", sender: mac(h2), receiver: "any", monitors: [mac(h3)] },
  { id: "to", sender: "any", receiver: mac(h5), monitors: [mac(h3)] },
];

/** The same frame from another address, as text. */
const as = (address: string): HostAddresses => ({ ...h1, mac: address });

/** The marks that a switch restores, and whether they are sources. */
async function marksOn(scenario: Scenario, name: string) {
  const flows = (await scenario.lab.dumpFlows(name)).filter((line) => line.includes("=60000"));
  const found = flows.flatMap((line) => {
    const [, side, mark] = /dl_(src|dst)=(0e:7[9a](?::[0-9a-f]{2}){4})[ ,]/.exec(line) ?? [];
    return side === undefined || mark === undefined ? [] : [{ side, mark }];
  });
  const two = found.filter(({ mark }) => mark.startsWith("0e:7a"));
  const one = found.filter(({ mark }) => mark.startsWith("0e:79"));
  expect([two.length > 0, one.length > 1]).toEqual([true, true]);
  return { two, one };
}

describe.each(["paths", "normal"])(
  "frames that look like copies, where %s forwards",
  (forwarding) => {
    let scenario: Scenario;
    let events: EventStream;
    let forged: Uint8Array[];
    beforeAll(async () => {
      const switches = ["s1", "s2", "s3", "s4"].map((name) => ({ name, forwarding }));
      const config = { countersIntervalSeconds: 0.2 };
      scenario = await Scenario.start({ ...CABLES, switches, policies: POLICIES, config });
      events = await EventStream.open(scenario.vtap.httpPort);
      // A learning switch floods frames for hosts that it has not seen.
      for (const n of [1, 2, 3, 4, 5, 6, 7]) {
        const host = hostAddresses(n);
        await scenario.lab.inject(`h${n}`, [ping(host, h3), ping(host, h2)]);
      }
      const { two, one } = await marksOn(scenario, "s3");
      forged = [
        ...two.map(({ mark }) => udp(as(mark), h3, PORTS)),
        udp(as("0e:7a:00:00:00:99"), h3, PORTS),
        ...one.map(({ side, mark }) =>
          side === "src" ? udp(as(mark), h6, PORTS) : udp(h4, as(mark), PORTS),
        ),
      ];
    });
    afterAll(() => {
      events?.close();
      return scenario?.stop();
    });

    test.each(ATTACKERS)("from %s none is delivered as a copy", async (from) => {
      await scenario.expectDelivery(from, forged, {});
    });

    test("others from such an address are delivered as without policies", async () => {
      const frame = udp(as("0e:7a:00:00:00:99"), h6, PORTS);
      await scenario.expectDelivery("h6", [ping(h6, h2)], { h2: [ping(h6, h2)] });
      await scenario.expectDelivery("h4", [frame], { h6: [frame] });
    });

    test("genuine copies arrive", async () => {
      const [there, back] = [tcp(h1, h2, PORTS), tcp(h2, h1, PORTS)];
      await scenario.expectDelivery("h1", [there], { h2: [there], h3: [there] });
      await scenario.expectDelivery("h2", [back], { h1: [back], h3: [back] });
      const other = ping(h4, h5);
      await scenario.expectDelivery("h4", [other], { h5: [other], h3: [other] });
    });

    test("they are counted and reported", async () => {
      const event = await events.received("forgedFrames", (each) => each.switch === "s1");
      expect(event).toMatchObject({ frames: expect.any(Number), total: expect.any(Number) });
      await waitFor(async () => (await scenario.vtap.get("/switches/s1")).forgedFrames > 0);
      const metrics = await scenario.vtap.text("/metrics");
      expect(metrics).toMatch(/^openvtap_switch_forged_frames_total\{.*switch="s1".*\} [1-9]/m);
    });
  },
);

describe("frames with the tag of copies", () => {
  const VLAN = 3900;
  const tags = [{ vid: VLAN }];
  let scenario: Scenario;
  beforeAll(async () => {
    const switches = ["s1", "s2", "s3", "s4"];
    const copy = { delivery: "tag" };
    scenario = await Scenario.start({
      ...{ ...CABLES, switches, policies: POLICIES.map((each) => ({ ...each, copy })) },
      config: { tapVlanRange: `${VLAN}-${VLAN}` },
    });
  });
  afterAll(() => scenario?.stop());

  test.each(["h1", "h2", "h4", "h5", "h7"])(
    "from %s none crosses a link of copies",
    async (from) => {
      const forged = [h3, h6].map((to) => udp(scenario.host(from), to, PORTS, { tags }));
      await scenario.expectDelivery(from, forged, {});
    },
  );

  test("at the monitor's switch, and with other ids, they are ordinary frames", async () => {
    const near = udp(h6, h3, PORTS, { tags });
    await scenario.expectDelivery("h6", [near], { h3: [near] });
    const other = udp(h4, h6, PORTS, { tags: [{ vid: VLAN - 1 }] });
    await scenario.expectDelivery("h4", [other], { h6: [other] });
  });

  test("genuine copies arrive", async () => {
    const frames = [tcp(h1, h2, PORTS), tcp(h1, h2, PORTS, { tags: [{ vid: 100 }] })];
    await scenario.expectDelivery("h1", frames, { h2: frames, h3: frames });
  });
});

describe("where another application forwards", () => {
  let scenario: Scenario;
  beforeAll(async () => {
    const switches = ["s1", "s2", "s3", "s4"].map((name) => ({ name, forwarding: { table: 5 } }));
    scenario = await Scenario.start({ ...CABLES, switches, policies: POLICIES });
    for (const name of scenario.switchNames) {
      await scenario.lab.ofctl("add-flow", name, "table=5,priority=1,actions=NORMAL");
    }
    await scenario.lab.inject("h3", [ping(h3, h6)]);
    await scenario.lab.inject("h6", [ping(h6, h3)]);
  });
  afterAll(() => scenario?.stop());

  test("frames of hosts reach the monitor as they were sent, and never as copies", async () => {
    const { two } = await marksOn(scenario, "s3");
    const frames = two.map(({ mark }) => udp(as(mark), h3, PORTS));
    await scenario.expectDelivery("h6", frames, { h3: frames });
  });
});
