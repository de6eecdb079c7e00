// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { OvnHypervisor } from "../../lab/ovn/hypervisor.ts";
import { OvnLab } from "../../lab/ovn/ovn-lab.ts";
import { PcapReader } from "../../lab/pcap.ts";
import { arpRequest, udp } from "../frames.ts";
import { hostAddresses } from "../hosts.ts";
import { VtapProcess } from "../vtap-process.ts";

const a1 = hostAddresses(1);
const a2 = hostAddresses(2);
const HYPERVISORS = ["hv1", "hv2"] as const;
type Name = (typeof HYPERVISORS)[number];
const bridgeOf = (name: Name) => `br-${name}`;

let directory: string;
let lab: OvnLab;
let vtap: VtapProcess;
const hypervisors = new Map<Name, OvnHypervisor>();
const hv = (name: Name) => hypervisors.get(name) as OvnHypervisor;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "vtap-overlay-"));
  lab = await OvnLab.start();
  await lab.joinHypervisors();
  await lab.nbctl("ls-add", "net");
  for (const name of HYPERVISORS) hypervisors.set(name, await OvnHypervisor.open(lab, name));
  for (const [port, at, { mac, ip }] of [
    ["a1", "hv1", a1],
    ["a2", "hv2", a2],
  ] as const) {
    await lab.nbctl("lsp-add", "net", port, "--", "lsp-set-addresses", port, `${mac} ${ip}`);
    await hv(at).addPort(port, port);
  }
  for (const [probe, at] of [
    ["here", "hv1"],
    ["there", "hv2"],
    ["there2", "hv2"],
  ] as const) {
    await hv(at).addPort(probe);
  }
  await lab.nbctl("--wait=hv", "sync");
  const file = (name: string, content: object) =>
    writeFile(join(directory, name), JSON.stringify(content));
  const switches = HYPERVISORS.map((name, n) => ({
    ...{ dpid: `00000000000000a${n + 1}`, name: bridgeOf(name) },
    ...{ forwarding: { beside: { mirrors: true } }, connect: `unix:${hv(name).management}` },
  }));
  const ovsdbConnect = HYPERVISORS.map((name) => `unix:${lab.databaseOf(name)}`);
  await file("topology.json", { switches });
  const intervals = { pathProbeSeconds: 0.2, countersIntervalSeconds: 0.5 };
  await file("config.json", { ovsdbConnect, ovsdbWrites: true, ...intervals });
  await startVtap();
});
afterAll(async () => {
  await vtap?.stop();
  for (const each of hypervisors.values()) each.close();
  await lab?.stop();
  await rm(directory, { recursive: true, force: true });
});

async function startVtap(): Promise<void> {
  vtap = await VtapProcess.start({
    data: join(directory, "data"),
    topology: [join(directory, "topology.json")],
    more: ["--config", join(directory, "config.json")],
  });
}

const at = (name: Name, port: string) => ({ port: { switch: bridgeOf(name), port } });

/** A policy that copies what a1 sends to monitors. */
const copying = (...monitors: readonly object[]) => ({
  ...{ sender: at("hv1", "a1"), receiver: "any", direction: "forward", monitors },
});

/** What leaves by each port of both hypervisors after frames of a1, once it is `expected`; frames in hex. */
async function sent(frames: readonly Uint8Array[]) {
  for (const each of hypervisors.values()) each.taken();
  await hv("hv1").inject("a1", frames);
  const found: Record<string, string[]> = {};
  const take = () => {
    for (const each of hypervisors.values()) {
      for (const [port, got] of Object.entries(each.taken())) {
        found[port] = [...(found[port] ?? []), ...got];
      }
    }
  };
  const isOver = async () => {
    const before = JSON.stringify(found);
    await new Promise((resolve) => setTimeout(resolve, 100));
    take();
    return before === JSON.stringify(found);
  };
  take();
  await waitFor(isOver, { what: "frames to arrive" });
  return found;
}

const hex = (frames: readonly Uint8Array[]) =>
  frames.map((each) => Buffer.from(each).toString("hex"));
const FRAMES = [
  udp(a1, a2, { src: 1000, dst: 80 }),
  arpRequest(a1, a2),
  udp(a1, a2, { src: 1000, dst: 53 }, { tags: [{ vid: 7, pcp: 3 }] }),
];

/** What leaves by the ports of hypervisors after frames of a1, but what OVN itself sends to a1. */
async function copied(frames: readonly Uint8Array[]) {
  const { a1: _, ...others } = await sent(frames);
  return others;
}

/** Copies that the policy has made, and that have arrived. */
async function packets(): Promise<readonly number[]> {
  const { counters } = await vtap.get("/policies/tap");
  return [counters.copied.packets, counters.delivered.packets];
}

const tunnelPorts = (name: Name) =>
  lab.vsctl(
    name,
    "--bare",
    "--columns=_uuid",
    "find",
    "interface",
    "type=geneve",
    "options:remote_ip=flow",
  );

test("copies cross the network between hypervisors of OVN bit for bit, and no other port gets any", async () => {
  await vtap.request("PUT", "/policies/tap", copying(at("hv2", "there"), at("hv1", "here")));
  await vtap.policyIs("tap", "active");
  const { there, here, ...others } = await copied(FRAMES);
  expect({ there, here }).toEqual({ there: hex(FRAMES), here: hex(FRAMES) });
  expect(Object.keys(others)).toEqual(["a2"]);
  // What is copied while counting begins is left out.
  await waitFor(
    async () => {
      const before = await packets();
      await copied(FRAMES);
      await new Promise((resolve) => setTimeout(resolve, 1_200));
      const after = await packets();
      return after.every((count, n) => count - (before[n] ?? 0) === 2 * FRAMES.length);
    },
    { what: "the copies to be counted at both ends" },
  );
  // Outer packets are of low priority.
  expect(await lab.appctl("hv1", "dpctl/dump-flows")).toMatch(/tnl_push\(.*tos=0x20/);
  const { ways } = await vtap.get("/policies/tap/plan");
  expect(ways).toMatchObject([
    { monitor: "port there of switch br-hv2", marking: "overlay", to: { switch: "br-hv2" } },
    { monitor: "port here of switch br-hv1", marking: "direct" },
  ]);
});

test("probes as long as frames of an Ethernet show that packets of the network between are too short", async () => {
  const because = async () => (await vtap.get("/policies/tap")).health.because.join();
  await waitFor(async () => (await because()).includes("probes of 1514 bytes from"), {
    what: "long probes to be lost",
  });
  expect(await because()).not.toContain("probes from");
  for (const name of HYPERVISORS) {
    for (const port of ["br-phys", "wire"]) {
      await lab.vsctl(name, "set", "interface", port, "mtu_request=1600");
    }
  }
  await waitFor(async () => (await vtap.get("/policies/tap")).health.state === "healthy", {
    what: "long probes to arrive",
  });
  const long = udp(a1, a2, { src: 1000, dst: 80 }, { data: "x".repeat(1472) });
  expect((await copied([long])).there).toEqual(hex([long]));
});

test("a restart keeps the tunnels, and copies leave meanwhile", async () => {
  const before = await Promise.all(HYPERVISORS.map(tunnelPorts));
  await vtap.stop("SIGKILL");
  expect((await copied(FRAMES)).there).toEqual(hex(FRAMES));
  await startVtap();
  await vtap.policyIs("tap", "active");
  expect((await copied(FRAMES)).there).toEqual(hex(FRAMES));
  // Longer than ports stay that no policy needs.
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect(await Promise.all(HYPERVISORS.map(tunnelPorts))).toEqual(before);
  expect((await copied(FRAMES)).there).toEqual(hex(FRAMES));
});

test("truncated copies, and monitors of which each gets a share of the flows", async () => {
  const balanced = { balance: [at("hv2", "there"), at("hv2", "there2")] };
  const policy = { ...copying(balanced), copy: { truncate: 64, delivery: "overlay" } };
  await vtap.request("PUT", "/policies/tap", policy);
  await vtap.policyIs("tap", "active");
  const flows = Array.from({ length: 16 }, (_, n) =>
    udp(a1, a2, { src: 2000 + n, dst: 80 }, { data: "x".repeat(200) }),
  );
  const { there = [], there2 = [] } = await copied(flows);
  const expected = hex(flows.map((frame) => frame.subarray(0, 64)));
  expect([...there, ...there2].sort()).toEqual(expected.sort());
  expect([there.length > 0, there2.length > 0]).toEqual([true, true]);
});

test("a monitor in the bridge of OpenVTAP's own at the other hypervisor", async () => {
  const capture = join(lab.directory, "hv2", "own.pcap");
  await lab.vsctl(
    "hv2",
    ...["add-port", "br-vtap", "own", "--", "set", "interface", "own", "type=dummy"],
    `options:tx_pcap=${capture}`,
  );
  const own = { port: { switch: "br-hv2.br-vtap", port: "own" } };
  await vtap.request("PUT", "/policies/tap", copying(own));
  await vtap.policyIs("tap", "active");
  await hv("hv1").inject("a1", FRAMES);
  const reader = new PcapReader(capture);
  await waitFor(async () => reader.frames().length >= FRAMES.length, { what: "copies to arrive" });
  expect(hex(reader.frames())).toEqual(hex(FRAMES));
  await lab.vsctl("hv2", "del-port", "br-vtap", "own");
});

test("without policies nothing of OpenVTAP's is left on either hypervisor", async () => {
  const deleted = await vtap.request("DELETE", "/policies/tap?wait=30000");
  expect(deleted.status).toBe(204);
  expect(Object.keys(await copied(FRAMES))).toEqual(["a2"]);
  for (const name of HYPERVISORS) {
    await waitFor(async () => !/br-vtap|v[to][0-9a-f]{6}/.test(await lab.vsctl(name, "show")), {
      what: `the rows of OpenVTAP to go from ${name}`,
    });
  }
});
