import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ping, tcp } from "./frames.ts";
import { hostAddresses, Scenario } from "./scenario.ts";

type End = ReturnType<typeof hostAddresses>;
const [h1, h2, h3] = [1, 2, 3].map((n) => hostAddresses(n)) as [End, End, End];
const mac = (end: End) => ({ mac: end.mac });
const pair = { sender: mac(h1), receiver: mac(h2) };

const COLLECTOR = "192.0.2.9";
/** Ethernet, IPv4, UDP, VXLAN. */
const OUTER = 14 + 20 + 8 + 8;

interface Encapsulated {
  readonly remote: string;
  readonly vni: number;
  readonly frame: Uint8Array;
}

/** A VXLAN packet taken apart. @spec RFC 7348 */
function decapsulated(packet: Uint8Array): Encapsulated {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  expect(view.getUint16(12)).toBe(0x0800);
  expect(view.getUint16(36)).toBe(4789);
  return {
    remote: [...packet.subarray(30, 34)].join("."),
    vni: view.getUint32(46) >>> 8,
    frame: packet.slice(OUTER),
  };
}

/**
 * Copies that leave by a tunnel: h1 - s1 - s2 - h2, h3 on s2; the tunnel's packets leave by the bridge
 * `under` and its port `wire`.
 */
describe("delivery by tunnel", () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await Scenario.start({
      tunnels: true,
      switches: ["s1", "s2"],
      links: [["s1", 10, "s2", 10]],
      hosts: [
        [1, "s1", 1],
        [2, "s2", 2],
        [3, "s2", 3],
      ],
    });
    const { lab } = scenario;
    await lab.addSwitch({ name: "under", dpid: "00000000000000ff" });
    await lab.addHost("wire", "under", 1);
    await lab.ofctl("add-flow", "under", "actions=NORMAL");
    await lab.appctl("netdev-dummy/ip4addr", "under", "192.0.2.1/24");
    await lab.appctl("ovs/route/add", "192.0.2.0/24", "under");
    for (const address of [COLLECTOR, "192.0.2.10"]) {
      await lab.appctl("tnl/arp/set", "under", address, "fa:00:00:00:00:99");
    }
  });
  afterAll(() => scenario.stop());

  function addTunnelPort(remote: string, key: string): Promise<string> {
    const options = [`options:remote_ip=${remote}`, `options:key=${key}`];
    return scenario.lab.vsctl(
      ...["add-port", "s1", "vx", "--", "set", "interface", "vx", "type=vxlan"],
      ...options,
    );
  }

  function onTheWire(): Encapsulated[] {
    return scenario.lab.frames("wire").map(decapsulated);
  }

  async function send(frames: readonly Uint8Array[]): Promise<void> {
    scenario.lab.clear();
    await scenario.lab.inject("h1", frames);
    expect(scenario.lab.frames("h2").map(hex)).toEqual(frames.map(hex));
  }

  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

  test("waits for the port, and begins when it appears; a port of one remote and key", async () => {
    const { body } = await scenario.vtap.request("POST", "/policies", {
      id: "out",
      ...pair,
      monitors: [{ ip: COLLECTOR }],
      copy: { delivery: "tunnel", tunnel: "vx" },
    });
    expect(body.status).toEqual({
      state: "pending",
      reasons: [`switch s1 has no port vx (yet) for the tunnel to monitor ${COLLECTOR}`],
    });
    await addTunnelPort(COLLECTOR, "7");
    await scenario.vtap.allPolicies();
    const frames = [ping(h1, h2), tcp(h1, h2, { src: 1, dst: 2 }, { tags: [{ vid: 7 }] })];
    await send(frames);
    expect(onTheWire()).toEqual(frames.map((frame) => ({ remote: COLLECTOR, vni: 7, frame })));
    await scenario.deletePolicy("out");
    await scenario.lab.removePort("s1", "vx");
  });

  test("a port whose remote and key are the policies' to say", async () => {
    await addTunnelPort("flow", "flow");
    await scenario.createPolicy({
      id: "a",
      ...pair,
      monitors: [{ ip: COLLECTOR }],
      copy: { tunnel: { port: "vx", remote: COLLECTOR, key: 11 } },
    });
    await scenario.createPolicy({
      id: "b",
      ...pair,
      monitors: [{ ip: "192.0.2.10" }],
      copy: { tunnel: { port: "vx", remote: "monitor", key: 12 }, truncate: 30, sample: 0.9999 },
    });
    await scenario.createPolicy({ id: "c", ...pair, monitors: [mac(h3)] });
    const frame = ping(h1, h2);
    await send([frame]);
    expect(onTheWire()).toEqual([
      { remote: "192.0.2.10", vni: 12, frame: frame.slice(0, 30) },
      { remote: COLLECTOR, vni: 11, frame },
    ]);
    expect(scenario.lab.frames("h3").map(hex)).toEqual([hex(frame)]);
    for (const id of ["a", "b", "c"]) await scenario.deletePolicy(id);
  });

  test("flows are spread over collectors", async () => {
    const collectors = [COLLECTOR, "192.0.2.10"];
    await scenario.createPolicy({
      id: "spread",
      ...pair,
      monitors: [{ balance: collectors.map((ip) => ({ ip })) }],
      copy: { tunnel: { port: "vx", remote: "monitor", key: 5 } },
    });
    const frames = Array.from({ length: 40 }, (_, n) => tcp(h1, h2, { src: 999 + n, dst: 80 }));
    await send(frames);
    const found = onTheWire();
    expect(found.map(({ frame }) => hex(frame)).sort()).toEqual(frames.map(hex).sort());
    expect(new Set(found.map(({ remote }) => remote))).toEqual(new Set(collectors));
    await scenario.deletePolicy("spread");
  });
});
