// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "vitest";
import { type OvsLab, waitFor } from "../../lab/index.ts";
import { linkPortName } from "../../lab/ovs-commands.ts";
import { gratuitousArp, tcp } from "../frames.ts";
import { hostAddresses } from "../hosts.ts";
import { Testbed } from "../testbed.ts";
import type { VtapProcess } from "../vtap-process.ts";
import { withoutProbes } from "./own-probes.ts";

/** A chain of three switches with a host each; there is no topology file. */
const names = ["s1", "s2", "s3"] as const;
const dpids = names.map((_, index) => (index + 1).toString(16).padStart(16, "0"));
const hosts = names.map((name, n) => {
  return { name: `h${n + 1}`, switch: name, port: 1, ...hostAddresses(n + 1) };
});
const [h1, h2, h3] = hosts;

let testbed: Testbed;
let lab: OvsLab;
let vtap: VtapProcess;

beforeAll(async () => {
  testbed = await Testbed.start();
  ({ lab, vtap } = testbed);
  await lab.build({
    switches: names.map((name) => ({
      name,
      controller: vtap.target,
      hosts: hosts.filter((each) => each.switch === name),
    })),
    links: [
      ["s1", 10, "s2", 10],
      ["s2", 11, "s3", 11],
    ],
  });
});

afterAll(() => testbed?.stop());

const cables = async (): Promise<string[]> => {
  const { items } = await vtap.get("/links?limit=100");
  type End = { dpid: string; port: number };
  return items
    .filter(({ up }: { up: boolean }) => up)
    .map(({ a, b }: { a: End; b: End }) =>
      [a, b].map(({ dpid, port }) => `${Number(dpid)}:${port}`).join("-"),
    )
    .sort();
};
const hello = async (host: (typeof hosts)[number]) => lab.inject(host.name, [gratuitousArp(host)]);
const placed = async () =>
  Object.fromEntries(
    (await vtap.get("/hosts")).items.map((each: { mac: string; dpid: string; port: number }) => [
      each.mac,
      `${Number(each.dpid)}:${each.port}`,
    ]),
  );

async function expectEverything(): Promise<void> {
  if (!h1 || !h2 || !h3) throw new Error("no hosts");
  await vtap.allPoliciesActive();
  await vtap.synced(...dpids);
  lab.clear();
  const frames = [1, 2, 3].map((src) => tcp(h1, h2, { src, dst: 80 }));
  const hex = frames.map((frame) => Buffer.from(frame).toString("hex"));
  await lab.inject("h1", frames);
  expect(withoutProbes(lab.received())).toEqual({ h2: hex, h3: hex });
}

test("a cable that was moved while the controller was down is detected", async () => {
  if (!h1 || !h2 || !h3) throw new Error("no hosts");
  await waitFor(async () => String(await cables()) === "1:10-2:10,2:11-3:11", {
    what: "links",
  });
  await vtap.synced(...dpids);
  await waitFor(async () => {
    for (const each of hosts) await hello(each);
    return (await vtap.get("/status")).hosts === 3;
  });
  await vtap.request("POST", "/policies?wait=60000", {
    id: "tap",
    sender: { mac: h1.mac },
    receiver: { mac: h2.mac },
    monitors: [{ mac: h3.mac }],
  });
  await expectEverything();
  for (const { mac } of hosts) await vtap.hostStored(mac);

  await vtap.stop("SIGKILL");
  // s1 is joined to s3 instead of s2: the same ports, other far ends, no port goes down.
  const [at1, at2] = [linkPortName("s1", 10), linkPortName("s2", 10)];
  const join = (port: string, peer: string) =>
    ["set", "interface", port, `options:peer=${peer}`] as const;
  await lab.vsctl("add-port", "s3", "l3-12", "--", "set", "interface", "l3-12", "type=patch");
  await lab.vsctl("set", "interface", "l3-12", `options:peer=${at1}`, "ofport_request=12");
  await lab.vsctl(...join(at1, "l3-12"), "--", ...join(at2, "nowhere"));
  vtap = await testbed.restart({ openflowPort: 0 });
  await Promise.all(names.map((name) => lab.setController(name, vtap.target)));
  await waitFor(async () => String(await cables()) === "1:10-3:12,2:11-3:11", {
    what: "links",
  }).catch(async (cause) => {
    throw new Error(`${JSON.stringify((await vtap.get("/links")).items)}\n${vtap.log()}`, {
      cause,
    });
  });
  await expectEverything();
  expect(await placed()).toEqual({ [h1.mac]: "1:1", [h2.mac]: "2:1", [h3.mac]: "3:1" });
  lab.clear();
  await hello(h1);
  const got = Object.entries(withoutProbes(lab.received())).map(([name, list]) => [
    name,
    list.length,
  ]);
  expect(got.sort()).toEqual([
    ["h2", 1],
    ["h3", 1],
  ]);
});
