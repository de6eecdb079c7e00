// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { agentPipeline } from "../../lab/agent-pipeline.ts";
import { OvsLab, waitFor } from "../../lab/index.ts";
import { EventStream } from "../event-stream.ts";
import { arpRequest, tcp, udp } from "../frames.ts";
import { h1, h2, h3, h4, hostAddresses, mac } from "../hosts.ts";
import { runVtap, VtapProcess } from "../vtap-process.ts";

const DPID = "0000000000000001";
/** h1 and h2 are in one VLAN, h3 in another; h4 is the monitor. */
const HOSTS = [h1, h2, h3, h4];
const PORT = { port: { switch: "s1", port: 1 } };
const PIPELINE = agentPipeline(HOSTS.map(({ mac, ip }, index) => ({ port: index + 1, mac, ip })));

let directory: string;
let lab: OvsLab;
let vtap: VtapProcess;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "vtap-beside-"));
  lab = await OvsLab.start();
  const hosts = HOSTS.map((_, index) => ({ name: `h${index + 1}`, port: index + 1 }));
  await lab.addSwitch({ name: "s1", dpid: DPID, hosts });
  for (const [host, tag] of [
    ["h1", 1],
    ["h2", 1],
    ["h3", 2],
    ["h4", 4095],
  ] as const) {
    await lab.vsctl("set", "port", host, `tag=${tag}`);
  }
  await lab.bundle("s1", PIPELINE);
});
afterEach(async () => {
  await vtap?.stop();
  await lab.stop();
  await rm(directory, { recursive: true, force: true });
});

const TAP = { sender: PORT, receiver: "any", monitors: [mac(h4)] };

async function start(forwarding: unknown = "beside", policy: object = TAP): Promise<VtapProcess> {
  await writeTopology(forwarding);
  const policies = [{ id: "tap", direction: "forward", ...policy }];
  await writeFile(join(directory, "policies.json"), JSON.stringify({ policies }));
  // Probes, if there were any, would leave by every port.
  await writeFile(join(directory, "config.json"), JSON.stringify({ probeIntervalSeconds: 0.2 }));
  vtap = await VtapProcess.start({
    more: ["--config", join(directory, "config.json")],
    data: join(directory, "data"),
    topology: [join(directory, "topology.json")],
    policies: [join(directory, "policies.json")],
  });
  return vtap;
}

async function writeTopology(forwarding: unknown): Promise<void> {
  const connect = `unix:${join(lab.directory, "s1.mgmt")}`;
  const topology = {
    switches: [
      { dpid: DPID, name: "s1", forwarding, connect },
      { dpid: "0000000000000002", name: "s2" },
    ],
    links: [{ a: { switch: "s1", port: 9 }, b: { switch: "s2", port: 9 } }],
    hosts: [
      ...HOSTS.map(({ mac, ip }, index) => {
        return { name: `h${index + 1}`, mac, ips: [ip], switch: "s1", port: index + 1 };
      }),
      { mac: "fa:00:00:00:00:77", switch: "s2", port: 1 },
    ],
  };
  await writeFile(join(directory, "topology.json"), JSON.stringify(topology));
}

/** What OpenVTAP has not made. */
async function ofOthers() {
  const flows = (await lab.dumpFlows("s1")).filter((line) => !line.includes("cookie=0x7654"));
  const failMode = await lab.vsctl("get-fail-mode", "s1");
  const rows = await lab.vsctl("--columns=target", "list", "controller");
  return { flows, failMode, rows };
}

const cli = async (...words: string[]) =>
  (await runVtap([...words, "--server", `http://127.0.0.1:${vtap.httpPort}`])).stdout;

const own = async () =>
  (await lab.dumpFlows("s1")).filter((line) => line.includes("cookie=0x7654"));

const stranger = hostAddresses(9);
const tagged = { tags: [{ vid: 5, pcp: 3 }] };
/** Of each some that the pipeline delivers, and some that it drops. */
const FRAMES = [
  tcp(h1, h2, { src: 1024, dst: 80 }),
  udp(h1, h3, { src: 1024, dst: 80 }),
  arpRequest(h1, h2),
  tcp(stranger, h2, { src: 1, dst: 2 }),
  tcp(h1, h2, { src: 3, dst: 4 }, tagged),
  tcp(h1, stranger, { src: 5, dst: 6 }),
];

/** What arrives at each host after frames of h1, but what the monitor gets. */
async function delivered() {
  lab.clear();
  await lab.inject("h1", FRAMES);
  const { h4: _, ...others } = lab.received();
  return others;
}

const hex = (frame: Uint8Array) => Buffer.from(frame).toString("hex");

test("every frame is copied as it enters, and handled as without OpenVTAP; nothing of others changes", async () => {
  const [before, alone] = [await ofOthers(), await delivered()];
  expect(alone.h2?.length).toBeGreaterThan(0);
  await start();
  await vtap.allPoliciesActive();
  expect(await delivered()).toEqual(alone);
  expect(lab.frames("h4").map(hex)).toEqual(FRAMES.map(hex));
  // Rules for taps alone: nothing for discovery, probes or forwarding.
  const match = "reg10=0/0x8000000,in_port=1";
  for (const each of await own()) {
    expect(each).toMatch(new RegExp(`priority=2\\d{4},${match}.* actions=(group|load:0x1->)`));
  }
  expect((await own()).filter((each) => each.includes(`${match} actions=group:`))).toHaveLength(1);
  expect(await lab.dumpGroups("s1")).toEqual([
    expect.stringMatching(
      /bucket=actions=output:4,bucket=actions=(load:0x1->NXM_NX_REG10\[27\]|set_field:0x8000000\/0x8000000->reg10),resubmit\(,0\)/,
    ),
  ]);
  expect(await ofOthers()).toEqual(before);
  const explained = await cli("explain", "--at", "h1", "--to", "h2", "tcp_dst=80");
  expect(explained).toContain("another application forwards on s1: assumed to act as a switch");
  expect(explained).toContain("s1 port 4");
  await vtap.stop("SIGKILL");
  expect(await delivered()).toEqual(alone);
  expect(await ofOthers()).toEqual(before);
  await start();
  await vtap.allPoliciesActive();
  await vtap.request("POST", "/taps:suspend", { reason: "test" });
  await waitFor(async () => (await own()).length === 0, { what: "no entry of OpenVTAP" });
  expect(await delivered()).toEqual(alone);
  expect(await ofOthers()).toEqual(before);
});

test("tables and groups that another application clears are restored within a second, each time", async () => {
  await start();
  await vtap.allPoliciesActive();
  const tables = await lab.dumpFlows("s1");
  for (const clear of ["del-flows", "del-groups", "del-flows", "del-groups"]) {
    await lab.ofctl(clear, "s1");
    const began = performance.now();
    await lab.bundle("s1", PIPELINE);
    await lab.flowsAreBack("s1", tables);
    expect(performance.now() - began).toBeLessThan(1000);
    await vtap.allPoliciesActive();
  }
});

test("nothing is tapped while an entry of another application reads the mark", async () => {
  const reader = "cookie=0xa9e17,table=60,priority=9,reg10=0x8000000/0x8000000,actions=drop";
  const what =
    "on switch s1 another application reads reg10[27] (cookie=0xa9e17, table=60,priority=9,reg10=0x8000000/0x8000000 actions=drop)";
  await lab.bundle("s1", [`flow add ${reader}`]);
  const alone = await delivered();
  await start();
  const events = await EventStream.open(vtap.httpPort);
  const isRefused = async () => (await vtap.get("/policies/tap")).status.state === "error";
  await waitFor(isRefused, { what: "the error" });
  const { reasons } = (await vtap.get("/policies/tap")).status;
  expect(reasons).toEqual([expect.stringContaining(what)]);
  expect((await vtap.get("/switches/s1")).markRead).toContain(what);
  expect(await cli("switches")).toContain(`s1: nothing is tapped\n  ${what}`);
  expect(await own()).toEqual([]);
  expect(await delivered()).toEqual(alone);
  // Gone, and there again.
  await lab.ofctl("--strict", "del-flows", "s1", reader.replace(/cookie=\w+,|,actions.*/g, ""));
  await vtap.request("POST", "/switches/s1:resync");
  await vtap.allPoliciesActive();
  await events.received("markRead", ({ state }) => state === "ended");
  await lab.bundle("s1", [`flow add ${reader}`]);
  await vtap.request("POST", "/switches/s1:resync");
  await waitFor(isRefused, { what: "the error" });
  const begun = await events.received("markRead", ({ state }) => state === "begun");
  expect(begun.new).toContain(what);
  await waitFor(async () => (await own()).length === 0, { what: "no entry of OpenVTAP" });
  events.close();
});

test("the mark is that of the file; no copies leave by links", async () => {
  await lab.bundle("s1", ["flow add table=60,priority=9,reg10=0x8000000/0x8000000,actions=drop"]);
  const monitors = [mac(h4), { mac: "fa:00:00:00:00:77" }];
  await start("beside", { ...TAP, monitors });
  await waitFor(async () => (await vtap.get("/switches/s1")).markRead !== undefined);
  expect(await own()).toEqual([]);
  await writeTopology({ beside: { mark: "reg3[0]" } });
  vtap.signal("SIGHUP");
  await waitFor(async () => (await own()).length > 0, { what: "the rule" });
  for (const each of await own()) expect(each).toContain("reg3=0/0x1");
  const { status } = await vtap.get("/policies/tap");
  expect(status.reasons).toEqual([
    expect.stringContaining(
      "no copies leave switch s1 for monitor fa:00:00:00:00:77 at another switch",
    ),
  ]);
  await delivered();
  expect(lab.frames("h4").map(hex)).toEqual(FRAMES.map(hex));
});

test("copies are treated as elsewhere; a bridge behind a patch port sees no mark", async () => {
  await lab.addSwitch({ name: "s2", hosts: [{ name: "h5", port: 5 }] });
  await lab.link("s1", 9, "s2", 9);
  await lab.bundle("s1", ["flow add table=60,priority=20,udp,tp_dst=7,actions=output:9"]);
  await lab.bundle("s2", [
    "flow add priority=10,reg10=0x8000000/0x8000000,actions=drop",
    "flow add priority=0,actions=output:5",
  ]);
  await start("beside", { ...TAP, copy: { truncate: 64 } });
  await vtap.allPoliciesActive();
  const frame = udp(h1, h2, { src: 1024, dst: 7 }, { data: "x".repeat(100) });
  lab.clear();
  await lab.inject("h1", [frame]);
  expect(lab.received()).toEqual({ h4: [hex(frame).slice(0, 128)], h5: [hex(frame)] });
});
