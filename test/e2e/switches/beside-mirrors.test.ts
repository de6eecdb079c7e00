// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { agentPipeline } from "../../lab/agent-pipeline.ts";
import { OvsLab, waitFor } from "../../lab/index.ts";
import { arpRequest, tcp, udp } from "../frames.ts";
import { h1, h2, h3, h4, hostAddresses } from "../hosts.ts";
import { VtapProcess } from "../vtap-process.ts";

const DPID = "0000000000000001";
/** h1 and h2 are in one VLAN of the bridge, h3 in another; h4 is a monitor there. */
const HOSTS = [h1, h2, h3, h4];
const TAGS = { h1: 1, h2: 1, h3: 2, h4: 4095 };
const PIPELINE = agentPipeline(HOSTS.map(({ mac, ip }, index) => ({ port: index + 1, mac, ip })));

let directory: string;
let lab: OvsLab;
let vtap: VtapProcess;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "vtap-beside-mirrors-"));
  lab = await OvsLab.start();
  const hosts = HOSTS.map((_, index) => ({ name: `h${index + 1}`, port: index + 1 }));
  await lab.addSwitch({ name: "s1", dpid: DPID, hosts });
  for (const [host, tag] of Object.entries(TAGS)) await lab.vsctl("set", "port", host, `tag=${tag}`);
  await lab.bundle("s1", PIPELINE);
});
afterEach(async () => {
  await vtap?.stop();
  await lab.stop();
  await rm(directory, { recursive: true, force: true });
});

const AT_PROBE = { port: { switch: "s1.br-vtap", port: "probe0" } };

async function start(policies: readonly object[], config: object = {}): Promise<VtapProcess> {
  const topology = {
    switches: [
      {
        ...{ dpid: DPID, name: "s1", forwarding: { beside: { mirrors: true } } },
        connect: `unix:${join(lab.directory, "s1.mgmt")}`,
      },
    ],
    hosts: HOSTS.map(({ mac, ip }, index) => {
      return { name: `h${index + 1}`, mac, ips: [ip], switch: "s1", port: index + 1 };
    }),
  };
  await writeFile(join(directory, "topology.json"), JSON.stringify(topology));
  await writeFile(join(directory, "policies.json"), JSON.stringify({ policies }));
  const settings = { ovsdbConnect: [`unix:${join(lab.directory, "db.sock")}`], ovsdbWrites: true };
  await writeFile(join(directory, "config.json"), JSON.stringify({ ...settings, ...config }));
  vtap = await VtapProcess.start({
    more: ["--config", join(directory, "config.json")],
    data: join(directory, "data"),
    topology: [join(directory, "topology.json")],
    policies: [join(directory, "policies.json")],
  });
  return vtap;
}

const policy = (id: string, more: object) => ({
  ...{ id, sender: { host: "h1" }, receiver: "any", direction: "forward", monitors: [AT_PROBE] },
  ...more,
});

/** Plugs a monitor into OpenVTAP's own bridge, which a policy has made. */
async function plugIn(): Promise<void> {
  await waitFor(async () => (await bridges()).includes("br-vtap"), { what: "br-vtap" });
  await lab.addHost("probe0", "br-vtap", 30);
}

const bridges = async () => (await lab.vsctl("list-br")).trim().split("\n");

/** What OpenVTAP has not made, and must not change. */
async function ofOthers() {
  const flows = (await lab.dumpFlows("s1")).filter((line) => !line.includes("cookie=0x7654"));
  const columns = ["controller", "fail_mode", "other_config", "external_ids", "protocols"];
  const row = await lab.vsctl("--bare", `--columns=${columns}`, "find", "bridge", "name=s1");
  const ports = (await lab.vsctl("list-ports", "s1")).split("\n");
  return { flows, row, ports: ports.filter((name) => !name.startsWith("vt")) };
}

const hex = (frame: Uint8Array) => Buffer.from(frame).toString("hex");
const stranger = hostAddresses(9);
/** Of each some that the pipeline delivers, and some that it drops. */
const FRAMES = [
  tcp(h1, h2, { src: 1024, dst: 80 }),
  udp(h1, h3, { src: 1024, dst: 80 }),
  arpRequest(h1, h2),
  tcp(stranger, h2, { src: 1, dst: 2 }),
  tcp(h1, stranger, { src: 5, dst: 6 }),
];

/** What arrives after frames of h1, apart from copies. */
async function delivered() {
  lab.clear();
  await lab.inject("h1", FRAMES);
  const { h4: _, probe0: __, ...others } = lab.received();
  return others;
}

test("a port's frames are copied as it sends them, and nothing of the other application changes", async () => {
  const [before, alone] = [await ofOthers(), await delivered()];
  expect(alone.h2?.length).toBeGreaterThan(0);
  await start([policy("tap", { sender: { port: { switch: "s1", port: 1 } } })]);
  await plugIn();
  await vtap.allPoliciesActive();
  expect(await delivered()).toEqual(alone);
  expect(lab.frames("probe0").map(hex)).toEqual(FRAMES.map(hex));
  expect(await ofOthers()).toEqual(before);
  expect((await lab.dumpFlows("s1")).filter((each) => each.includes("0x7654"))).toEqual([]);
});
