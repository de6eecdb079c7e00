// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { OvnLab } from "../../lab/ovn/ovn-lab.ts";
import { h1, h2 } from "../hosts.ts";
import { VtapProcess } from "../vtap-process.ts";

const [PORT, VM] = ["7d2b1f0e-0b6c-4d3c-8a57-5d1c6a1e9f10", "b1f6a0de-1111-4222-8333-444455556666"];

let directory: string;
let ovn: OvnLab;
let vtap: VtapProcess;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "vtap-southbound-"));
  ovn = await OvnLab.start();
  const config = {
    ovsdbConnect: ["hv1", "hv2"].map((name) => `unix:${ovn.databaseOf(name)}`),
    ovnSouthbound: [`unix:${ovn.southbound}`],
    ovsdbHosts: true,
    portsFile: join(directory, "ports.json"),
  };
  await writeFile(join(directory, "config.json"), JSON.stringify(config));
  await ports({});
  const more = ["--config", join(directory, "config.json")];
  vtap = await VtapProcess.start({ data: join(directory, "data"), more });
  await ovn.nbctl("ls-add", "net");
});
afterAll(async () => {
  await vtap?.stop();
  await ovn?.stop();
  await rm(directory, { recursive: true, force: true });
});

const ports = (content: object) =>
  writeFile(join(directory, "ports.json"), JSON.stringify({ ports: content }));

/** A logical port as Neutron writes it. */
const lsp = (change: Record<string, string>) =>
  Object.entries(change).map(([key, value]) => `external_ids:neutron\\:${key}="${value}"`);

const plug = (hypervisor: string, iface: string) =>
  ovn.vsctl(
    ...[hypervisor, "add-port", "br-int", `${hypervisor}-p`, "--", "set", "interface"],
    ...[`${hypervisor}-p`, `external_ids:iface-id=${iface}`],
  );

async function host(mac: string) {
  const { items } = await vtap.get("/hosts?limit=1000");
  return items.find((each: { mac: string }) => each.mac === mac);
}

async function isAt(mac: string, dpid: string): Promise<void> {
  await waitFor(async () => (await host(mac))?.dpid === dpid, { what: `${mac} to be at ${dpid}` });
}

test("an interface has the addresses, the project and the names of its port in OVN", async () => {
  await ovn.nbctl("lsp-add", "net", PORT);
  await ovn.nbctl("lsp-set-addresses", PORT, `${h1.mac} 10.1.1.1 fd00::1`);
  const known = {
    ...{ project_id: "red", port_name: "web", device_id: VM, cidrs: "10.1.1.1/24" },
    network_name: "neutron-77",
  };
  await ovn.nbctl("set", "logical_switch_port", PORT, ...lsp(known));
  await plug("hv1", PORT);
  await isAt(h1.mac, "00000000000000a1");
  expect(await host(h1.mac)).toMatchObject({
    ...{ name: PORT, iface: PORT, ips: ["10.1.1.1", "fd00::1"], origin: "ovsdb" },
    ...{ project: "red", workloads: [VM, "web"], network: "neutron-77" },
  });
  // A policy by address reaches it, as far as its switch.
  await vtap.request("PUT", "/policies/by-ip", {
    ...{ sender: { ip: "10.1.1.1" }, receiver: { workload: "web" }, monitors: [{ host: PORT }] },
  });
  await waitFor(
    async () => (await vtap.policyStatus("by-ip")).reasons.join().includes("00000000000000a1"),
    { what: "the switch of the host among the reasons" },
  );
});

test("of two hypervisors that have it, the one to which OVN has bound it counts", async () => {
  const request = (chassis: string) =>
    ovn.nbctl("set", "logical_switch_port", PORT, `options:requested-chassis=${chassis}`);
  await request("hv1");
  await plug("hv2", PORT);
  // What appears on the second hypervisor later is known: so is what appeared before.
  await ovn.nbctl("lsp-add", "net", "later");
  await ovn.nbctl("lsp-set-addresses", "later", `${h2.mac} 10.1.1.2`);
  await ovn.vsctl(
    ...["hv2", "add-port", "br-int", "later", "--", "set", "interface", "later"],
    "external_ids:iface-id=later",
  );
  await isAt(h2.mac, "00000000000000a2");
  expect((await host(h1.mac)).dpid).toBe("00000000000000a1");
  await request("hv2");
  await isAt(h1.mac, "00000000000000a2");
});

test("another address in OVN is taken up, and no address of it remains", async () => {
  await ovn.nbctl("lsp-set-addresses", PORT, "fa:00:00:00:00:77 10.1.1.77");
  await isAt("fa:00:00:00:00:77", "00000000000000a2");
  expect(await host(h1.mac)).toBeUndefined();
});

test("what the ports file states precedes it, and a file with an error changes nothing", async () => {
  const mac = "fa:00:00:00:00:77";
  // Long enough for a thread of its own.
  const others = Array.from({ length: 2000 }, (_, n) => [`other-${n}`, { workload: `vm-${n}` }]);
  const own = { name: "db", workload: "db-0", ips: ["10.9.9.9"], network: "inner" };
  await ports({ ...Object.fromEntries(others), [PORT]: own });
  vtap.signal("SIGHUP");
  await waitFor(async () => (await host(mac))?.name === "db", { what: "the ports file" });
  expect(await host(mac)).toMatchObject({
    ...{ iface: PORT, ips: ["10.9.9.9"], project: "red", workloads: ["db-0", VM, "web"] },
    network: "inner",
  });
  await ports({ [PORT]: { mac: 5 } });
  vtap.signal("SIGHUP");
  await vtap.logged("the ports file is invalid: nothing is changed");
  expect(await host(mac)).toMatchObject({ name: "db" });
});
