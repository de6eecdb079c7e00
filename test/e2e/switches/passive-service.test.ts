// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freePort } from "../../lab/free-port.ts";
import { OvsLab, waitFor } from "../../lab/index.ts";
import { tcp, udp } from "../frames.ts";
import { h1, h2, h3 } from "../hosts.ts";
import { VtapProcess } from "../vtap-process.ts";

const DPID = "0000000000000001";

let directory: string;
let lab: OvsLab;
let running: VtapProcess | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "vtap-passive-"));
  lab = await OvsLab.start();
  const hosts = [1, 2, 3].map((port) => ({ name: `h${port}`, port }));
  await lab.addSwitch({ name: "s1", dpid: DPID, hosts });
  // The entries of another application: table 8 forwards, with a group.
  await lab.bundle("s1", [
    "group add group_id=77,type=all,bucket=actions=output:2",
    "flow add cookie=0x99,table=0,priority=5,actions=resubmit(,8)",
    "flow add cookie=0x99,table=8,priority=10,in_port=1,actions=group:77",
    "flow add cookie=0x99,table=8,priority=10,in_port=2,actions=output:1",
  ]);
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  await lab.stop();
  await rm(directory, { recursive: true, force: true });
});

/** Starts the controller for the bridge at this place; restarts keep what it has stored. */
async function start(connect: string): Promise<VtapProcess> {
  const port = (host: object, number: number) => ({ ...host, switch: "s1", port: number });
  const topology = {
    switches: [{ dpid: DPID, name: "s1", forwarding: { table: 8 }, connect }],
    hosts: [port({ mac: h1.mac }, 1), port({ mac: h2.mac }, 2), port({ mac: h3.mac }, 3)],
  };
  const policies = [
    { id: "tap", sender: { mac: h1.mac }, receiver: { mac: h2.mac }, monitors: [{ mac: h3.mac }] },
  ];
  await writeFile(join(directory, "topology.json"), JSON.stringify(topology));
  await writeFile(join(directory, "policies.json"), JSON.stringify({ policies }));
  running = await VtapProcess.start({
    data: join(directory, "data"),
    topology: [join(directory, "topology.json")],
    policies: [join(directory, "policies.json")],
  });
  return running;
}

/** Everything on the bridge that OpenVTAP has not made. */
async function ofOthers() {
  const flows = (await lab.dumpFlows("s1")).filter((line) => !line.includes("cookie=0x7654"));
  const groups = (await lab.dumpGroups("s1")).filter((line) => line.includes("group_id=77"));
  const rows = await lab.vsctl("--columns=target", "list", "controller");
  const failMode = await lab.vsctl("get-fail-mode", "s1");
  return { flows, groups, rows, failMode };
}

/** Sends numbered frames one by one until it is stopped; returns how many. */
function streaming(): () => Promise<number> {
  let isRunning = true;
  const sending = (async () => {
    let sent = 0;
    for (; isRunning; sent++)
      await lab.give("h1", udp(h1, h2, { src: 1000 + (sent % 5000), dst: 9 }));
    await lab.settle();
    return sent;
  })();
  return () => {
    isRunning = false;
    return sending;
  };
}

test("attach and detach change no entry of others and lose no frame: the management socket", async () => {
  const before = await ofOthers();
  expect(before.flows).toHaveLength(3);
  const stop = streaming();
  let vtap = await start(`unix:${join(lab.directory, "s1.mgmt")}`);
  await vtap.allPoliciesActive();
  expect((await vtap.get("/switches/s1")).address).toBe(`unix:${join(lab.directory, "s1.mgmt")}`);
  // Packet-ins arrive, or links and hosts would not be found.
  await waitFor(async () => (await vtap.get("/switches/s1")).ports.length >= 3);
  await waitFor(() => lab.frames("h3").length > 10, { what: "copies" });
  await vtap.stop();
  vtap = await start(`unix:${join(lab.directory, "s1.mgmt")}`);
  await vtap.allPoliciesActive();
  await vtap.stop("SIGKILL");
  const sent = await stop();
  expect(lab.frames("h2")).toHaveLength(sent);
  expect(await ofOthers()).toEqual(before);
});

test("a passive TCP service: a switch that restarts is connected to again", async () => {
  const port = await freePort();
  await lab.vsctl("set-controller", "s1", `ptcp:${port}:127.0.0.1`);
  const before = await ofOthers();
  expect(before.flows).toHaveLength(3);
  const vtap = await start(`ptcp:127.0.0.1:${port}`);
  await vtap.allPoliciesActive();
  const frame = tcp(h1, h2, { src: 1024, dst: 80 });
  await lab.inject("h1", [frame]);
  expect(lab.frames("h3").map((each) => Buffer.from(each).toString("hex"))).toEqual([
    Buffer.from(frame).toString("hex"),
  ]);
  expect(await ofOthers()).toEqual(before);
  await lab.vsctl("del-controller", "s1");
  await vtap.logged("switch disconnected");
  await lab.vsctl("set-controller", "s1", `ptcp:${port}:127.0.0.1`);
  await vtap.synced("s1");
  expect(await ofOthers()).toEqual(before);
});

test("another switch than the one that the file names there is rejected", async () => {
  await lab.addSwitch({ name: "s2", dpid: "00000000000000ff" });
  const vtap = await start(`unix:${join(lab.directory, "s2.mgmt")}`);
  const isRejected = () =>
    vtap.lines.some(
      ({ msg, reason }) =>
        msg === "switch rejected" && reason === `the topology file expects switch ${DPID} there`,
    );
  await waitFor(isRejected, { what: "the rejection" });
});
