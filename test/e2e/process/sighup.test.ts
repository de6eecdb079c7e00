// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { PretendSwitch } from "../../lab/pretend-switch.ts";
import { EventStream } from "../event-stream.ts";
import { Testbed } from "../testbed.ts";

const [S1, S2] = ["0000000000000001", "0000000000000002"] as const;

/** A controller with a config file, and with a topology file where one is given. */
async function start(config: object, topology?: object) {
  const testbed = await Testbed.start({ lab: false, config, ...(topology ? { topology } : {}) });
  onTestFinished(() => testbed.stop());
  const { vtap, directory } = testbed;
  const file = join(directory, "topology.json");
  const write = (document: object) => writeFile(file, JSON.stringify(document));
  return { vtap, write, file, directory };
}

test("a controller with nothing to reload survives the signal", async () => {
  const { vtap } = await start({});
  for (let n = 0; n < 3; n++) vtap.signal("SIGHUP");
  await vtap.logged("files are reloaded");
  expect((await vtap.get("/status")).ready).toBe(true);
  expect(await vtap.stop()).toBe(0);
  expect(vtap.lines.filter(({ level }) => level === "error")).toEqual([]);
});

test("unknown switches refused: a switch is disconnected when no file names it, and readmitted later", async () => {
  const switches = [{ dpid: S1, name: "s1" }];
  const { vtap, write } = await start({ unknownSwitches: "refuse" }, { switches });
  const events = await EventStream.open(vtap.httpPort);
  const first = await PretendSwitch.connect(vtap.openflowPort, 1n);
  await vtap.synced("s1");
  await write({ switches: [{ dpid: S2, name: "s2" }] });
  vtap.signal("SIGHUP");
  await first.closed;
  expect(await events.received("switchDisconnected")).toMatchObject({
    ...{ dpid: S1, reason: "it is in no topology file, and unknown switches are refused" },
  });
  const found = await events.received("switchChanged");
  expect(found).toMatchObject({ switch: "s2", new: { admission: "file" } });
  expect(found.old).toBeUndefined();
  const names = async () => {
    const { items } = await vtap.get("/switches");
    return items.map(({ name }: { name: string }) => name);
  };
  expect(await names()).toEqual(["s2"]);
  const refused = await PretendSwitch.connect(vtap.openflowPort, 1n);
  await refused.closed;
  await write({ switches });
  vtap.signal("SIGHUP");
  // The switch that never connected is forgotten.
  expect(await events.received("switchForgotten")).toMatchObject({ old: { name: "s2" } });
  const second = await PretendSwitch.connect(vtap.openflowPort, 1n);
  await vtap.synced("s1");
  expect(await names()).toEqual(["s1"]);
  second.end();
  events.close();
});

test("a file that names switches quarantines the accepted ones, and one without accepts them again", async () => {
  const { vtap, write } = await start({ discovery: false }, {});
  const unknown = await PretendSwitch.connect(vtap.openflowPort, 1n);
  await vtap.synced(S1);
  const bundles = () => unknown.received.get("bundleControl") ?? 0;
  const admission = async () => (await vtap.get(`/switches/${S1}`)).admission;
  const reload = async (document: object, expected: string) => {
    await write(document);
    vtap.signal("SIGHUP");
    await waitFor(async () => (await admission()) === expected, {
      what: expected,
    });
  };
  expect(await admission()).toBe("accepted");
  await reload({ switches: [{ dpid: S2, name: "s2" }] }, "quarantined");
  const before = bundles();
  const host = { mac: "fa:00:00:00:00:01", ips: [], switch: S1, port: 1 };
  expect((await vtap.request("POST", "/hosts", host)).status).toBe(422);
  await reload({ switches: [] }, "accepted");
  await waitFor(() => bundles() > before, { what: "its tables to be written" });
  expect((await vtap.request("POST", "/hosts", host)).status).toBe(201);
  unknown.end();
});

test("a topology path that cannot be right empties no network and stops nothing", async () => {
  const document = { switches: [{ dpid: S1, name: "s1" }] };
  const { vtap, write, file } = await start({}, document);
  const rejected = () => vtap.lines.filter(({ msg }) => /: nothing is changed$/.test(msg)).length;
  const replacements = [
    () => Promise.resolve(),
    () => mkdir(file),
    async () => void execFileSync("mkfifo", [file]),
    () => symlink("/dev/zero", file),
    () => writeFile(file, "{"),
    () => write({}),
  ];
  for (const [index, replace] of replacements.entries()) {
    await rm(file, { recursive: true });
    await replace();
    vtap.signal("SIGHUP");
    await waitFor(() => rejected() === index + 1, { what: `rejection ${index + 1}` });
    expect((await vtap.get("/switches")).items).toMatchObject([{ name: "s1", admission: "file" }]);
    if (index === 0) await writeFile(file, "");
  }
  await rm(file);
  await write({ switches: [...document.switches, { dpid: S2, name: "s2" }] });
  vtap.signal("SIGHUP");
  await vtap.logged("topology files are reloaded");
  const reloaded = vtap.lines.find(({ msg }) => msg === "topology files are reloaded");
  expect(reloaded).toMatchObject({ added: { switches: 1, first: ["s2"] } });
  expect(await vtap.stop()).toBe(0);
});

test("a storm of signals is a few reloads; a changed setting is named", async () => {
  const { vtap, directory } = await start({}, { switches: [{ dpid: S1, name: "s1" }] });
  const config = { auditIntervalSeconds: 30, hostProbes: false };
  await writeFile(join(directory, "config.json"), JSON.stringify(config));
  for (let n = 0; n < 1000; n++) vtap.signal("SIGHUP");
  await vtap.logged("changed settings need a restart");
  const line = vtap.lines.find(({ level }) => level === "warn");
  expect(line).toMatchObject({ settings: ["auditIntervalSeconds", "hostProbes"] });
  expect((await vtap.get("/status")).ready).toBe(true);
  vtap.signal("SIGHUP");
  expect(await vtap.stop()).toBe(0);
  const reloads = vtap.lines.filter(({ msg }) => msg.startsWith("files are reloaded"));
  expect(reloads.length).toBeLessThan(1000);
});

test("a long topology file is read apart: all of it, and of its errors the first thousand", async () => {
  const switches = [{ dpid: S1, name: "s1" }];
  const hosts = Array.from({ length: 3000 }, (_, n) => ({
    mac: `fa:00:00:00:${(n >> 8).toString(16).padStart(2, "0")}:${(n & 255).toString(16).padStart(2, "0")}`,
    ips: [`10.0.${n >> 8}.${n & 255}`, `fd00::${n.toString(16)}`],
    switch: "s1",
    port: 1,
  }));
  const { vtap, write } = await start({}, { switches });
  await write({ switches, hosts });
  vtap.signal("SIGHUP");
  await vtap.logged("topology files are reloaded");
  const { hosts: all } = await vtap.get("/topology");
  expect(all).toHaveLength(3000);
  expect(all.at(-1)).toMatchObject({ mac: "fa:00:00:00:0b:b7", ips: ["10.0.11.183", "fd00::bb7"] });
  const first = await vtap.get("/hosts?limit=1000");
  const second = await vtap.get(`/hosts?limit=1000&cursor=${first.nextCursor}`);
  const third = await vtap.get(`/hosts?limit=1000&cursor=${second.nextCursor}`);
  expect([...first.items, ...second.items, ...third.items]).toEqual(all);
  expect(third.nextCursor).toBeNull();

  await write({ switches, hosts: hosts.map((host) => ({ ...host, switch: "s2" })) });
  vtap.signal("SIGHUP");
  await vtap.logged("topology files are invalid");
  const errors = () =>
    vtap.lines.flatMap(({ msg, error }) =>
      msg.startsWith("topology files are invalid") ? [String(error)] : [],
    );
  await waitFor(async () => errors().length > 1000, { what: "all errors to be logged" });
  expect(errors()).toHaveLength(1001);
  expect(errors().at(-1)).toContain("there are 2000 more problems");
  expect((await vtap.get("/status")).hosts).toBe(3000);
});
