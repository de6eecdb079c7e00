// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DatabaseCluster } from "../../lab/database-cluster.ts";
import { DatabaseServer } from "../../lab/database-server.ts";
import { waitFor } from "../../lab/index.ts";
import { EventStream } from "../event-stream.ts";
import { h1 } from "../hosts.ts";
import { VtapProcess } from "../vtap-process.ts";

const SCHEMA = "/usr/share/ovn/ovn-sb.ovsschema";
const PORT = "7d2b1f0e-0b6c-4d3c-8a57-5d1c6a1e9f10";
const [HV1, HV2] = ["00000000000000a1", "00000000000000a2"];
const MEMBERS = [0, 1, 2];
const ESTABLISHED = "OVSDB session established";

let directory: string;
let cluster: DatabaseCluster;
let hypervisors: DatabaseServer[];
let vtap: VtapProcess;
let events: EventStream;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "vtap-cluster-"));
  cluster = await DatabaseCluster.start(SCHEMA, "OVN_Southbound", MEMBERS.length);
  await stateEverything();
  hypervisors = await Promise.all([hypervisor("hv1", HV1), hypervisor("hv2", HV2)]);
  await start(MEMBERS);
});
afterAll(async () => {
  events?.close();
  await vtap?.stop();
  await cluster?.stop();
  for (const each of hypervisors ?? []) await each.stop();
  await rm(directory, { recursive: true, force: true });
});

/** Starts OpenVTAP with these members of the cluster. */
async function start(members: readonly number[]): Promise<void> {
  const config = {
    ovsdbConnect: hypervisors.map(({ socket }) => `unix:${socket}`),
    ovnSouthbound: members.map((member) => `unix:${cluster.socket(member)}`),
    ovsdbHosts: true,
  };
  await writeFile(join(directory, "config.json"), JSON.stringify(config));
  const more = ["--config", join(directory, "config.json")];
  vtap = await VtapProcess.start({ data: join(directory, "data"), more });
  events = await EventStream.open(vtap.httpPort);
}

/** A database whose bridge has the interface; no switch runs, so its columns are written by hand. */
async function hypervisor(name: string, dpid: string): Promise<DatabaseServer> {
  const server = await DatabaseServer.start();
  const iface = [`external_ids:iface-id=${PORT}`, "ofport=5"];
  await server.vsctl(
    ...["add-br", "br-int", "--", "set", "bridge", "br-int", `datapath_id="${dpid}"`],
    ...["--", "set", "open_vswitch", ".", `external_ids:system-id=${name}`],
    ...["--", "add-port", "br-int", "p", "--", "set", "interface", "p", ...iface],
  );
  return server;
}

const named = (name: string) => ["named-uuid", name];
const map = (pairs: Record<string, string>) => ["map", Object.entries(pairs)];
const insert = (table: string, row: object, name: string) => ({
  ...{ op: "insert", table, row },
  "uuid-name": name,
});

/** A port with one address, bound to the first of two hypervisors. */
async function stateEverything(): Promise<void> {
  const chassis = (name: string) => [
    insert("Encap", { type: "geneve", ip: name, chassis_name: name }, `encap_${name}`),
    insert("Chassis", { name, encaps: named(`encap_${name}`) }, name),
  ];
  const row = {
    ...{ logical_port: PORT, tunnel_key: 1, datapath: named("net"), chassis: named("hv1") },
    mac: `${h1.mac} 10.1.1.1`,
    external_ids: map({ "neutron:project_id": "red", "neutron:port_name": "web" }),
  };
  await cluster.transact(
    ...[await cluster.leader(), insert("SB_Global", {}, "root"), ...chassis("hv1")],
    ...[...chassis("hv2"), insert("Datapath_Binding", { tunnel_key: 1 }, "net")],
    insert("Port_Binding", row, "port"),
  );
}

/** Another address of the port, stated at a member. */
const readdress = (member: number, ip: string) =>
  cluster.transact(member, {
    ...{ op: "update", table: "Port_Binding", where: [["logical_port", "==", PORT]] },
    row: { mac: `${h1.mac} ${ip}` },
  });

async function hosts(): Promise<{ ips: string[]; dpid: string; project: string }[]> {
  return (await vtap.get("/hosts?limit=1000")).items;
}

async function hasAddress(ip: string): Promise<void> {
  await waitFor(async () => (await hosts())[0]?.ips.join() === ip, { what: `address ${ip}` });
}

/** What has become of the host since the last call, up to this address: its addresses and where it is, of each change. */
async function changesTo(ip: string): Promise<(string | undefined)[]> {
  await hasAddress(ip);
  await events.received("hostChanged", ({ new: now }) => now?.ips.join() === ip);
  const taken = events.events.splice(0).filter(({ type }) => type === "hostChanged");
  return taken.map(({ new: now }) => now && `${now.ips} ${now.switch} ${now.project}`);
}

test("the port of a cluster is followed to the next leader: nothing is forgotten or moved", async () => {
  await changesTo("10.1.1.1");
  await waitFor(async () => (await hosts())[0]?.dpid === HV1, { what: "its chassis" });
  const former = await cluster.leader();
  await cluster.kill(former);
  const leader = await cluster.leader(MEMBERS.filter((member) => member !== former));
  await readdress(leader, "10.1.1.2");
  expect(await changesTo("10.1.1.2")).toEqual([`10.1.1.2 ${HV1} red`]);
  // It returns with an old copy, which is not read before it is up to date.
  await cluster.restart(former);
  await readdress(former, "10.1.1.3");
  expect(await changesTo("10.1.1.3")).toEqual([`10.1.1.3 ${HV1} red`]);
  expect(await hosts()).toHaveLength(1);
});

test("a leader that is cut off is not read, and the new one is", async () => {
  const former = await cluster.leader();
  await cluster.cutOff(former);
  const others = MEMBERS.filter((member) => member !== former);
  const leader = await cluster.leader(others);
  await readdress(leader, "10.1.1.4");
  expect(await changesTo("10.1.1.4")).toEqual([`10.1.1.4 ${HV1} red`]);

  // With no other member left, what they stated last stays, and not what the copy of this one has.
  for (const member of others) await cluster.kill(member);
  await vtap.logged("OVSDB session ended");
  await hypervisors[0]?.vsctl("set", "interface", "p", "external_ids:vm-uuid=vm-9");
  await waitFor(
    async () => (await vtap.get("/hosts?limit=1000")).items[0].workloads.includes("vm-9"),
    { what: "a change of the hypervisor" },
  );
  expect((await hosts())[0]).toMatchObject({ ips: ["10.1.1.4"], dpid: HV1, project: "red" });

  // One that starts then knows what the hypervisors state, which is no address, until the member is in contact again.
  events.close();
  await vtap.stop();
  await start([former]);
  const peer = `unix:${cluster.socket(former)}`;
  const isUp = () => vtap.lines.some((line) => line.msg === ESTABLISHED && line.peer === peer);
  await waitFor(isUp, { what: "a session with the member" });
  await vtap.request("PUT", "/policies/tap", {
    ...{ sender: { iface: PORT }, receiver: "any", monitors: [{ iface: "monitor" }] },
  });
  const reasons = async () => (await vtap.policyStatus("tap")).reasons.join();
  const unknown = `sender iface ${PORT}: no database`;
  await waitFor(async () => !(await reasons()).includes(unknown), { what: "the interface" });
  expect(await hosts()).toEqual([]);
  for (const member of others) await cluster.restart(member);
  await cluster.leader(others);
  await cluster.restart(former);
  expect(await changesTo("10.1.1.4")).toEqual([`10.1.1.4 ${HV1} red`]);
});
