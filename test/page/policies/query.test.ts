// SPDX-License-Identifier: Apache-2.0
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseQuery } from "../../../src/page/policies/query.ts";
import { rowOf } from "./rows.ts";

const ROWS = [
  rowOf("web", { name: "Web of the shop", filters: { tcp_dst: 443 } }),
  rowOf("dns", { sender: { ip: "10.9.1.0/24" }, filters: { udp_dst: 53 } }, { state: "degraded" }),
  rowOf("all", { sender: "any", monitors: [{ host: "recorder" }, { ip: "192.0.2.9" }] }),
  rowOf("v6", { receiver: { ip: "fd00:1::5" }, filters: { vlan_vid: 20 } }),
  rowOf("mac", { sender: { mac: "fa:00:00:00:00:07" } }, { origin: "file", owner: "base.json" }),
];

function hits(query: string): string[] {
  return ROWS.filter(parseQuery(query).matches).map(({ id }) => id);
}

test.each([
  ["", ["web", "dns", "all", "v6", "mac"]],
  ["state:degraded", ["dns"]],
  ["-state:active", ["dns"]],
  ["monitor:ids tcp_dst:443", ["web"]],
  ["udp_dst:443", []],
  ["udp_dst:5", []],
  ["10.9.0.0/16", ["dns"]],
  ["10.9.1.7", ["dns"]],
  ["10.8.0.0/16", []],
  ["192.0.2.0/24", ["all"]],
  ["fd00:1::/64", ["v6"]],
  ["vlan:20", ["v6"]],
  ["shop", ["web"]],
  ['"web of the"', ["web"]],
  ["sender:any", ["all"]],
  ["fa:00:00:00:00:07", ["mac"]],
  ["origin:base.json", ["mac"]],
  ["monitor:", ["web", "dns", "all", "v6", "mac"]],
])("%s", (query, ids) => {
  expect(hits(query)).toEqual(ids);
  expect(parseQuery(query).problem).toBeUndefined();
});

test("a wrong key is named, with those that there are", () => {
  const { problem, matches } = parseQuery("stat:active state:degraded");
  expect(problem).toMatch(/^There is no key "stat"\. Keys are: state, /);
  expect(ROWS.filter(matches).map(({ id }) => id)).toEqual(["dns"]);
});

test("any text is a query; more words never select more", () => {
  const word = fc.oneof(fc.constantFrom("state:active", "10.0.0.0/8", "web", "-dns"), fc.string());
  fc.assert(
    fc.property(word, word, (a, b) => {
      // A quote may join what the space would part.
      fc.pre(!`${a}${b}`.includes('"'));
      const both = hits(`${a} ${b}`);
      expect(hits(a).filter((id) => hits(b).includes(id))).toEqual(both);
    }),
  );
});
