// SPDX-License-Identifier: Apache-2.0
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PretendSwitch } from "../../lab/pretend-switch.ts";
import type { ServeArguments, VtapProcess } from "../vtap-process.ts";

const SPINES = 20;
const LEAVES = 180;
const HOSTS_PER_LEAF = 2;
/** The first port of a leaf that leads to a spine. */
const UPLINK = 11;

export const SWITCHES = SPINES + LEAVES;

const dpid = (index: number): string => (index + 1).toString(16).padStart(16, "0");
const hostName = (n: number): string => `host${n}`;

/** A host of a leaf, from 0. */
function host(n: number) {
  const [high, low] = [Math.floor(n / 250), (n % 250) + 1];
  return {
    name: hostName(n),
    mac: `fa:01:00:00:${high.toString(16).padStart(2, "0")}:${low.toString(16).padStart(2, "0")}`,
    ips: [`10.20.${high}.${low}`],
    switch: `leaf${Math.floor(n / HOSTS_PER_LEAF)}`,
    port: (n % HOSTS_PER_LEAF) + 1,
  };
}

/** Spines of a leaf: the second one differs in its distance, so that all switches are connected. */
const spinesOf = (leaf: number) => [leaf % SPINES, (leaf * 7 + 3) % SPINES] as const;

/** 200 switches in two tiers, with 360 hosts. */
function topology() {
  const names = [
    ...Array.from({ length: SPINES }, (_, index) => `spine${index}`),
    ...Array.from({ length: LEAVES }, (_, index) => `leaf${index}`),
  ];
  return {
    switches: names.map((name, index) => ({ name, dpid: dpid(index) })),
    links: Array.from({ length: LEAVES }, (_, leaf) =>
      spinesOf(leaf).map((spine, index) => ({
        a: { switch: `leaf${leaf}`, port: UPLINK + index },
        b: { switch: `spine${spine}`, port: 1 + 2 * leaf + index },
      })),
    ).flat(),
    hosts: Array.from({ length: LEAVES * HOSTS_PER_LEAF }, (_, n) => host(n)),
  };
}

/** Policies for pairs of hosts, each for its own port; the monitor is on the sender's leaf. */
function policies(count: number) {
  const hosts = LEAVES * HOSTS_PER_LEAF;
  return Array.from({ length: count }, (_, n) => ({
    id: `pair-${String(n).padStart(5, "0")}`,
    name: `Session ${n}`,
    sender: { host: hostName(n % hosts) },
    receiver: { host: hostName((n + 2 + 2 * Math.floor(n / hosts)) % hosts) },
    monitors: [{ host: hostName((n % hosts) ^ 1) }],
    filters: { tcp_dst: 1024 + (n % 50_000) },
  }));
}

/** Arguments of a controller that knows the network and so many policies. */
export async function serveLarge(directory: string, count: number): Promise<ServeArguments> {
  const write = async (name: string, content: object) => {
    const path = join(directory, name);
    await writeFile(path, JSON.stringify(content));
    return path;
  };
  return {
    data: join(directory, "data"),
    topology: [await write("topology.json", topology())],
    policies: [await write("policies.json", { policies: policies(count) })],
  };
}

/** Switches that confirm everything, all connected. */
export async function connectSwitches(vtap: VtapProcess): Promise<readonly PretendSwitch[]> {
  const leafPorts = [1, 2, UPLINK, UPLINK + 1];
  const spinePorts = Array.from({ length: 2 * LEAVES }, (_, index) => index + 1);
  return Promise.all(
    Array.from({ length: SWITCHES }, (_, index) =>
      PretendSwitch.connect(vtap.openflowPort, BigInt(index + 1), {
        ports: index < SPINES ? spinePorts : leafPorts,
        isOpenVswitch: true,
      }),
    ),
  );
}
