// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ProjectPort } from "../../../src/api/projects/project-port.ts";
import { networkOfProject } from "../../../src/controller/queries/project-network.ts";
import { complete } from "../../../src/lang/steps.ts";
import { TopologyState } from "../../../src/topology/index.ts";
import { policy } from "../../api/api-server.ts";
import { configOf } from "../../policy/scenarios.ts";
import { dpid, port as portOf } from "../../topology/networks.ts";
import { MemoryPolicyStore, openStandAlone, standAlone } from "../stand-alone.ts";

/**
 * h1 and h3 are of project a, h2 and h4 of b, h5 of none; one behind the other s1 with h1 and h2, s2 with h3 and h4, s3
 * with h5, and s4 and s5, which belong to a.
 */
function tenants() {
  const hosts = [
    { at: 0, project: "a" },
    { at: 0, project: "b" },
    { at: 1, project: "a" },
    { at: 1, project: "b" },
    { at: 2 },
  ].map((host) => ({ ...host, shared: false }));
  const profiles = Array.from({ length: 5 }, () => "paths" as const);
  const config = configOf({ profiles, parents: [0, 1, 2, 3], extra: [], hosts });
  const switches = config.switches.map((each, n) => (n < 3 ? each : { ...each, project: "a" }));
  return { ...config, switches };
}

const mac = (n: number) => `fa:00:00:00:00:0${n}`;
const OF_OTHERS = /h2|h4|h5|s3|10\.0\.0\.[245]|:0[245]\b|b\.|net\./;

let a: ProjectPort;
let controller: Awaited<ReturnType<typeof openStandAlone>>;
const call: typeof controller.call = (...request) => controller.call(...request);

beforeAll(async () => {
  const more = { topology: tenants() };
  const stores = [new MemoryPolicyStore(), {}, new MemoryPolicyStore()] as const;
  controller = await openStandAlone(...stores, more);
  a = new ProjectPort(controller.port, "a");
  const [any, h] = ["any", (n: number) => ({ host: `h${n}` })];
  const write = async (id: string, more: object) => {
    const { status } = await call("POST /policies", policy(id, more));
    expect([id, status]).toEqual([id, 201]);
  };
  await write("a.sent", { sender: h(1), receiver: any, monitors: [h(3)], project: "a" });
  await write("a.off", {
    sender: h(3),
    receiver: any,
    monitors: [h(1)],
    project: "a",
    enabled: false,
  });
  await write("b.sent", { sender: h(2), receiver: any, monitors: [h(4)], project: "b" });
  await write("net.all", { sender: h(1), receiver: any, monitors: [h(5)] });
  // It copies what a copies, to the same monitor.
  await write("net.same", { sender: h(1), receiver: any, monitors: [h(3)] });
});

afterAll(() => controller?.close());

describe("the network of a project", () => {
  test("has its hosts, the switches with its ports and the links between these", async () => {
    const { switches, links, hosts: listed } = await a.topology();
    const hosts = [...listed];
    expect(switches.map(({ name, project }) => [name, project])).toEqual([
      ["s1", undefined],
      ["s2", undefined],
      ["s4", "a"],
      ["s5", "a"],
    ]);
    expect(links.map(({ a, b }) => [a.switch, b.switch].sort())).toEqual([["s4", "s5"]]);
    expect(hosts.map(({ name }) => name)).toEqual(["h1", "h3"]);
    expect(JSON.stringify({ switches, links, hosts })).not.toMatch(OF_OTHERS);
    expect([await a.listSwitches(), await a.listLinks()]).toEqual([switches, links]);
  });

  test("is what single switches and ports are judged by, too", () => {
    const { port } = controller;
    for (const project of ["a", "b"]) {
      const { topology } = TopologyState.empty.withConfig(tenants());
      const own = complete(networkOfProject(topology, project));
      for (const each of topology.switches.values()) {
        expect([each.name, port.isSwitchOf(project, each.dpid)]).toEqual([
          ...[each.name, own.switches.has(each.dpid)],
        ]);
      }
      for (const link of topology.links) {
        const isOwn = [link.a, link.b].every((end) =>
          port.isPortOf(project, { dpid: end.dpid, port: end.port ?? end.written }),
        );
        expect([project, isOwn]).toEqual([project, own.links.includes(link)]);
      }
    }
    expect(a.isSwitchOf("b", dpid(0))).toBe(false);
  });

  test("has its ports of a switch alone", () => {
    const state = TopologyState.empty.withConfig(tenants());
    const ports = [1, 2, 51, 90].map((no) => portOf(no));
    const { topology } = state.apply({ type: "switchConnected", dpid: dpid(1), ports });
    const own = complete(networkOfProject(topology, "a"));
    expect([...(own.switches.get(dpid(1))?.ports.keys() ?? [])]).toEqual([1]);
    expect([...own.switches.keys()]).toEqual([1, 2, 4, 5].map(dpid));
    expect(complete(networkOfProject(topology, "absent")).switches.size).toBe(0);
  });

  test("a switch has no entries, session or counts; one of others is absent", async () => {
    const own = await a.getSwitch("s1");
    expect(own).toEqual({
      ...{ dpid: dpid(1), name: "s1", configured: true, admission: "file" },
      ...{ admissionReason: "a topology file names it", connected: false, forwarding: "paths" },
      ...{ ports: [], rules: [], groups: [] },
    });
    expect([await a.getSwitch("s3"), await a.getSwitch(dpid(3))]).toEqual([undefined, undefined]);
  });

  test("the status counts what is the project's", async () => {
    const status = await a.status();
    expect(status).toMatchObject({
      policies: { total: 2, byState: { pending: 1, disabled: 1, active: 0 } },
      switches: { configured: 4, connected: 0 },
      storage: { state: "working" },
      links: 1,
      hosts: 2,
    });
    await call("POST /taps:suspend", { by: "root", reason: "maintenance" });
    const { taps } = await a.status();
    expect(taps).toEqual({ state: "suspended", since: expect.any(String), reason: "maintenance" });
    await call("POST /taps:resume");
  });
});

describe("the explanation of a frame for a project", () => {
  const explained = async (request: Parameters<ProjectPort["explainFrame"]>[0]) => {
    const outcome = await a.explainFrame(request);
    if (outcome.type !== "explained") throw new Error(JSON.stringify(outcome));
    return outcome.explanation;
  };

  test("has its policies and copies, and no passages", async () => {
    const answer = await explained({ at: { host: "h1" }, frame: { eth_dst: mac(2), tcp_dst: 80 } });
    expect(answer).toMatchObject({
      at: { switch: "s1", port: 1, hosts: ["h1"] },
      policies: [
        { id: "a.sent", matches: true, monitors: [{ monitor: "h3", copied: true }] },
        { id: "a.off", matches: false },
      ],
      ...{ unlistedPolicies: 0, hops: [], originals: [], taken: [], assumptions: [] },
      copies: [{ switch: "s2", port: 3, policies: ["a.sent"], bitExact: true, way: [] }],
      installed: { state: "pending", reasons: [] },
      agreement: { ok: true, problems: [] },
    });
    const { frame, fields, copies, ...rest } = answer;
    expect(JSON.stringify(rest)).not.toMatch(OF_OTHERS);
    const all = await call("POST /explain", { at: { host: "h1" }, frame });
    expect([all.body.copies.length, all.body.policies.length]).toEqual([2, 5]);
  });

  test("the original is shown where it leaves by ports of the project", async () => {
    const frame = { at: { host: "h1" }, to: { host: "h3" }, frame: { tcp_dst: 80 } };
    const { originals } = await explained(frame);
    expect(originals.map(({ port }) => port)).toEqual([3]);
  });

  test("policies of others are as absent ones", async () => {
    const frame = { at: { host: "h1" }, frame: { eth_dst: mac(2), tcp_dst: 80 } } as const;
    for (const id of ["b.sent", "net.all", "absent"]) {
      const { policies, copies } = await explained({ ...frame, policies: [id] });
      expect([policies, copies.map(({ policies }) => policies)]).toEqual([[], [["a.sent"]]]);
    }
  });

  test("no frame enters at a port that a host of the project shares with one of others", async () => {
    const hosts = [{ project: "b" }, { project: "a" }].map((host, n) => ({
      ...{ at: 0, shared: n > 0 },
      ...host,
    }));
    const topology = configOf({ profiles: ["paths"], parents: [], extra: [], hosts });
    const stores = [new MemoryPolicyStore(), {}, new MemoryPolicyStore()] as const;
    const { port } = await standAlone(...stores, { topology });
    const request = { at: { host: "h2" }, frame: { eth_dst: mac(9) } };
    const answer = await new ProjectPort(port, "a").explainFrame(request);
    expect(answer).toMatchObject({ type: "invalid", problems: [{ pointer: "/at" }] });
    expect(JSON.stringify(answer)).not.toContain("h1");
    expect((await port.explainFrame(request)).type).toBe("explained");
  });

  // With numbers of hosts, ports and switches of others.
  test.each<[string, number[], (n: number) => Parameters<ProjectPort["explainFrame"]>[0]]>([
    ["at a host", [2, 5], (n) => ({ at: { host: `h${n}` }, frame: { eth_dst: mac(1) } })],
    ["to a host", [2, 5], (n) => ({ at: { host: "h1" }, to: { host: `h${n}` }, frame: {} })],
    ["of a sender", [2, 5], (n) => ({ frame: { eth_src: mac(n), eth_dst: mac(1) } })],
    ["to an address", [2, 5], (n) => ({ at: { host: "h1" }, frame: { ipv4_dst: `10.0.0.${n}` } })],
    ["at a port", [2], (n) => ({ at: { switch: "s1", port: n }, frame: { eth_dst: mac(1) } })],
    ["at a switch", [3], (n) => ({ at: { switch: `s${n}`, port: 5 }, frame: { eth_dst: mac(1) } })],
  ])("%s of others: as one that is absent", async (_, others, request) => {
    const answered = async (n: number) => {
      const answer = await a.explainFrame(request(n));
      return JSON.stringify(answer).replaceAll(new RegExp(`\\b([hs]?)${n}\\b`, "g"), "$1N");
    };
    const absent = await answered(9);
    expect(absent).toContain("invalid");
    for (const n of others) expect(await answered(n)).toBe(absent);
  });
});
