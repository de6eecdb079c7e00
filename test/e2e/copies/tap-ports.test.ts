// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { withoutProbes } from "../discovery/own-probes.ts";
import { EventStream } from "../event-stream.ts";
import { arpRequest, tcp } from "../frames.ts";
import { h1, h2, h3, h5 } from "../hosts.ts";
import { TAPPED_PAIR, TWO_SWITCHES } from "../plans.ts";
import { Scenario } from "../scenario.ts";

const H1 = "fa0000000001";
const PORTS = { src: 40000, dst: 80 };
const bytes = (hex: string) => Buffer.from(hex.padEnd(120, "0"), "hex");

/** What a switch floods. */
const BROADCAST = bytes(`ffffffffffff${H1}88b5`);
const FLOODS: Record<string, Uint8Array> = {
  broadcast: BROADCAST,
  "unknown unicast": bytes(`fa00000000aa${H1}88b5`),
  multicast: bytes(`01005e010203${H1}0800`),
  "tagged broadcast": bytes(`ffffffffffff${H1}8100606488b5`),
};

/** h1 and h2 take part in the network; h3 and h4 are monitors, one on each switch. */
function start(forwarding: unknown, config: object) {
  return Scenario.start({
    switches: ["s1", "s2"].map((name) => ({ name, forwarding })),
    links: [["s1", 10, "s2", 10]],
    hosts: [
      [1, "s1", 1],
      [2, "s1", 2],
      [3, "s1", 3],
      [4, "s2", 3],
      [5, "s2", 5],
    ],
    uses: { h3: { role: "monitor" }, h4: { role: "monitor" } },
    policies: [
      {
        id: "p1",
        sender: { port: { switch: "s1", port: 1 } },
        receiver: "any",
        monitors: [{ host: "h3" }, { host: "h4" }],
      },
    ],
    config,
  });
}

describe.each([
  ["paths", "by tags", { tapVlanRange: "3900-3999", discovery: false }],
  ["paths", "by marks", {}],
  ["normal", "by tags", { tapVlanRange: "3900-3999", discovery: false }],
  ["normal", "by marks", {}],
])("hosts with the role of a monitor, where %s forwards, %s", (forwarding, _, config) => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await start(forwarding, config);
    if (forwarding !== "normal") return;
    for (const port of ["h3", "h4"]) await scenario.lab.vsctl("set", "port", port, "tag=4095");
  });
  afterAll(() => scenario?.stop());

  test.each(Object.entries(FLOODS))(
    "%s: one copy, bit for bit, and nothing else",
    async (_name, frame) => {
      const all = { h2: [frame], h3: [frame], h4: [frame], h5: [frame] };
      await scenario.expectDelivery("h1", [frame], all);
    },
  );

  test("what they send enters nowhere, is learned from nowhere, and is counted", async () => {
    const forged = [
      tcp(h3, h2, PORTS),
      tcp(h1, h2, PORTS),
      arpRequest(h3, h2),
      ...Object.values(FLOODS),
    ];
    for (const from of ["h3", "h4"]) await scenario.expectDelivery(from, forged, {});
    const flows = await scenario.lab.ofctl("dump-flows", "s1", "table=0,in_port=3");
    expect(flows).toMatch(/n_packets=7, .*priority=62000,in_port=3 actions=drop/);
    // Otherwise the bridge would send frames for h1 to the monitor.
    const toH1 = tcp(h2, h1, PORTS);
    const all = { h2: [BROADCAST], h3: [BROADCAST], h4: [BROADCAST], h5: [BROADCAST] };
    await scenario.expectDelivery("h1", [BROADCAST], all);
    await scenario.expectDelivery("h2", [toH1], { h1: [toH1] });
  });

  test("frames for a monitor's address do not reach it", async () => {
    const frame = tcp(h2, h3, PORTS);
    const unknown = { h1: [frame], h5: [frame] };
    await scenario.expectDelivery("h2", [frame], forwarding === "normal" ? unknown : {});
  });

  test("its port has the role of a tap port, and nothing is probed there", async () => {
    const { ports } = await scenario.vtap.get("/switches/s1");
    const roles = Object.fromEntries(
      ports.map(({ port, role }: { port: number; role: string }) => [port, role]),
    );
    expect(roles).toMatchObject({ 1: "edge", 2: "edge", 3: "tap", 10: "link" });
  });

  test("such a host is no sender or receiver", async () => {
    const policy = { sender: { host: "h3" }, receiver: "any", monitors: [{ host: "h4" }] };
    const { body } = await scenario.vtap.request("POST", "/policies?wait=5000", policy);
    expect(body.status).toEqual({
      state: "error",
      reasons: [
        'sender h3 is at a tap port (s1 port 3), where only copies leave and nothing enters: name another host, or remove "role": "monitor" from the host',
      ],
    });
    await scenario.deletePolicy(body.id);
  });
});

test("a switch that floods by itself reaches a tap port, and the dry run says so once", async () => {
  const scenario = await start("normal", {});
  try {
    const [policy] = scenario.plan.policies ?? [];
    const { body } = await scenario.vtap.request("POST", "/policies:validate", policy);
    expect(body.unseen.filter((each: string) => each.includes("4095"))).toEqual([
      "what switch s1 floods reaches monitor h3 besides its copies, unless ovs-vsctl set port h3 tag=4095 keeps it away: OpenFlow cannot",
      "what switch s2 floods reaches monitor h4 besides its copies, unless ovs-vsctl set port h4 tag=4095 keeps it away: OpenFlow cannot",
    ]);
  } finally {
    await scenario.stop();
  }
});

describe("a role that changes while everything runs", () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await Scenario.start({
      ...TAPPED_PAIR,
      unnamed: ["h3"],
    });
  });
  afterAll(() => scenario?.stop());

  const put = (use: object) =>
    scenario.vtap.request("POST", "/hosts", {
      ...{ name: "h3", mac: h3.mac, ips: [h3.ip], switch: "s2", port: 3 },
      ...use,
    });

  /** Waits until s2 drops what enters by port 3, or no longer does, and every switch is up to date. */
  const drops = async (expected: boolean) => {
    await waitFor(async () => (await scenario.lab.dumpFlows("s2")).some(isDrop) === expected, {
      what: `a drop at the port: ${expected}`,
    });
    await scenario.synced();
  };
  const isDrop = (flow: string) => flow.includes("priority=62000,in_port=3 ");

  test("changes the port only, and returns", async () => {
    expect((await put({})).status).toBe(201);
    await scenario.createPolicy({
      ...{ id: "p1", sender: { host: "h1" }, receiver: "any", monitors: [{ host: "h3" }] },
    });
    await scenario.synced();
    const before = await scenario.tables();
    const frame = BROADCAST;
    await scenario.expectDelivery("h1", [frame], { h2: [frame], h3: [frame, frame] });
    const numbered = Array.from({ length: 200 }, (_, n) =>
      bytes(`ffffffffffff${H1}88b5${n.toString(16).padStart(4, "0")}`),
    );
    scenario.lab.clear();
    const [, changed] = await Promise.all([
      scenario.lab.inject("h1", numbered),
      put({ role: "monitor" }),
    ]);
    expect(changed.body).toMatchObject({ role: "monitor" });
    await drops(true);
    // Each frame once, before, during and after the change; its copy, too, with or without the flood.
    const { h2: originals = [], h3: copies = [] } = withoutProbes(scenario.lab.received());
    expect(originals).toEqual(numbered.map((each) => each.toString("hex")));
    expect(new Set(copies)).toEqual(new Set(originals));
    await scenario.expectDelivery("h1", [frame], { h2: [frame], h3: [frame] });
    expect((await put({})).body.role).toBeUndefined();
    await drops(false);
    expect(await scenario.tables()).toEqual(before);
    await scenario.expectDelivery("h1", [frame], { h2: [frame], h3: [frame, frame] });
  });
});

describe("a second host behind a monitor's port", () => {
  let scenario: Scenario;
  let events: EventStream;
  beforeAll(async () => {
    scenario = await Scenario.start({
      ...TWO_SWITCHES,
      hosts: [
        [1, "s1", 1],
        [2, "s1", 2],
        [3, "s2", 3],
        [4, "s2", 4],
      ],
      policies: [
        {
          id: "p1",
          ...{ sender: { host: "h1" }, receiver: { host: "h2" } },
          monitors: [{ ip: h3.ip }, { host: "h4" }],
        },
      ],
    });
    events = await EventStream.open(scenario.vtap.httpPort);
  });
  afterAll(async () => {
    events?.close();
    await scenario?.stop();
  });

  const frame = tcp(h1, h2, PORTS);
  const statusChange = (state: string) =>
    events.received("policyStatus", ({ id, new: now }) => id === "p1" && now.state === state);

  test("ends its copies, with an event; when it is gone they resume", async () => {
    await scenario.expectDelivery("h1", [frame], { h2: [frame], h3: [frame], h4: [frame] });
    // h5 announces itself behind the same port.
    await scenario.lab.inject("h3", arpRequest(h5, h3));
    await statusChange("degraded");
    await scenario.synced();
    await scenario.expectDelivery("h1", [frame], { h2: [frame], h4: [frame] });
    const { status } = await scenario.vtap.get("/policies/p1");
    expect(status.reasons).toEqual([
      `monitor ${h3.ip} shares s2 port 3 with ${h5.mac}: what is behind the port could hand copies to their receivers; give the monitor a port of its own, or set "sharedPort": true of a host named there`,
    ]);
    events.events.length = 0;
    expect((await scenario.vtap.request("DELETE", `/hosts/${h5.mac}`)).status).toBe(204);
    await statusChange("active");
    await scenario.expectDelivery("h1", [frame], { h2: [frame], h3: [frame], h4: [frame] });
  });

  test("is allowed by a host that is named there", async () => {
    events.events.length = 0;
    const host = { mac: h5.mac, switch: "s2", port: 3 };
    expect((await scenario.vtap.request("POST", "/hosts", host)).status).toBe(201);
    await statusChange("degraded");
    await scenario.vtap.request("POST", "/hosts", { ...host, sharedPort: true });
    await statusChange("active");
    await scenario.expectDelivery("h1", [frame], { h2: [frame], h3: [frame], h4: [frame] });
  });
});
