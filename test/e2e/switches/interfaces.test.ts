// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { gratuitousArp, tcp } from "../frames.ts";
import { h1, h2, h4, h5 } from "../hosts.ts";
import { Scenario } from "../scenario.ts";

/** An interface with the addresses of h1, and the virtual machine whose interface it is. */
const [IFACE, VM] = ["3f1c7a52-7c0e-4c55-9d5e-0a4c2b8c1e11", "vm-7"];
const WORKLOAD = [`external_ids:iface-id=${IFACE}`, `external_ids:vm-uuid=${VM}`];
const SHOWN = [...WORKLOAD, `external_ids:attached-mac=${h1.mac}`];
const KEYS = ["iface-id", "attached-mac", "vm-uuid"];

const frame = tcp(h1, h2, { src: 1024, dst: 80 });

let scenario: Scenario;
beforeAll(async () => {
  scenario = await Scenario.start({
    switches: ["s1", "s2"],
    links: [["s1", 10, "s2", 10]],
    hosts: [
      [1, "s1", 1],
      [2, "s1", 2],
      [3, "s2", 3],
      [4, "s2", 4],
      [5, "s1", 5],
      [6, "s2", 6],
    ],
    unnamed: ["h1", "h4", "h5"],
    config: { ovsdb: "127.0.0.1:0", ovsdbHosts: true, auditIntervalSeconds: 86_400 },
  });
  const port = scenario.vtap.lines.find(({ msg }) => msg === "OVSDB listening")?.port;
  await scenario.lab.vsctl("set-manager", `tcp:127.0.0.1:${port}`);
  await scenario.rolesKnown();
  await tap("by-iface", { iface: IFACE }, "h3");
  await tap("by-workload", { workload: VM }, "h6");
});
afterAll(() => scenario?.stop());

function tap(id: string, sender: object, monitor: string) {
  const ends = { sender, receiver: { mac: h2.mac }, monitors: [{ host: monitor }] };
  return scenario.vtap.request("PUT", `/policies/${id}`, ends);
}

async function bothAre(state: string): Promise<void> {
  await scenario.vtap.policyIs("by-iface", state);
  await scenario.vtap.policyIs("by-workload", state);
  await scenario.synced();
}

/** The frame of the workload is copied where it enters by this port, to the monitors of both policies. */
function copiedAt(port: string): Promise<void> {
  return scenario.expectDelivery(port, [frame], { h2: [frame], h3: [frame], h6: [frame] });
}

const set = (port: string, ...ids: string[]) =>
  scenario.lab.vsctl("set", "interface", port, ...ids);
const unset = (port: string) =>
  scenario.lab.vsctl("remove", "interface", port, "external_ids", ...KEYS);

async function placeOf(mac: string): Promise<string | undefined> {
  const { items } = await scenario.vtap.get("/hosts?limit=1000");
  const found = items.find((each: { mac: string }) => each.mac === mac);
  return found && `${found.switch} ${found.port} ${found.origin}`;
}

async function isAt(place: string, mac = h1.mac): Promise<void> {
  await waitFor(async () => (await placeOf(mac)) === place, { what: `a host to be at ${place}` });
  await scenario.synced();
}

test("an interface that no database shows is waited for by its name", async () => {
  await bothAre("pending");
  const [iface, workload] = await Promise.all(
    ["by-iface", "by-workload"].map((id) => scenario.vtap.policyStatus(id)),
  );
  expect(iface.reasons.join()).toContain(`sender iface ${IFACE}: no database of a switch shows`);
  expect(workload.reasons.join()).toContain(`sender workload ${VM}: no database`);
});

test("it is followed to another hypervisor without a frame, and no forged frame moves it", async () => {
  await set("h1", ...SHOWN);
  await bothAre("active");
  await copiedAt("h1");
  await scenario.lab.inject("h4", [gratuitousArp(h1), frame]);
  expect(await placeOf(h1.mac)).toBe("s1 1 ovsdb");

  // For a while both have it, as in a live migration.
  await set("h4", ...SHOWN);
  await isAt("s2 4 ovsdb");
  await copiedAt("h4");
  // It moves back while the other one has it still.
  await unset("h1");
  await set("h1", ...SHOWN);
  await isAt("s1 1 ovsdb");
  await copiedAt("h1");
  await unset("h1");
  await isAt("s2 4 ovsdb");
  await copiedAt("h4");
});

test("it is followed to another OpenFlow port, and to another MAC address", async () => {
  await scenario.lab.renumberPort("h4", 44);
  await isAt("s2 44 ovsdb");
  await copiedAt("h4");
  await set("h4", `external_ids:attached-mac="${h5.mac}"`);
  await isAt("s2 44 ovsdb", h5.mac);
  await bothAre("active");
  const renumbered = tcp({ ...h1, mac: h5.mac }, h2, { src: 1024, dst: 80 });
  await scenario.expectDelivery("h4", [renumbered], {
    ...{ h2: [renumbered], h3: [renumbered], h6: [renumbered] },
  });
  await set("h4", `external_ids:attached-mac="${h1.mac}"`);
  await scenario.lab.renumberPort("h4", 4);
  await isAt("s2 4 ovsdb");
});

test("one that restarts keeps its place, and a stranger at its port gets none of its copies", async () => {
  await unset("h4");
  await scenario.synced();
  await bothAre("active");
  expect(await placeOf(h1.mac)).toBe("s2 4 ovsdb");
  await set("h4", ...SHOWN);
  await copiedAt("h4");

  const stranger = ["external_ids:iface-id=stranger", `external_ids:attached-mac="${h4.mac}"`];
  await unset("h4");
  await set("h4", ...stranger);
  await bothAre("pending");
  const { reasons } = await scenario.vtap.policyStatus("by-iface");
  expect(reasons.join()).toContain(
    `iface ${IFACE}: it has gone, and another interface has its port`,
  );
  const own = tcp(h4, h2, { src: 1024, dst: 80 });
  await scenario.expectDelivery("h4", [frame, own], { h2: [frame, own] });

  await set("h5", ...SHOWN);
  await bothAre("active");
  await copiedAt("h5");
});

test("the port stands for an interface whose address is not stated", async () => {
  await unset("h5");
  await set("h1", ...WORKLOAD);
  // Without an address it is no host.
  await waitFor(async () => !(await placeOf(h1.mac))?.endsWith("ovsdb"), { what: "no host" });
  await bothAre("active");
  // Whatever enters there is its own.
  const other = tcp(h5, h2, { src: 5, dst: 6 });
  await scenario.expectDelivery("h1", [frame, other], {
    ...{ h2: [frame, other], h3: [frame, other], h6: [frame, other] },
  });
  await scenario.expectDelivery("h5", [frame], { h2: [frame] });
});
