// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../lab/free-port.ts";
import { OvsLab, waitFor } from "../../lab/index.ts";
import { Authority, type Certified } from "../certificates.ts";
import { EventStream } from "../event-stream.ts";
import { h1, h2, h3 } from "../hosts.ts";
import { Scenario } from "../scenario.ts";
import { VtapProcess } from "../vtap-process.ts";

let directory: string;
let lab: OvsLab;
let vtap: VtapProcess;
let events: EventStream;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "vtap-ovsdb-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Starts the controller with these settings, and a lab with the switch s1 under it. */
async function start(config: object, name = "c", more: object = {}): Promise<void> {
  const path = join(directory, `${name}.json`);
  const topology = join(directory, "topology.json");
  await writeFile(path, JSON.stringify({ auditIntervalSeconds: 1, ...config }));
  await writeFile(topology, JSON.stringify({ switches: [{ dpid: DPID, name: "s1", ...more }] }));
  const data = join(directory, `${name}-data`);
  vtap = await VtapProcess.start({ data, topology: [topology], more: ["--config", path] });
  events = await EventStream.open(vtap.httpPort);
}

const DPID = "0000000000000001";

async function addSwitch(): Promise<void> {
  const hosts = [1, 2].map((port) => ({ name: `h${port}`, port }));
  await lab.addSwitch({ name: "s1", dpid: DPID, hosts, controller: vtap.target });
  await vtap.synced("s1");
}

async function stop(): Promise<void> {
  events?.close();
  await lab?.stop();
  await vtap?.stop();
}

const ovsdb = async () => (await vtap.get("/switches/s1")).ovsdb;
const ovsdbPort = () => Number(vtap.lines.find(({ msg }) => msg === "OVSDB listening")?.port);

describe("a database that connects by set-manager", () => {
  beforeAll(async () => {
    lab = await OvsLab.start();
    await start({ ovsdb: "127.0.0.1:0" });
    await addSwitch();
    expect(await ovsdb()).toBeUndefined();
    await lab.vsctl("set-manager", `tcp:127.0.0.1:${ovsdbPort()}`);
    await events.received("switchDatabase", ({ state }) => state === "connected");
  });
  afterAll(stop);

  test("its settings are those of the switch with the same datapath id", async () => {
    await waitFor(async () => (await ovsdb()).settings.controllers[0]?.connected === true);
    expect(await ovsdb()).toMatchObject({
      connected: true,
      transport: "tcp",
      reasons: [],
      settings: {
        bridge: "s1",
        datapathType: "dummy",
        failMode: "secure",
        vlanLimit: 1,
        protocols: ["OpenFlow14"],
        controllers: [{ target: vtap.target, connected: true }],
        managers: [{ target: `tcp:127.0.0.1:${ovsdbPort()}` }],
        mirrors: [],
        portErrors: [],
      },
    });
    expect((await vtap.get("/switches/s1")).fragmentMode).toBe("normal");
  });

  test("a bridge that is set to standalone is reported with the reason, until it is secure again", async () => {
    await lab.vsctl("set-fail-mode", "s1", "standalone");
    const { old, new: now } = await events.received(
      "switchDatabase",
      (event) => event.new?.failMode === "standalone",
    );
    expect(old).toMatchObject({ failMode: "secure" });
    expect(now).toMatchObject({ bridge: "s1" });
    expect((await ovsdb()).reasons).toEqual([
      expect.stringMatching(/^the fail mode is standalone: .*ovs-vsctl set-fail-mode s1 secure/),
    ]);
    await lab.vsctl("set-fail-mode", "s1", "secure");
    await waitFor(async () => (await ovsdb()).reasons.length === 0);
  });

  test("a mirror is reported", async () => {
    const mirror = ["name=m", "select-src-port=@a", "output-port=@b"];
    await lab.vsctl(
      ...["--id=@a", "get", "port", "h1", "--", "--id=@b", "get", "port", "h2", "--"],
      ...["--id=@m", "create", "mirror", ...mirror, "--", "set", "bridge", "s1", "mirrors=@m"],
    );
    const { new: now } = await events.received("switchDatabase", (e) => e.new?.mirrors.length > 0);
    expect(now.mirrors).toEqual([
      { name: "m", from: ["h1"], to: [], all: false, vlans: [], outputPort: "h2" },
    ]);
    await lab.vsctl("clear", "bridge", "s1", "mirrors");
    await events.received("switchDatabase", (e) => e.old?.mirrors.length > 0);
  });

  test("losses of ports, and the load of the machine, are those of the last audit", async () => {
    await waitFor(async () => (await ovsdb()).losses !== undefined);
    expect((await ovsdb()).losses.ports).toEqual([]);
    expect(await ovsdb()).not.toHaveProperty("load");
    await lab.vsctl("set", "open_vswitch", ".", "other_config:enable-statistics=true");
    const load = await waitFor(async () => (await ovsdb()).load);
    expect(load.processors).toBeGreaterThan(0);
    expect(load.averages).toHaveLength(3);
  });

  test("a database that leaves is reported, and comes back with its settings", async () => {
    await lab.vsctl("del-manager");
    await events.received("switchDatabase", ({ state }) => state === "disconnected");
    expect(await ovsdb()).toMatchObject({ connected: false, reasons: [] });
    await lab.vsctl("set-manager", `tcp:127.0.0.1:${ovsdbPort()}`);
    await waitFor(async () => (await ovsdb()).connected);
  });
});

test("a vlan-limit that changes is measured at once where the database says so", async () => {
  const scenario = await Scenario.start({
    switches: ["s1", "s2"],
    links: [["s1", 10, "s2", 10]],
    hosts: [
      [1, "s1", 1],
      [2, "s1", 2],
      [3, "s2", 3],
    ],
    policies: [
      {
        ...{ id: "tap", sender: { mac: h1.mac }, receiver: { mac: h2.mac } },
        ...{ monitors: [{ mac: h3.mac }], copy: { delivery: "tag" } },
      },
    ],
    // No audit notices it during the test.
    config: { tapVlanRange: "3900-3999", auditIntervalSeconds: 86_400, ovsdb: "127.0.0.1:0" },
  });
  try {
    const { vtap: controller, lab: switches } = scenario;
    const port = controller.lines.find(({ msg }) => msg === "OVSDB listening")?.port;
    await switches.vsctl("set-manager", `tcp:127.0.0.1:${port}`);
    await waitFor(async () => (await controller.get("/switches/s1")).ovsdb?.connected);
    for (const [limit, state] of [
      ["2", "degraded"],
      ["1", "active"],
    ] as const) {
      await switches.vsctl("set", "Open_vSwitch", ".", `other_config:vlan-limit=${limit}`);
      await controller.policyIs("tap", state);
    }
  } finally {
    await scenario.stop();
  }
});

test("a mirror to a monitor's port, and a standalone bridge without a controller, are reasons of policies", async () => {
  const scenario = await Scenario.start({
    switches: ["s1"],
    links: [],
    hosts: [
      [1, "s1", 1],
      [2, "s1", 2],
      [3, "s1", 3],
    ],
    policies: [
      {
        ...{ id: "tap", sender: { mac: h1.mac }, receiver: { mac: h2.mac } },
        monitors: [{ mac: h3.mac }],
      },
    ],
    config: { ovsdb: "127.0.0.1:0" },
  });
  try {
    const { vtap: controller, lab: switches } = scenario;
    const reasons = async () => (await controller.policyStatus("tap")).reasons.join();
    const port = controller.lines.find(({ msg }) => msg === "OVSDB listening")?.port;
    await switches.vsctl("set-manager", `tcp:127.0.0.1:${port}`);
    await switches.vsctl(
      ...["--id=@b", "get", "port", "h3", "--", "--id=@m", "create", "mirror", "name=m"],
      ...["select-all=true", "output-port=@b", "--", "set", "bridge", "s1", "mirrors=@m"],
    );
    await controller.policyIs("tap", "degraded");
    expect(await reasons()).toContain("mirror m of switch s1 sends frames to its port h3");
    await switches.vsctl("clear", "bridge", "s1", "mirrors");
    await controller.policyIs("tap", "active");
    // While a controller is connected nothing is lost.
    await switches.vsctl("set-fail-mode", "s1", "standalone");
    await waitFor(async () => (await controller.get("/switches/s1")).ovsdb.reasons.length > 0);
    await controller.policyIs("tap", "active");
    await switches.vsctl("del-controller", "s1");
    await controller.policyIs("tap", "pending");
    expect(await reasons()).toContain(
      "switch s1 is not connected, and its fail mode is standalone",
    );
  } finally {
    await scenario.stop();
  }
});

test("a database is connected to over its socket; what is not there yet is waited for", async () => {
  const socket = join(directory, "later.sock");
  await start({ ovsdbConnect: [`unix:${socket}`] }, "unix");
  try {
    await vtap.logged("cannot connect to an OVSDB server");
    lab = await OvsLab.start();
    await lab.vsctl("set-manager", `punix:${socket}`);
    await addSwitch();
    await waitFor(async () => (await ovsdb())?.connected);
    expect(await ovsdb()).toMatchObject({ transport: "unix", address: `unix:${socket}` });
  } finally {
    await stop();
  }
});

test("OpenVTAP connects over TLS to a database and to a switch that it trusts", async () => {
  const authority = new Authority(directory, "mutual");
  const { key, cert } = authority.issue("controller");
  const ofSwitch = authority.issue("s1");
  const stranger = new Authority(directory, "stranger").issue("s1");
  const [database, service] = [await freePort(), await freePort()];
  const connectTls = { key, cert, ca: authority.cert };
  const config = { ovsdbConnect: [`ssl:127.0.0.1:${database}`], connectTls };
  await start(config, "out", { connect: `pssl:127.0.0.1:${service}` });
  const refusals = (msg: string) =>
    vtap.lines.filter(
      (each) => each.msg === msg && /self-signed|issuer|verify/.test(`${each.reason}`),
    );
  try {
    lab = await OvsLab.start();
    await lab.addSwitch({ name: "s1", dpid: DPID });
    await lab.vsctl("set-ssl", stranger.key, stranger.cert, authority.cert);
    await lab.vsctl("set-manager", `pssl:${database}:127.0.0.1`);
    await lab.vsctl("set-controller", "s1", `pssl:${service}:127.0.0.1`);
    await waitFor(() => refusals("cannot connect to an OVSDB server").length > 0);
    await waitFor(() => refusals("cannot connect to a switch").length > 0);
    await lab.vsctl("set-ssl", ofSwitch.key, ofSwitch.cert, authority.cert);
    await vtap.synced("s1");
    await waitFor(async () => (await ovsdb())?.connected);
    expect(await ovsdb()).toMatchObject({ transport: "tls", address: `ssl:127.0.0.1:${database}` });
    const certificate = ofSwitch.fingerprint.replaceAll(":", "").toLowerCase();
    expect(await vtap.get("/switches/s1")).toMatchObject({ transport: "tls", certificate });
  } finally {
    await stop();
  }
});

test("expired certificates of the controller are renewed with SIGHUP, in both directions", async () => {
  const authority = new Authority(directory, "renewing");
  const { key, cert } = authority.issue("controller", [], -1);
  const ofSwitch = authority.issue("s1");
  const database = await freePort();
  const tls = { key, cert, ca: authority.cert };
  await start(
    {
      ovsdbConnect: [`ssl:127.0.0.1:${database}`],
      connectTls: tls,
      ovsdbListeners: [{ listen: "127.0.0.1:0", tls: { ...tls, requireClientCertificate: true } }],
    },
    "renewed",
  );
  const expired = (peer: RegExp) =>
    vtap.lines.some(
      ({ peer: from, reason }) =>
        peer.test(`${from}`) && /controller's certificate has expired/.test(`${reason}`),
    );
  const established = (peer: RegExp) =>
    vtap.lines.some(
      ({ msg, peer: from }) => msg === "OVSDB session established" && peer.test(`${from}`),
    );
  // To OpenVTAP, and from it.
  const [incoming, outgoing] = [/^127\.0\.0\.1:/, /^ssl:/];
  try {
    lab = await OvsLab.start();
    await lab.addSwitch({ name: "s1", dpid: DPID });
    await lab.vsctl("set-ssl", ofSwitch.key, ofSwitch.cert, authority.cert);
    const managers = [`ssl:127.0.0.1:${ovsdbPort()}`, `pssl:${database}:127.0.0.1`];
    await lab.vsctl("set-manager", ...managers);
    await waitFor(() => expired(incoming) && expired(outgoing));
    expect(established(/./)).toBe(false);
    authority.issue("controller");
    vtap.signal("SIGHUP");
    await vtap.logged("certificates are reloaded");
    await waitFor(() => established(incoming) && established(outgoing));
  } finally {
    await stop();
  }
});

describe("over TLS", () => {
  let authority: Authority;
  let server: Certified;
  let ofSwitch: Certified;

  beforeAll(async () => {
    authority = new Authority(directory, "authority");
    server = authority.issue("controller");
    ofSwitch = authority.issue("s1");
    lab = await OvsLab.start();
    const { key, cert } = server;
    const tls = { key, cert, ca: authority.cert, requireClientCertificate: true };
    const pins = { [DPID]: ofSwitch.fingerprint };
    const ovsdbListeners = [{ listen: "127.0.0.1:0", tls: { ...tls, pins } }];
    const openflowListeners = [{ listen: "127.0.0.1:0", tls }];
    await start({ ovsdbListeners, openflowListeners }, "tls");
  });
  afterAll(stop);

  const present = ({ key, cert }: Certified, trusted = authority.cert) =>
    lab.vsctl("set-ssl", key, cert, trusted);

  test("a stranger's certificate is rejected, the pinned one is accepted", async () => {
    const target = vtap.lines.filter(({ msg }) => msg === "OpenFlow listening").at(-1)?.port;
    await present(ofSwitch);
    await lab.addSwitch({ name: "s1", dpid: DPID, controller: `ssl:127.0.0.1:${target}` });
    await vtap.synced("s1");
    // Another switch of the same authority shows the datapath id of s1.
    await present(authority.issue("s2"));
    await lab.vsctl("set-manager", `ssl:127.0.0.1:${ovsdbPort()}`);
    await vtap.logged("OVSDB session established");
    await present(ofSwitch);
    await lab.vsctl("del-manager");
    expect(await ovsdb()).toBeUndefined();
    const other = new Authority(directory, "other");
    await present(other.issue("s1"), authority.cert);
    await lab.vsctl("set-manager", `ssl:127.0.0.1:${ovsdbPort()}`);
    await waitFor(() =>
      vtap.lines.some(({ reason }) => /no trusted authority/.test(String(reason))),
    );
    await present(ofSwitch);
    await waitFor(async () => (await ovsdb())?.connected);
    expect(await ovsdb()).toMatchObject({ transport: "tls" });
  });
});
