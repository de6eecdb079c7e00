// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { OvnHypervisor } from "../../lab/ovn/hypervisor.ts";
import { OvnLab } from "../../lab/ovn/ovn-lab.ts";
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
  const file = async (name: string, content: object) => {
    const path = join(directory, name);
    await writeFile(path, JSON.stringify(content));
    return path;
  };
  const switches = HYPERVISORS.map((name, n) => ({
    ...{ dpid: `00000000000000a${n + 1}`, name: bridgeOf(name) },
    ...{ forwarding: { beside: { mirrors: true } }, connect: `unix:${hv(name).management}` },
  }));
  const ovsdbConnect = HYPERVISORS.map((name) => `unix:${lab.databaseOf(name)}`);
  vtap = await VtapProcess.start({
    data: join(directory, "data"),
    topology: [await file("topology.json", { switches })],
    more: ["--config", await file("config.json", { ovsdbConnect, ovsdbWrites: true })],
  });
});
afterAll(async () => {
  await vtap?.stop();
  for (const each of hypervisors.values()) each.close();
  await lab?.stop();
  await rm(directory, { recursive: true, force: true });
});

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

test("copies cross the network between two hypervisors of OVN bit for bit, and no other port gets any", async () => {
  await vtap.request("PUT", "/policies/tap", copying(at("hv2", "there")));
  await vtap.policyIs("tap", "active");
  const { there, ...others } = await sent(FRAMES);
  expect(there).toEqual(hex(FRAMES));
  expect(Object.keys(others)).toEqual(["a2"]);
  const plan = await vtap.get("/policies/tap/plan");
  expect(plan.ways).toMatchObject([{ marking: "overlay", to: { switch: bridgeOf("hv2") } }]);
});
