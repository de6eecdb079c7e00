// SPDX-License-Identifier: Apache-2.0
import type { HostView } from "../../src/contract/hosts.ts";
import type { LinkView } from "../../src/contract/links.ts";
import type { RatesFrame } from "../../src/contract/observation/rates.ts";
import type { RejectedConnection } from "../../src/contract/observation/rejected-connections.ts";
import type { GroupView, RuleView } from "../../src/contract/rules.ts";
import type { SwitchView } from "../../src/contract/switches.ts";
import type { HopView } from "../../src/contract/topology.ts";

const S1 = "0000000000000001";
const S2 = "0000000000000002";

const switches: SwitchView[] = [
  {
    dpid: S1,
    name: "s1",
    configured: true,
    admission: "file",
    admissionReason: "a topology file names it",
    connected: true,
    address: "127.0.0.1:40000",
    fragmentMode: "normal",
    ovsdb: { connected: false, since: "2026-01-01T00:00:00.000Z", reasons: [] },
    forwarding: "paths",
    ports: [
      { port: 1, name: "h1", mac: "02:00:00:00:00:01", up: true },
      { port: 10, name: "l12", mac: "02:00:00:00:00:0a", up: false },
    ],
    forgedFrames: 0,
    refused: { count: 0, first: [] },
    overriding: { count: 0, first: [] },
  },
  {
    dpid: S2,
    name: "s2",
    configured: true,
    admission: "file",
    admissionReason: "a topology file names it",
    connected: false,
    forwarding: { table: 1 },
    ports: [],
    forgedFrames: 0,
    refused: { count: 0, first: [] },
    overriding: { count: 0, first: [] },
  },
];

const links: LinkView[] = [
  {
    a: { switch: "s1", dpid: S1, port: 10 },
    b: { switch: "s2", dpid: S2, port: "l21" },
    weight: 1,
    direct: false,
    up: true,
    origin: "file",
    state: "up",
  },
];

const hosts: HostView[] = [
  {
    name: "h1",
    mac: "fa:00:00:00:00:01",
    ips: ["10.1.1.1"],
    switch: "s1",
    dpid: S1,
    port: 1,
    origin: "file",
  },
];

const rejections: RejectedConnection[] = [
  {
    ...{ address: "192.0.2.9", dpid: "0000000000000009", count: 3 },
    ...{ reason: "no topology file names it", at: "2026-01-01T00:00:00.000Z" },
  },
];

const rules: RuleView[] = [
  {
    table: 0,
    priority: 0,
    cookie: "0x7654060000000001",
    category: "tableMiss",
    match: "",
    actions: "drop",
  },
];

const groups: GroupView[] = [
  { groupId: 0x76000000, type: "all", buckets: ["output:1", "output:2"] },
];

const hops: HopView[] = [
  { switch: "s1", dpid: S1, inPort: 1, outPort: 10 },
  { switch: "s2", dpid: S2, inPort: 10, outPort: 1 },
];

export const NO_LINK_RATES: RatesFrame["links"] = {
  ...{ from: [], fromPort: [], to: [], toPort: [] },
  ...{ pps: [], bps: [], copiesPps: [], copiesBps: [] },
};

const linkRates: RatesFrame["links"] = {
  ...{ from: [S1], fromPort: [10], to: [S2], toPort: [10] },
  ...{ pps: [7], bps: [5600], copiesPps: [null], copiesBps: [null] },
};

/** A network of two switches, as the API shows it. */
export const NETWORK = { switches, links, hosts, rejections, rules, groups, hops, linkRates };
