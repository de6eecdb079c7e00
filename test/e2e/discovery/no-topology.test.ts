// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LabLink, type OvsLab, waitFor } from "../../lab/index.ts";
import { gratuitousArp, tcp } from "../frames.ts";
import { hostAddresses } from "../hosts.ts";
import { Testbed } from "../testbed.ts";
import type { VtapProcess } from "../vtap-process.ts";
import { withoutProbes } from "./own-probes.ts";

/** Ten switches in a ring, with chords across it; two hosts at each. No topology file. */
const SWITCHES = 10;
const names = Array.from({ length: SWITCHES }, (_, index) => `s${index + 1}`);
const links: LabLink[] = [
  ...names.map((name, n): LabLink => [name, 10, names[(n + 1) % SWITCHES] ?? "", 11]),
  ["s1", 12, "s6", 12],
  ["s2", 12, "s7", 12],
  ["s4", 12, "s9", 12],
];
const hosts = Array.from({ length: 2 * SWITCHES }, (_, n) => ({
  name: `h${n + 1}`,
  switch: names[n % SWITCHES] ?? "",
  port: 1 + Math.floor(n / SWITCHES),
  ...hostAddresses(n + 1),
}));
type Host = (typeof hosts)[number];
const host = (n: number): Host => hosts[n - 1] ?? hosts[0] ?? never();

/** Pairs of hosts on different switches, each with a monitor on a third. */
const taps = [1, 2, 3, 4].map((n) => ({
  id: `tap-${n}`,
  sender: { mac: host(n).mac },
  receiver: { mac: host(n + 6).mac },
  monitors: [{ mac: host(n + 13).mac }],
}));

let testbed: Testbed;
let lab: OvsLab;
let vtap: VtapProcess;

beforeAll(async () => {
  testbed = await Testbed.start({ policies: { policies: taps } });
  ({ lab, vtap } = testbed);
  await lab.build({
    switches: names.map((name) => ({
      name,
      hosts: hosts.filter((each) => each.switch === name),
    })),
    links,
  });
});

afterAll(() => testbed?.stop());

test("switches, links and hosts are found, policies become active, frames are delivered", async () => {
  await Promise.all(names.map((name) => lab.setController(name, vtap.target)));
  // Hosts send as soon as there is a network, like real ones: repeatedly, not all at once.
  let found = { switches: 0, links: 0, hosts: 0 };
  await waitFor(
    async () => {
      for (const host of hosts) await lab.inject(host.name, [gratuitousArp(host)]);
      const status = await vtap.get("/status");
      found = { switches: status.switches.connected, links: status.links, hosts: status.hosts };
      return (
        found.switches === SWITCHES && found.links === links.length && found.hosts === hosts.length
      );
    },
    { what: "everything to be found", everyMs: 100 },
  ).catch((cause) => {
    throw new Error(`${JSON.stringify(found)}\n${vtap.log()}`, { cause });
  });
  for (const { mac, switch: name, port, ip } of hosts) {
    const { items } = await vtap.get("/hosts");
    expect(items.find((each: { mac: string }) => each.mac === mac)).toMatchObject({
      dpid: (names.indexOf(name) + 1).toString(16).padStart(16, "0"),
      port,
      ips: [ip],
      origin: "learned",
    });
  }
  await vtap.allPoliciesActive();

  for (const [index] of taps.entries()) {
    const [sender, receiver, monitor] = [host(index + 1), host(index + 7), host(index + 14)];
    const frames = [1, 2, 3].map((src) => tcp(sender, receiver, { src, dst: 80 }));
    const hex = frames.map((frame) => Buffer.from(frame).toString("hex"));
    lab.clear();
    await lab.inject(sender.name, frames);
    expect(withoutProbes(lab.received())).toEqual({ [receiver.name]: hex, [monitor.name]: hex });
  }
});

function never(): never {
  throw new Error("no hosts");
}
