// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../lab/free-port.ts";
import { OvsLab, waitFor } from "../../lab/index.ts";
import { Authority } from "../certificates.ts";
import { runVtap, VtapProcess } from "../vtap-process.ts";

const DPID = "0000000000000001";

let directory: string;
let lab: OvsLab;
let vtap: VtapProcess;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "vtap-doctor-"));
  const topology = join(directory, "topology.json");
  await writeFile(topology, JSON.stringify({ switches: [{ dpid: DPID, name: "s1" }] }));
  lab = await OvsLab.start();
  // As ovs-ctl does.
  await lab.vsctl("set", "Open_vSwitch", ".", "ovs_version=3.1.0");
  vtap = await VtapProcess.start({
    ...{ data: join(directory, "data"), topology: [topology] },
    more: ["--ovsdb", "127.0.0.1:0"],
  });
  await lab.addSwitch({ name: "s1", dpid: DPID, hosts: [{ name: "h1", port: 1 }] });
});
afterAll(async () => {
  await lab?.stop();
  await vtap?.stop();
  await rm(directory, { recursive: true, force: true });
});

/** What `vtap doctor` finds wrong, as subject, result, detail and remedy; and its exit code. */
async function doctor(...argv: string[]) {
  const { code, stdout, stderr } = await runVtap(["doctor", ...argv, "--json"]);
  if (stdout === "") throw new Error(stderr);
  const { checks } = JSON.parse(stdout) as { checks: Record<string, string>[] };
  const wrong = checks
    .filter(({ result }) => result !== "ok")
    .map(({ subject, result, detail, remedy }) => [subject, result, detail, remedy]);
  return { code, wrong, checks };
}

const bridge = () => doctor("--ovsdb", `unix:${lab.directory}/db.sock`, "--bridge", "s1");
const controller = () => doctor("--server", `http://127.0.0.1:${vtap.httpPort}`);

/** Runs a remedy, as a user copies it, with what it leaves open filled in. */
async function carryOut(remedy = ""): Promise<void> {
  const command = remedy.replace("tcp:ADDRESS-OF-VTAP:6653", vtap.target);
  const [, words = ""] = /ovs-vsctl (.*)$/.exec(command) ?? [];
  await lab.vsctl(...words.split(" "));
}

test("a bridge with faults is in order when what the command says has been done", async () => {
  await lab.vsctl("set", "bridge", "s1", "protocols=OpenFlow10,OpenFlow13");
  await lab.vsctl("set-fail-mode", "s1", "standalone");
  const first = await bridge();
  expect(first.code).toBe(3);
  expect(first.wrong.map(([, result, detail]) => [result, detail?.slice(0, 27)])).toEqual([
    ["fail", "OpenFlow 1.4 is not enabled"],
    ["warn", "no controller is configured"],
    ["warn", "the fail mode is standalone"],
  ]);

  const dead = `tcp:127.0.0.1:${await freePort()}`;
  await lab.vsctl("set-controller", "s1", dead);
  const wrongAddress = await waitFor(async () => {
    const { wrong } = await bridge();
    return wrong.find(([, , detail]) => detail?.includes("(Connection refused)"));
  });
  expect(wrongAddress.slice(0, 2)).toEqual(["bridge s1", "fail"]);
  expect(wrongAddress[2]).toContain(dead);

  // The controller's view: the switch is named, and not there.
  expect((await controller()).wrong).toContainEqual([
    ...[`switch s1 (${DPID})`, "fail", "not connected"],
    "on the switch: vtap doctor --ovsdb unix:/var/run/openvswitch/db.sock --bridge s1",
  ]);
  await carryOut(wrongAddress[3]);
  const rejected = await waitFor(async () => {
    const { wrong } = await controller();
    return wrong.find(([, , detail]) => detail?.startsWith("rejected"));
  });
  expect(rejected[2]).toMatch(/the peer speaks OpenFlow .*, not 1\.4/);
  expect(rejected[3]).toBe("on the switch: ovs-vsctl add bridge BRIDGE protocols OpenFlow14");

  await carryOut(first.wrong[0]?.[3]);
  await vtap.synced("s1");
  // The switch writes into its database every few seconds which controllers are connected.
  const { wrong } = await waitFor(async () => {
    const found = await bridge();
    return found.code === 0 && found;
  });
  expect(wrong).toEqual([
    ["bridge s1", "warn", expect.any(String), "ovs-vsctl set-fail-mode s1 secure"],
  ]);
  await carryOut(wrong[0]?.[3]);
  expect(await bridge()).toMatchObject({ code: 0, wrong: [] });
});

test("what a controller knows of its switches", async () => {
  await vtap.synced("s1");
  const port = vtap.lines.find(({ msg }) => msg === "OVSDB listening")?.port;
  await lab.vsctl("set-manager", `tcp:127.0.0.1:${port}`);
  await waitFor(async () => (await vtap.get("/switches/s1")).ovsdb?.connected);
  const whole = await controller();
  // Only the rejections of the former test are left.
  expect(whole.wrong.filter(([subject]) => subject?.startsWith("switch"))).toEqual([]);
  expect(whole.checks).toContainEqual({
    ...{ subject: `switch s1 (${DPID})`, result: "ok" },
    detail: expect.stringMatching(/^Open vSwitch \S+, OpenFlow 1\.4 is enabled, .*secure$/),
  });
  await lab.vsctl("set-fail-mode", "s1", "standalone");
  const found = await waitFor(async () => {
    const { wrong } = await controller();
    return wrong.find(([, , detail]) => detail?.includes("standalone"));
  });
  expect(found[3]).toBe("ovs-vsctl set-fail-mode s1 secure, while a controller is connected");
  await lab.vsctl("set-fail-mode", "s1", "secure");
  const other = await lab.vsctl("get-controller", "s1");
  expect(other.trim()).toBe(vtap.target);
});

test("a database over TLS is read with the certificate of connectTls, and one of a stranger is not", async () => {
  const authority = new Authority(directory, "authority");
  const { key, cert } = authority.issue("controller");
  const ofSwitch = authority.issue("s1");
  const port = await freePort();
  const config = join(directory, "tls.json");
  await writeFile(config, JSON.stringify({ connectTls: { key, cert, ca: authority.cert } }));
  const stranger = new Authority(directory, "stranger").issue("s1");
  const over = () =>
    doctor("--ovsdb", `ssl:127.0.0.1:${port}`, "--bridge", "s1", "--config", config);
  await lab.vsctl("set-ssl", stranger.key, stranger.cert, authority.cert);
  await lab.vsctl("set-manager", `pssl:${port}:127.0.0.1`);
  const failed = await over();
  expect([failed.code, failed.wrong.length]).toEqual([3, 1]);
  expect(failed.wrong[0]?.[2]).toMatch(/^cannot be read: /);
  await lab.vsctl("set-ssl", ofSwitch.key, ofSwitch.cert, authority.cert);
  await waitFor(async () => (await over()).code === 0);
});
