// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileForwarding } from "../../src/forwarding/index.ts";
import {
  arp,
  type EthernetPayload,
  ethernet,
  ipv4,
  ipv6,
  neighbourSolicitation,
  rawPayload,
  tcp,
  udp,
  type VlanTag,
} from "../../src/packet/index.ts";
import type { TopologyState } from "../../src/topology/index.ts";
import { installTables, OvsLab } from "../lab/index.ts";
import { dpid, hostMac, type Plan, port, stateOf } from "../topology/networks.ts";

/** A ring of five switches with two chords and a double link: many loops. */
const LOOPS: Plan["links"] = [
  [1, 10, 2, 11],
  [2, 12, 3, 13],
  [3, 14, 4, 15],
  [4, 16, 5, 17],
  [5, 18, 1, 19],
  [1, 20, 3, 21],
  [2, 22, 4, 23],
  [1, 24, 2, 25],
];
/** Two hosts each on s1 and s2, of them two behind one port of s2; one on s3 and s5; s4 has none. */
const HOSTS: NonNullable<Plan["hosts"]> = [
  [1, 1],
  [1, 2],
  [2, 1],
  [2, 1],
  [3, 1],
  [5, 1],
];
const BROADCAST = "ff:ff:ff:ff:ff:ff";
const UNKNOWN = "fe:00:00:00:00:01";

/** Ports by their name in the lab: `s2-1` is port 1 of s2. */
const portOf = (host: number) => `s${HOSTS[host - 1]?.[0]}-${HOSTS[host - 1]?.[1]}`;
/** Every host port, and one on s4 that no file lists. */
const EDGES = ["s1-1", "s1-2", "s2-1", "s3-1", "s4-9", "s5-1"];

describe.each<[string, Plan["profiles"]]>([
  ["paths switches only", ["paths", "paths", "paths", "paths", "paths"]],
  ["a learning switch in the ring", ["paths", "paths", "normal", "paths", "paths"]],
  ["two learning switches side by side", ["paths", "paths", "normal", "normal", "paths"]],
])("with %s", (_, profiles) => {
  const plan: Plan = { profiles, links: LOOPS, hosts: HOSTS };
  let lab: OvsLab;
  let state: TopologyState;

  const install = async () => {
    for (const [at, flows] of compileForwarding(state.topology)) {
      await installTables(lab, state.topology.switches.get(at)?.name ?? at, flows);
    }
  };

  beforeAll(async () => {
    lab = await OvsLab.start();
    const switches = profiles.map((_, index) => {
      const name = `s${index + 1}`;
      const edges = EDGES.filter((edge) => edge.startsWith(`${name}-`));
      return { name, hosts: edges.map((edge) => ({ name: edge, port: Number(edge.slice(3)) })) };
    });
    await lab.build({ switches, links: LOOPS.map(([a, ap, b, bp]) => [`s${a}`, ap, `s${b}`, bp]) });
    state = stateOf(plan).apply({
      type: "switchConnected",
      dpid: dpid(4),
      ports: [9, 15, 16, 23].map((no) => port(no)),
    });
    await install();
  });
  afterAll(() => lab.stop());

  /** What each port got, as hex; the lab starts clean. */
  async function send(from: string, frame: Uint8Array): Promise<Record<string, string[]>> {
    lab.clear();
    await lab.inject(from, frame);
    return lab.received();
  }

  const onceAt = (edges: readonly string[], frame: Uint8Array) =>
    Object.fromEntries(edges.map((edge) => [edge, [Buffer.from(frame).toString("hex")]]));

  const tags: VlanTag[] = [{ vid: 100, pcp: 3 }];
  const src = hostMac(1);
  const v4 = { src: "10.0.0.1", dst: "10.0.0.2" };
  const v6 = { src: "fd00::1", dst: "fd00::2" };
  const flooded: [string, Uint8Array][] = [
    [
      "an ARP request",
      ethernet({ dst: BROADCAST, src }, arp({ sha: src, spa: "10.0.0.1", tpa: "10.0.0.2" })),
    ],
    [
      "a tagged broadcast",
      ethernet({ dst: BROADCAST, src, tags }, ipv4(v4, udp({ src: 1, dst: 2 }))),
    ],
    [
      "IPv6 multicast",
      ethernet({ dst: "33:33:ff:00:00:02", src }, ipv6(v6, neighbourSolicitation("fd00::2", src))),
    ],
    ["unknown unicast", ethernet({ dst: UNKNOWN, src }, rawPayload(new Uint8Array(100)))],
  ];

  test.each(flooded)(
    "%s reaches every other port exactly once, from anywhere",
    async (_, frame) => {
      for (const from of EDGES) {
        const others = EDGES.filter((edge) => edge !== from);
        expect(await send(from, frame)).toEqual(onceAt(others, frame));
      }
    },
  );

  const payloads: [string, EthernetPayload, VlanTag[]][] = [
    ["IPv4", ipv4(v4, tcp({ src: 1, dst: 80 }, new Uint8Array(1000))), []],
    ["IPv6", ipv6(v6, tcp({ src: 1, dst: 80 })), []],
    ["tagged", ipv4(v4, udp({ src: 1, dst: 2 })), tags],
    ["an ARP reply", arp({ op: 2, sha: src, spa: "10.0.0.1", tha: 5, tpa: "10.0.0.2" }), []],
  ];

  test.each(payloads)(
    "a known host's frame (%s) reaches it exactly once",
    async (_, payload, tags) => {
      for (const [index] of HOSTS.entries()) {
        for (const [target] of HOSTS.entries()) {
          const [from, to] = [portOf(index + 1), portOf(target + 1)];
          const frame = ethernet(
            { dst: hostMac(target + 1), src: hostMac(index + 1), tags },
            payload,
          );
          const got = await send(from, frame);
          // A learning switch that has not learned floods to its own ports, as without OpenVTAP.
          if (profiles.includes("normal"))
            expect(got[to] ?? []).toEqual(from === to ? [] : onceAt([to], frame)[to]);
          else expect(got).toEqual(from === to ? {} : onceAt([to], frame));
        }
      }
    },
  );

  test("frames that a bridge must not forward are dropped", async () => {
    const frame = ethernet(
      { dst: "01:80:c2:00:00:0e", src },
      rawPayload(new Uint8Array(50), 0x88cc),
    );
    expect(await send("s1-1", frame)).toEqual({});
  });

  test("when links die, frames take the remaining paths", async () => {
    const before = state;
    const cuts = [
      [1, 10],
      [1, 24],
      [1, 20],
      [2, 12],
    ] as const;
    for (const [at, no] of cuts) await lab.cutLink(`s${at}`, no);
    // All paths of s1 lead through s5; s2 is connected by s4 only.
    const links = LOOPS.filter(([a, ap]) => !cuts.some(([at, no]) => at === a && no === ap));
    state = stateOf({ ...plan, links });
    await install();
    const known = ethernet({ dst: hostMac(3), src }, rawPayload(new Uint8Array(64)));
    expect((await send("s1-1", known))["s2-1"]).toHaveLength(1);
    const broadcast = ethernet({ dst: BROADCAST, src }, rawPayload(new Uint8Array(64)));
    // s4's unlisted port is unknown here: its switch has not reported its ports.
    const others = EDGES.filter(
      (edge) => edge !== "s1-1" && (edge !== "s4-9" || profiles[3] === "normal"),
    );
    expect(await send("s1-1", broadcast)).toEqual(onceAt(others, broadcast));

    for (const [at, no] of cuts) await lab.restoreLink(`s${at}`, no);
    state = before;
    await install();
    expect(await send("s1-1", broadcast)).toEqual(onceAt(EDGES.slice(1), broadcast));
  });
});

test("another application's tables get the frames by resubmit", async () => {
  const lab = await OvsLab.start();
  try {
    await lab.addSwitch({
      name: "s1",
      hosts: [
        { name: "h1", port: 1 },
        { name: "h2", port: 2 },
      ],
    });
    const { topology } = stateOf({ profiles: [{ table: 7 }], links: [] });
    await installTables(lab, "s1", compileForwarding(topology).get(dpid(1)) ?? []);
    await lab.ofctl("add-flow", "s1", "table=7,in_port=1,actions=output:2");
    await lab.inject("h1", "fa0000000002fa000000000188b5");
    expect(lab.received()).toEqual({ h2: ["fa0000000002fa000000000188b5"] });
  } finally {
    await lab.stop();
  }
});

test("a switch with more ports than a group takes floods to all of them", async () => {
  const count = 2300;
  const lab = await OvsLab.start();
  try {
    const hosts = [1, 2, 3].map((port) => ({ name: `h${port}`, port }));
    await lab.addSwitch({ name: "s1", hosts });
    const others = Array.from({ length: count - hosts.length }, (_, index) => index + 4);
    await lab.vsctl(
      ...others.flatMap((no) => [
        ...["--", "add-port", "s1", `q${no}`, "--", "set", "interface", `q${no}`],
        ...["type=dummy", `ofport_request=${no}`],
      ]),
    );
    const { topology } = stateOf({ profiles: ["paths"], links: [] }).apply({
      type: "switchConnected",
      dpid: dpid(1),
      ports: [...hosts.map((host) => host.port), ...others].map((no) => port(no)),
    });
    await installTables(lab, "s1", compileForwarding(topology).get(dpid(1)) ?? []);
    await lab.inject("h1", "fffffffffffffa000000000188b5");
    const frame = ["fffffffffffffa000000000188b5"];
    expect(lab.received()).toEqual({ h2: frame, h3: frame });
  } finally {
    await lab.stop();
  }
}, 120_000);
