// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { topologyDifference } from "../../src/server/topology-difference.ts";
import { parseTopologyFile, type TopologyConfig } from "../../src/topology/index.ts";

function config(document: object): TopologyConfig {
  const parsed = parseTopologyFile(JSON.stringify(document), "topology.json");
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.value;
}

const dpid = (n: number) => n.toString(16).padStart(16, "0");
const switches = [1, 2, 3].map((n) => ({ dpid: dpid(n), name: `s${n}` }));
const link = (a: number, b: number, more: object = {}) => ({
  a: { switch: `s${a}`, port: 10 + b },
  b: { switch: `s${b}`, port: 10 + a },
  ...more,
});
const host = (n: number, more: object = {}) => ({
  name: `h${n}`,
  mac: `fa:00:00:00:00:0${n}`,
  ips: [`10.0.0.${n}`, `fd00::${n}`],
  switch: "s1",
  port: n,
  ...more,
});
const before = config({ switches, links: [link(1, 2), link(2, 3)], hosts: [host(1), host(2)] });

test("the same entries in another order, and a link from its other end, are no difference", async () => {
  const now = config({
    switches: [...switches].reverse(),
    links: [link(3, 2), link(1, 2)],
    hosts: [host(2), host(1)],
  });
  expect(await topologyDifference(before, now)).toEqual({});
});

test("added, removed and changed entries are counted and named", async () => {
  const now = config({
    switches: [...switches.slice(0, 2), { dpid: dpid(4) }],
    links: [link(1, 2, { weight: 5 })],
    hosts: [host(2, { port: 7 }), host(3), { mac: "fa:00:00:00:00:09", switch: "s1", port: 9 }],
  });
  expect(await topologyDifference(before, now)).toEqual({
    added: { switches: 1, hosts: 2, first: [dpid(4), "h3", "fa:00:00:00:00:09"] },
    removed: { switches: 1, links: 1, hosts: 1, first: ["s3", "s2 port 13 - s3 port 12", "h1"] },
    changed: { links: 1, hosts: 1, first: ["s1 port 12 - s2 port 11", "h2"] },
  });
});

test("a switch that reads fragments otherwise is changed", async () => {
  const [first, ...others] = switches;
  const { links, hosts } = before;
  const now = config({ switches: [{ ...first, fragments: "match" }, ...others] });
  expect(await topologyDifference(before, { ...now, links, hosts })).toEqual({
    changed: { switches: 1, first: ["s1"] },
  });
});

test("only the first few are named", async () => {
  const hosts = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => host(n));
  const { added } = await topologyDifference(before, config({ switches, hosts }));
  expect(added).toEqual({ hosts: 7, first: ["h3", "h4", "h5", "h6", "h7"] });
});
