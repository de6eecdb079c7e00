// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { OvnHypervisor } from "../../lab/ovn/hypervisor.ts";
import { OvnLab } from "../../lab/ovn/ovn-lab.ts";
import { arpRequest, ping, udp } from "../frames.ts";
import { hostAddresses } from "../hosts.ts";
import { VtapProcess } from "../vtap-process.ts";

const a1 = hostAddresses(1);
const a2 = hostAddresses(2);
/** On the other side of the router. */
const c1 = { ...hostAddresses(5), ip: "10.2.2.5" };
const router = { mac: "fa:00:00:00:00:fe", ip: "10.1.1.254", ip6: "fd00::fe" };
const stranger = hostAddresses(9);
const service = { ...a2, ip: "10.1.1.100" };

/** Switched, dropped by an ACL, routed, translated, answered by OVN itself, dropped by port security. */
const FRAMES = [
  udp(a1, a2, { src: 1000, dst: 80 }),
  udp(a1, a2, { src: 1000, dst: 9 }),
  udp(a1, { ...c1, mac: router.mac }, { src: 1000, dst: 80 }),
  udp(a1, service, { src: 1000, dst: 53 }),
  arpRequest(a1, router),
  ping(a1, router),
  udp(stranger, a2, { src: 1000, dst: 80 }),
];

let directory: string;
let lab: OvnLab;
let hypervisor: OvnHypervisor;
let vtap: VtapProcess | undefined;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "vtap-ovn-e2e-"));
  lab = await OvnLab.start();
  hypervisor = await OvnHypervisor.open(lab, "hv1");
  await lab.nbctl(
    ...["ls-add", "net", "--", "ls-add", "other", "--", "lr-add", "r"],
    ...["--", "lrp-add", "r", "r-net", router.mac, `${router.ip}/24`],
    ...["--", "lrp-add", "r", "r-other", "fa:00:00:00:00:fd", "10.2.2.254/24"],
    ...["--", "lsp-add", "net", "net-r", "--", "lsp-set-type", "net-r", "router"],
    ...["--", "lsp-set-options", "net-r", "router-port=r-net"],
    ...["--", "lsp-set-addresses", "net-r", "router"],
    ...["--", "lsp-add", "other", "other-r", "--", "lsp-set-type", "other-r", "router"],
    ...["--", "lsp-set-options", "other-r", "router-port=r-other"],
    ...["--", "lsp-set-addresses", "other-r", "router"],
    ...["--", "acl-add", "net", "to-lport", "1000", "udp.dst == 9", "drop"],
    ...["--", "lb-add", "dns", `${service.ip}:53`, `${a2.ip}:5353`, "udp"],
    ...["--", "ls-lb-add", "net", "dns"],
  );
  for (const [name, network, { mac, ip }] of [
    ["a1", "net", a1],
    ["a2", "net", a2],
    ["c1", "other", c1],
  ] as const) {
    await lab.nbctl(
      ...["lsp-add", network, name, "--", "lsp-set-addresses", name, `${mac} ${ip}`],
      ...["--", "lsp-set-port-security", name, `${mac} ${ip}`],
    );
    await hypervisor.addPort(name, name);
  }
  // OVN knows nothing of the port of the monitor.
  await hypervisor.addPort("probe");
  await hypervisor.addPort("probe2");
  await lab.nbctl("--wait=hv", "sync");
});
afterAll(async () => {
  await vtap?.stop();
  hypervisor?.close();
  await lab?.stop();
  await rm(directory, { recursive: true, force: true });
});

const at = (name: string) => ({ switch: "br-int", port: name });

async function attach(
  forwarding: unknown = "beside",
  more: readonly object[] = [],
): Promise<VtapProcess> {
  const topology = {
    switches: [
      {
        ...{ dpid: "00000000000000a1", name: "br-int", forwarding },
        connect: `unix:${hypervisor.management}`,
      },
    ],
    hosts: [
      { name: "probe", mac: "fa:00:00:00:00:66", ...at("probe") },
      { name: "probe2", mac: "fa:00:00:00:00:67", ...at("probe2") },
      // So that what it sends is recognized where it leaves.
      { name: "a1", ...{ mac: a1.mac, ips: [a1.ip] }, ...at("a1") },
    ],
  };
  const policies = [
    ...more,
    {
      ...{ id: "tap", sender: { port: at("a1") }, receiver: "any", direction: "forward" },
      monitors: [{ host: "probe" }],
    },
  ];
  await writeFile(join(directory, "topology.json"), JSON.stringify(topology));
  await writeFile(join(directory, "policies.json"), JSON.stringify({ policies }));
  const ovsdbConnect = [`unix:${lab.databaseOf("hv1")}`];
  const config = JSON.stringify({ ovsdbConnect, ovsdbWrites: true });
  await writeFile(join(directory, "config.json"), config);
  vtap = await VtapProcess.start({
    data: join(directory, "data"),
    more: ["--config", join(directory, "config.json")],
    topology: [join(directory, "topology.json")],
    policies: [join(directory, "policies.json")],
  });
  await vtap.allPoliciesActive();
  return vtap;
}

/** What leaves by each port after the frames of a1. */
async function delivered(): Promise<Record<string, string[]>> {
  hypervisor.taken();
  await hypervisor.inject("a1", FRAMES);
  return hypervisor.taken();
}

const ofOthers = async () =>
  (await hypervisor.dumpFlows()).filter((line) => !line.includes("cookie=0x7654"));
const copies = FRAMES.map((frame) => Buffer.from(frame).toString("hex"));

test("what OVN switches, routes, translates, answers and drops is the same, and every frame is copied", async () => {
  const alone = await delivered();
  expect(Object.keys(alone).sort()).toEqual(["a1", "a2", "c1"]);
  expect(alone.a1).toHaveLength(2);
  expect(alone.a2).toHaveLength(2);
  expect(alone.c1).toHaveLength(1);
  const before = await ofOthers();
  const running = await attach();
  expect(await delivered()).toEqual({ ...alone, probe: copies });
  expect(await ofOthers()).toEqual(before);

  // It clears all entries, groups and meters of the bridge, and fills it again.
  await hypervisor.restartController();
  await lab.nbctl("--wait=hv", "sync");
  const isBack = async () => {
    const now = await delivered();
    return JSON.stringify(now) === JSON.stringify({ ...alone, probe: copies });
  };
  await waitFor(isBack, { what: "originals and copies as before" });
  await running.logged("entries changed by another controller or operator are repaired");
  await running.allPoliciesActive();

  await running.stop("SIGKILL");
  expect(await delivered()).toEqual({ ...alone, probe: copies });
  await hypervisor.ofctl(
    "del-flows",
    hypervisor.management,
    "cookie=0x7654000000000000/0xffff000000000000",
  );
  expect(await delivered()).toEqual(alone);
}, 120_000);

test("by mirrors: what a1 sends before OVN, and what others get after ACLs, NAT and routing; each frame once", async () => {
  const alone = await delivered();
  const before = await ofOthers();
  const received = (id: string, to: string, monitor: string) => ({
    ...{ id, sender: "any", receiver: { port: at(to) }, direction: "forward" },
    monitors: [{ host: monitor }],
  });
  const running = await attach({ beside: { mirrors: true } }, [
    received("a2-view", "a2", "probe2"),
    received("c1-too", "c1", "probe"),
    received("a2-too", "a2", "probe"),
  ]);
  // What is routed to c1 is another frame than what a1 has sent; what a2 gets from a1 has been copied there.
  const expected = {
    ...alone,
    probe: [...copies.slice(0, 3), ...(alone.c1 ?? []), ...copies.slice(3)],
    probe2: alone.a2,
  };
  const isAsExpected = async () =>
    JSON.stringify(sorted(await delivered())) === JSON.stringify(sorted(expected));
  expect(sorted(await delivered())).toEqual(sorted(expected));
  expect(await ofOthers()).toEqual(before);

  await hypervisor.restartController();
  await lab.nbctl("--wait=hv", "sync");
  await waitFor(isAsExpected, { what: "originals and copies as before" });
  await running.allPoliciesActive();

  await running.stop("SIGKILL");
  expect(sorted(await delivered())).toEqual(sorted(expected));
  expect(sorted(await delivered())).toEqual(sorted(expected));
}, 120_000);

/** In order of ports, and of frames. */
function sorted(frames: Record<string, string[] | undefined>) {
  return Object.entries(frames)
    .map(([port, all = []]) => [port, [...all].sort()] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
