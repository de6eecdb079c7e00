// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  addTunnelPort,
  BY_FLOW,
  COLLECTORS,
  type TunnelKind,
  type Tunnelled,
  Underlay,
  waitFor,
} from "../../lab/index.ts";
import { isOwnProbe } from "../discovery/own-probes.ts";
import { arpRequest, ping, tcp } from "../frames.ts";
import { h1, h2, h3, mac } from "../hosts.ts";
import { TAPPED_PAIR } from "../plans.ts";
import { Scenario } from "../scenario.ts";

const pair = { sender: mac(h1), receiver: mac(h2) };

const [COLLECTOR, OTHER] = COLLECTORS;
const KINDS: readonly TunnelKind[] = ["vxlan", "gre", "erspan 1", "erspan 2"];

/** Copies that leave by a tunnel: h1 - s1 - s2 - h2, h3 on s2. */
describe("delivery by tunnel", () => {
  let scenario: Scenario;
  let underlay: Underlay;
  beforeAll(async () => {
    scenario = await Scenario.start({
      tunnels: true,
      ...TAPPED_PAIR,
      // Probes leave by the port of a host that no file names.
      hosts: [...TAPPED_PAIR.hosts, [4, "s1", 4]],
      unnamed: ["h4"],
      config: { probeIntervalSeconds: 0.2 },
    });
    underlay = await Underlay.add(scenario.lab);
  });
  afterAll(() => scenario.stop());

  const port = { switch: "s1", name: "tun" };
  const addPort = (kind: TunnelKind, end: { remote: string; key: string }) =>
    addTunnelPort(scenario.lab, port, { kind, ...end });

  const removePort = () => scenario.lab.removePort(port.switch, port.name);

  /** Sends frames, checks that all arrive at h2, and returns what left by tunnels. */
  async function send(frames: readonly Uint8Array[]): Promise<Tunnelled[]> {
    scenario.lab.clear();
    await scenario.lab.inject("h1", frames);
    expect(receivedBy("h2")).toEqual(frames.map(hex));
    return underlay.frames();
  }

  /** Waits until the other ports of the switch have been probed more than once. */
  async function probed(): Promise<void> {
    const probesAt = () => scenario.lab.frames("h4").filter(isOwnProbe).length;
    const before = probesAt();
    await waitFor(() => probesAt() >= before + 3, { what: "probes of the tunnel's neighbours" });
  }

  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

  /** The frames at a host, without probes of link discovery. */
  const receivedBy = (host: string) =>
    scenario.lab
      .frames(host)
      .filter((frame) => !isOwnProbe(frame))
      .map(hex);

  test.each(KINDS)(
    "%s: waits for the port, and starts when it appears; a port with a fixed remote and key",
    async (kind) => {
      await scenario.vtap.request("POST", "/policies", {
        id: "out",
        ...pair,
        monitors: [{ ip: COLLECTOR }],
        copy: { delivery: "tunnel", tunnel: "tun" },
      });
      await scenario.synced();
      expect((await scenario.vtap.get("/policies/out")).status).toEqual({
        state: "pending",
        reasons: [`switch s1 has no port tun (yet) for the tunnel to monitor ${COLLECTOR}`],
      });
      await addPort(kind, { remote: COLLECTOR, key: "7" });
      await scenario.vtap.allPoliciesActive();
      const frames = [ping(h1, h2), tcp(h1, h2, { src: 1, dst: 2 }, { tags: [{ vid: 7 }] })];
      const expected = frames.map((frame) => ({ kind, remote: COLLECTOR, key: 7, frame }));
      expect(await send(frames)).toEqual(expected);
      await scenario.deletePolicy("out");
      await removePort();
    },
  );

  test("nothing but copies leaves by a tunnel that a policy names, also while taps are suspended", async () => {
    const { lab, vtap } = scenario;
    await vtap.request("POST", "/policies", {
      id: "out",
      ...pair,
      monitors: [{ ip: COLLECTOR }],
      copy: { tunnel: "tun" },
    });
    lab.clear();
    await addPort("vxlan", { remote: COLLECTOR, key: "7" });
    await vtap.allPoliciesActive();
    await probed();
    const frames = [ping(h1, h2), arpRequest(h1, h2)];
    await lab.inject("h1", frames);
    // The broadcast is no frame of the pair.
    expect(underlay.frames().map(({ frame }) => hex(frame))).toEqual([hex(ping(h1, h2))]);
    await vtap.request("POST", "/taps:suspend?wait=60000", {});
    await scenario.replaceController();
    lab.clear();
    await probed();
    await lab.inject("h1", frames);
    expect(underlay.frames()).toEqual([]);
    await scenario.vtap.request("POST", "/taps:resume?wait=60000", {});
    await scenario.deletePolicy("out");
    // What is not named any longer is probed: it may be a link.
    await waitFor(() => underlay.frames().some(({ frame }) => isOwnProbe(frame)), {
      what: "a probe in the tunnel",
    });
    await removePort();
  });

  test("no probe enters a tunnel that was an edge port before, named by its number", async () => {
    const { lab, vtap } = scenario;
    await addPort("vxlan", { remote: COLLECTOR, key: "7" });
    const { items } = await vtap.get("/switches");
    const [s1] = items.filter(({ name }: { name: string }) => name === "s1");
    const found = await waitFor(async () => {
      const { ports } = await vtap.get(`/switches/${s1.dpid}`);
      return ports.find(
        (each: Record<string, unknown>) => each.name === "tun" && each.role === "edge",
      );
    });
    const tunnelled = { monitors: [{ ip: COLLECTOR }], copy: { tunnel: found.port } };
    await scenario.createPolicy({ id: "out", ...pair, ...tunnelled });
    lab.clear();
    await probed();
    expect(underlay.frames()).toEqual([]);
    await scenario.deletePolicy("out");
    await removePort();
  });

  test.each(KINDS)("%s: a port whose remote and key are set by policies", async (kind) => {
    await addPort(kind, BY_FLOW);
    await scenario.createPolicy({
      id: "a",
      ...pair,
      monitors: [{ ip: COLLECTOR }],
      copy: { tunnel: { port: "tun", remote: COLLECTOR, key: 11 } },
    });
    await scenario.createPolicy({
      id: "b",
      ...pair,
      monitors: [{ ip: OTHER }],
      copy: { tunnel: { port: "tun", remote: "monitor", key: 12 }, truncate: 30, sample: 0.9999 },
    });
    await scenario.createPolicy({ id: "c", ...pair, monitors: [mac(h3)] });
    const frame = ping(h1, h2);
    expect(await send([frame])).toEqual([
      { kind, remote: OTHER, key: 12, frame: frame.slice(0, 30) },
      { kind, remote: COLLECTOR, key: 11, frame },
    ]);
    expect(receivedBy("h3")).toEqual([hex(frame)]);
    for (const id of ["a", "b", "c"]) await scenario.deletePolicy(id);
    await removePort();
  });

  test.each(KINDS)("%s: flows are balanced over collectors", async (kind) => {
    await addPort(kind, BY_FLOW);
    await scenario.createPolicy({
      id: "spread",
      ...pair,
      monitors: [{ balance: [{ ip: COLLECTOR }, { ip: OTHER }] }],
      copy: { tunnel: { port: "tun", remote: "monitor", key: 5 } },
    });
    const frames = Array.from({ length: 40 }, (_, n) => tcp(h1, h2, { src: 999 + n, dst: 80 }));
    const found = await send(frames);
    expect(found.map(({ frame }) => hex(frame)).sort()).toEqual(frames.map(hex).sort());
    expect(new Set(found.map(({ remote }) => remote))).toEqual(new Set([COLLECTOR, OTHER]));
    expect(new Set(found.map(({ key }) => key))).toEqual(new Set([5]));
    await scenario.deletePolicy("spread");
    await removePort();
  });
});
