// SPDX-License-Identifier: Apache-2.0
import { hostAddresses } from "../hosts.ts";
import type { ScenarioPlan } from "../scenario.ts";
import type { Flow } from "./traffic.ts";

const host = (n: number) => ({ mac: hostAddresses(n).mac });
const [h1, h2, h8, h10] = [host(1), host(2), host(8), host(10)];
const udp = (port: number | string) => ({ ip_proto: "udp", udp_dst: port });
const pair = { sender: h1, receiver: h2 };

/** Policies of every form of delivery that release 0.1.0 had; each taps one of `FLOWS`. */
const FILE_POLICIES = [
  { id: "same-switch", ...pair, monitors: [host(4)], filters: udp(7001) },
  { id: "rewrite", ...pair, monitors: [host(3)], filters: udp(7002) },
  { id: "three-monitors", ...pair, monitors: [host(3), host(5), host(4)], filters: udp(7003) },
  { id: "tag", ...pair, monitors: [host(3)], filters: udp(7004), copy: { delivery: "tag" } },
  { id: "any-sender", sender: "any", receiver: h2, monitors: [host(3)], filters: udp(7005) },
  {
    id: "rewrite-ip",
    sender: { ip: hostAddresses(1).ip },
    receiver: { ip: hostAddresses(2).ip },
    monitors: [{ ip: hostAddresses(3).ip }],
    filters: udp(7006),
    copy: { rewriteIp: true },
  },
  {
    id: "tunnel",
    ...pair,
    monitors: [{ ip: "192.0.2.9" }],
    filters: udp(7007),
    copy: { delivery: "tunnel", tunnel: "h7" },
  },
  { id: "truncated", ...pair, monitors: [host(3)], filters: udp(7008), copy: { truncate: 80 } },
];

/** The same over REST. */
export const REST_POLICIES = [
  { id: "sampled", ...pair, monitors: [host(3)], filters: udp(7009), copy: { sample: 0.5 } },
  {
    id: "balanced",
    ...pair,
    monitors: [{ balance: [host(3), host(6)] }],
    filters: udp(7010),
  },
  {
    id: "limited",
    ...pair,
    monitors: [host(3)],
    filters: udp(7011),
    copy: { rateLimit: { pps: 1_000_000 } },
  },
  {
    id: "excluding",
    ...pair,
    monitors: [host(3)],
    filters: udp("7012-7013"),
    exclude: [udp(7013)],
  },
  { id: "both-ways", ...pair, direction: "both", monitors: [host(3)], filters: udp(7014) },
  { id: "overlapping", ...pair, monitors: [host(6)], filters: udp("7000-7003") },
  { id: "normal-near", sender: h8, receiver: h2, monitors: [host(9)], filters: udp(7015) },
  { id: "normal-far", sender: h8, receiver: h2, monitors: [host(3)], filters: udp(7016) },
  { id: "learned", sender: h10, receiver: h2, monitors: [host(5)], filters: udp(7017) },
  {
    id: "port",
    sender: { port: { switch: "s1", port: 1 } },
    receiver: "any",
    monitors: [host(3)],
    filters: udp(7018),
  },
  { id: "tagged", ...pair, monitors: [host(3)], filters: { ...udp(7019), vlan_vid: 50 } },
  { id: "to-normal", sender: h1, receiver: h8, monitors: [host(5)], filters: udp(7020) },
];

/**
 * A ring of four switches with a chord, and a switch of profile `normal` beside it; h10 is learned from
 * its frames. h7 stands for a tunnel port.
 */
export const NETWORK: ScenarioPlan = {
  switches: ["s1", "s2", "s3", "s4", { name: "s5", forwarding: "normal" }],
  links: [
    ["s1", 10, "s2", 10],
    ["s2", 11, "s3", 10],
    ["s3", 11, "s4", 10],
    ["s4", 11, "s1", 11],
    ["s2", 12, "s4", 12],
    ["s3", 12, "s5", 10],
  ],
  hosts: [
    [1, "s1", 1],
    [2, "s3", 1],
    [3, "s4", 1],
    [4, "s1", 2],
    [5, "s2", 1],
    [6, "s4", 2],
    [7, "s1", 7],
    [8, "s5", 1],
    [9, "s5", 2],
    [10, "s2", 2],
  ],
  unnamed: ["h10", "h7"],
  policies: FILE_POLICIES,
  config: { tapVlanRange: "4000-4010", auditIntervalSeconds: 2 },
};

export const FLOWS: readonly Flow[] = [
  { name: "same switch", from: "h1", to: "h2", port: 7001, copies: ["h4", "h6"] },
  { name: "rewrite", from: "h1", to: "h2", port: 7002, copies: ["h3", "h6"] },
  { name: "three monitors", from: "h1", to: "h2", port: 7003, copies: ["h3", "h5", "h4", "h6"] },
  { name: "tag", from: "h1", to: "h2", port: 7004, copies: ["h3"] },
  { name: "any sender", from: "h1", to: "h2", port: 7005, copies: ["h3"] },
  { name: "rewriteIp", from: "h1", to: "h2", port: 7006, copies: ["h3"] },
  { name: "tunnel", from: "h1", to: "h2", port: 7007, copies: ["h7"] },
  { name: "truncated", from: "h1", to: "h2", port: 7008, copies: ["h3"], truncate: 80 },
  { name: "sampled", from: "h1", to: "h2", port: 7009, copies: ["h3"] },
  { name: "balanced", from: "h1", to: "h2", port: 7010, copies: [["h3", "h6"]] },
  { name: "rate limit", from: "h1", to: "h2", port: 7011, copies: ["h3"] },
  { name: "beside an exclude", from: "h1", to: "h2", port: 7012, copies: ["h3"] },
  { name: "excluded", from: "h1", to: "h2", port: 7013, copies: [] },
  { name: "both ways, back", from: "h2", to: "h1", port: 7014, copies: ["h3"] },
  { name: "normal, same switch", from: "h8", to: "h2", port: 7015, copies: ["h9"] },
  { name: "normal, far", from: "h8", to: "h2", port: 7016, copies: ["h3"] },
  { name: "learned sender", from: "h10", to: "h2", port: 7017, copies: ["h5"] },
  { name: "sender port", from: "h1", to: "h2", port: 7018, copies: ["h3"] },
  { name: "tagged frames", from: "h1", to: "h2", port: 7019, vid: 50, copies: ["h3"] },
  { name: "receiver at normal", from: "h1", to: "h8", port: 7020, copies: ["h5"] },
  { name: "untapped", from: "h1", to: "h2", port: 7100, copies: [] },
];
