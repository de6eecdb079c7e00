// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { OvnHypervisor } from "../../lab/ovn/hypervisor.ts";
import { OvnLab } from "../../lab/ovn/ovn-lab.ts";
import { SONA_PORTS, type SonaNetwork, sonaPipeline } from "../../lab/sona-pipeline.ts";
import { arpRequest, ping, udp } from "../frames.ts";
import { hostAddresses } from "../hosts.ts";
import { VtapProcess } from "../vtap-process.ts";

const v1 = hostAddresses(1);
const v2 = hostAddresses(2);
const NODES = [
  { name: "hv1", here: v1, there: v2, remote: "192.168.9.2" },
  { name: "hv2", here: v2, there: v1, remote: "192.168.9.1" },
] as const;

describe.each<SonaNetwork>(["FLAT", "VLAN", "VXLAN"])("a SONA network of type %s", (network) => {
  let directory: string;
  let lab: OvnLab;
  let vtap: VtapProcess;
  const nodes: OvnHypervisor[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "vtap-sona-"));
    lab = await OvnLab.start();
    await lab.joinHypervisors();
    for (const [n, { name, here, there, remote }] of NODES.entries()) {
      await lab.vsctl(
        name,
        ...["add-br", "br-sona", "--", "set", "bridge", "br-sona", "datapath_type=dummy"],
        ...["fail-mode=secure", `other-config:datapath-id=00000000000000c${n + 1}`],
        ...["--", "add-port", "br-sona", SONA_PORTS.tunnel, "--", "set", "interface"],
        ...[SONA_PORTS.tunnel, "type=vxlan", "options:remote_ip=flow", "options:key=flow"],
        ...["--", "add-port", "br-sona", SONA_PORTS.physical, "--", "set", "interface"],
        ...[SONA_PORTS.physical, "type=patch", "options:peer=to-sona"],
        ...["--", "add-port", "br-phys", "to-sona", "--", "set", "interface", "to-sona"],
        ...["type=patch", `options:peer=${SONA_PORTS.physical}`],
      );
      const node = await OvnHypervisor.open(lab, name, "br-sona");
      nodes.push(node);
      const attached = (mac: string) => `external-ids:attached-mac="${mac}"`;
      await node.addPort(`v${n + 1}`, `vm-${n + 1}`, attached(here.mac));
      await node.addPort(`p${n + 1}`, `probe-${n + 1}`, attached(hostAddresses(7 + n).mac));
      const instance = (number: number, of: typeof v1) => ({ ...of, port: `v${number}` });
      const ends = { here: instance(n + 1, here), there: instance(2 - n, there), remote };
      for (const flow of sonaPipeline(network, ends)) {
        await node.ofctl("add-flow", node.management, flow);
      }
    }
    const switches = NODES.map((_, n) => ({
      ...{ dpid: `00000000000000c${n + 1}`, name: `sona${n + 1}` },
      forwarding: { beside: { mirrors: true } },
      connect: `unix:${nodes[n]?.management}`,
    }));
    const ovsdbConnect = NODES.map(({ name }) => `unix:${lab.databaseOf(name)}`);
    const settings = { ovsdbConnect, ovsdbWrites: true, ovsdbHosts: true };
    await writeFile(join(directory, "topology.json"), JSON.stringify({ switches }));
    await writeFile(join(directory, "config.json"), JSON.stringify(settings));
  });
  afterAll(async () => {
    await vtap?.stop();
    for (const node of nodes.splice(0)) node.close();
    await lab?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  /** What leaves by each port of both hypervisors after frames of an instance; frames in hex. */
  async function delivered(from: 1 | 2, frames: readonly Uint8Array[]) {
    for (const node of nodes) node.taken();
    await nodes[from - 1]?.inject(`v${from}`, frames);
    const found: Record<string, string[]> = {};
    const isOver = async () => {
      const before = JSON.stringify(found);
      await new Promise((resolve) => setTimeout(resolve, 100));
      for (const node of nodes) {
        for (const [port, got] of Object.entries(node.taken())) {
          found[port] = [...(found[port] ?? []), ...got];
        }
      }
      return before === JSON.stringify(found);
    };
    await waitFor(isOver, { what: "frames to arrive" });
    return found;
  }

  const hex = (frames: readonly Uint8Array[]) =>
    frames.map((each) => Buffer.from(each).toString("hex"));
  const FROM_V1 = [
    ...[53, 80].map((dst) => udp(v1, v2, { src: 1000, dst })),
    ping(v1, v2),
    arpRequest(v1, v2),
  ];
  const FROM_V2 = [53, 80].map((src) => udp(v2, v1, { src, dst: 1000 }));

  test("policies name interfaces: originals stay as they are, copies are bit for bit, by filters, on both hypervisors", async () => {
    const before = [await delivered(1, FROM_V1), await delivered(2, FROM_V2)];
    expect(before[0]?.v2?.slice(0, 2)).toEqual(hex(FROM_V1.slice(0, 2)));
    expect(before[1]?.v1).toEqual(hex(FROM_V2));
    vtap = await VtapProcess.start({
      data: join(directory, "data"),
      topology: [join(directory, "topology.json")],
      more: ["--config", join(directory, "config.json")],
    });
    const monitors = [{ iface: "probe-2" }];
    const pair = { sender: { iface: "vm-1" }, receiver: { iface: "vm-2" }, direction: "both" };
    await vtap.request("PUT", "/policies/dns", { ...pair, monitors, filters: { udp_dst: 53 } });
    const all = { sender: { iface: "vm-1" }, receiver: "any", direction: "forward" };
    await vtap.request("PUT", "/policies/all", { ...all, monitors: [{ iface: "probe-1" }] });
    for (const id of ["dns", "all"]) await vtap.policyIs(id, "active");

    const { p1, p2, ...originals } = await delivered(1, FROM_V1);
    expect(originals).toEqual(before[0]);
    expect(p1).toEqual(hex(FROM_V1));
    expect(p2).toEqual(hex(FROM_V1.slice(0, 1)));
    const reverse = await delivered(2, FROM_V2);
    expect(reverse.p1).toBeUndefined();
    expect(reverse.p2).toEqual(hex(FROM_V2.slice(0, 1)));
    expect(reverse.v1).toEqual(before[1]?.v1);
  });
});
