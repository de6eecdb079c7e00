// SPDX-License-Identifier: Apache-2.0
import type { OvsLab } from "../../lab/index.ts";
import * as frames from "../frames.ts";
import type { Scenario, ScenarioPlan } from "../scenario.ts";

/** Names of the hosts, as people know them: `h<n>` in the lab. */
const NAMES = {
  ...{ h1: "anna-laptop", h2: "web", h3: "db", h4: "dns", h5: "ids", h6: "recorder" },
  ...{ h7: "ben-laptop", h8: "printer" },
} as const;

/** Two spines and three leaves with servers, clients and monitors: a network that a screenshot can show. */
export const OFFICE: ScenarioPlan = {
  switches: ["spine1", "spine2", "leaf1", "leaf2", "leaf3"],
  links: ["leaf1", "leaf2", "leaf3"].flatMap((leaf, index) => [
    [leaf, 11, "spine1", index + 1] as const,
    [leaf, 12, "spine2", index + 1] as const,
  ]),
  hosts: [
    [1, "leaf1", 1],
    [7, "leaf1", 2],
    [8, "leaf1", 3],
    [4, "leaf2", 1],
    [2, "leaf2", 2],
    [3, "leaf2", 3],
    [5, "leaf3", 1],
    [6, "leaf3", 2],
  ],
  uses: Object.fromEntries(Object.entries(NAMES).map(([host, name]) => [host, { name }])),
  config: { countersIntervalSeconds: 1 },
};

const CLIENTS = { ip: "10.1.1.0/24" };

/** Policies in most of the states: one waits for its monitor, one is disabled. */
export const OFFICE_POLICIES: readonly object[] = [
  {
    id: "web-to-ids",
    name: "Web traffic to the IDS",
    sender: CLIENTS,
    receiver: { host: "web" },
    direction: "both",
    monitors: [{ host: "ids" }],
    filters: { tcp_dst: [80, 443, "8000-8099"] },
  },
  {
    id: "dns-to-both",
    name: "DNS queries and answers",
    sender: "any",
    receiver: { host: "dns" },
    direction: "both",
    monitors: [{ host: "ids" }, { host: "recorder" }],
    filters: { udp_dst: 53 },
  },
  {
    id: "database-headers",
    name: "Headers of database sessions",
    sender: { host: "web" },
    receiver: { host: "db" },
    direction: "both",
    monitors: [{ host: "recorder" }],
    filters: { tcp_dst: 5432 },
    copy: { truncate: 128 },
  },
  {
    id: "printer-all",
    name: "Everything of the printer",
    sender: { host: "printer" },
    receiver: "any",
    direction: "both",
    monitors: [{ host: "recorder" }],
  },
  {
    id: "guests-vlan-20",
    name: "Guests in VLAN 20",
    sender: "any",
    receiver: "any",
    monitors: [{ host: "forensics" }],
    filters: { vlan_vid: 20 },
  },
  {
    id: "ping-test",
    name: "Pings, for tests of the monitor",
    sender: { host: "anna-laptop" },
    receiver: { host: "dns" },
    monitors: [{ host: "ids" }],
    filters: { icmpv4_type: 8 },
    enabled: false,
  },
];

/** Frames as the hosts send them in a moment: web sessions, DNS, the database, the printer. */
export async function officeTraffic({ lab, hosts }: Scenario): Promise<void> {
  const at = (name: keyof typeof NAMES) => {
    const host = hosts.get(name);
    if (!host) throw new Error(`no host ${name}`);
    return host;
  };
  const [anna, web, db, dns] = [at("h1"), at("h2"), at("h3"), at("h4")];
  const [ben, printer] = [at("h7"), at("h8")];
  const give = (from: keyof typeof NAMES, list: readonly Uint8Array[]) => giveAll(lab, from, list);
  const port = 40_000;
  await give("h1", [
    frames.tcp(anna, web, { src: port, dst: 443 }),
    frames.tcp(anna, web, { src: port, dst: 443 }),
    frames.udp(anna, dns, { src: port, dst: 53 }),
  ]);
  await give("h7", [frames.tcp(ben, web, { src: port, dst: 80 })]);
  await give("h2", [
    ...[1, 2, 3].map(() => frames.tcp(web, anna, { src: 443, dst: port })),
    frames.tcp(web, ben, { src: 80, dst: port }),
    frames.tcp(web, db, { src: port, dst: 5432 }),
  ]);
  await give(
    "h3",
    [1, 2].map(() => frames.tcp(db, web, { src: 5432, dst: port })),
  );
  await give("h4", [frames.udp(dns, anna, { src: 53, dst: port })]);
  await give("h8", [frames.udp(printer, anna, { src: 161, dst: port })]);
  await lab.settle();
}

async function giveAll(lab: OvsLab, from: string, list: readonly Uint8Array[]): Promise<void> {
  for (const frame of list) await lab.give(from, frame);
}
