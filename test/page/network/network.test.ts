// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hostDocument, normalMac, readHostFields } from "../../../src/page/network/host-fields.ts";
import {
  filteredRules,
  groupsOf,
  groupText,
  ruleKey,
  ruleText,
} from "../../../src/page/network/rule-text.ts";
import { matchesQuery, sortedBy } from "../../../src/page/network/search.ts";

describe("rules", () => {
  const rule = (priority: number, match: string, actions = "drop", category = "rewriting") => ({
    ...{ table: 0, priority, cookie: "0x7654030000000001", category, match, actions },
  });
  const rules = [rule(10, "in_port=1"), rule(20, "in_port=2,tcp", "group:7", "recovery")];

  test("are written as ovs-ofctl writes them", () => {
    expect(rules.map(ruleText)).toEqual([
      "cookie=0x7654030000000001, table=0, priority=10,in_port=1 actions=drop",
      "cookie=0x7654030000000001, table=0, priority=20,in_port=2,tcp actions=group:7",
    ]);
    expect(ruleText(rule(0, ""))).toContain("priority=0 actions=");
    expect(groupText({ groupId: 7, type: "all", buckets: ["output:1", "output:2"] })).toBe(
      "group_id=7,type=all,bucket=actions=output:1,bucket=actions=output:2",
    );
  });

  test("are filtered by words, category and policy, the highest priority first", () => {
    const priorities = (filter: object) =>
      filteredRules(rules, { text: "", category: "", ...filter }).map(({ priority }) => priority);
    expect(priorities({})).toEqual([20, 10]);
    expect(priorities({ text: "TCP in_port=2" })).toEqual([20]);
    expect(priorities({ text: "in_port=1 tcp" })).toEqual([]);
    expect(priorities({ category: "rewriting" })).toEqual([10]);
    expect(priorities({ keys: new Set(rules.slice(1).map(ruleKey)) })).toEqual([20]);
  });

  test("show the groups that they use", () => {
    const groups = [7, 77].map((groupId) => ({ groupId, type: "all", buckets: [] }));
    expect(groupsOf(rules, groups).map(({ groupId }) => groupId)).toEqual([7]);
  });
});

describe("tables", () => {
  test("are filtered by words that all must occur, in whatever column", () => {
    expect(matchesQuery("S1 up", ["s1", "UP"])).toBe(true);
    expect(matchesQuery("s1 down", ["s1", "up", undefined])).toBe(false);
    expect(matchesQuery("  ", [])).toBe(true);
  });

  test("are sorted by a column, both ways, and lose no row", () => {
    const columns = { name: (row: string) => row, length: (row: string) => row.length };
    expect(sortedBy(["s10", "s2", "s1"], "name", columns)).toEqual(["s1", "s2", "s10"]);
    expect(sortedBy(["s10", "s2"], "-name", columns)).toEqual(["s10", "s2"]);
    expect(sortedBy(["b", "a"], "unknown", columns)).toEqual(["b", "a"]);
    fc.assert(
      fc.property(fc.array(fc.string()), fc.constantFrom("name", "-length"), (rows, sort) => {
        expect([...sortedBy(rows, sort, columns)].sort()).toEqual([...rows].sort());
      }),
    );
  });
});

describe("the form of a host", () => {
  test.each([
    ["FA-00-00-00-00-66", "fa:00:00:00:00:66"],
    ["fa00.0000.0066", "fa:00:00:00:00:66"],
    ["fa0000000066", "fa:00:00:00:00:66"],
    ["fa:00:00:00:00", undefined],
    ["host", undefined],
  ])("takes %s as a MAC address", (text, mac) => {
    expect(normalMac(text)).toBe(mac);
  });

  const fields = {
    name: " ids ",
    mac: "fa0000000066",
    ips: "10.0.0.1, ::1",
    switch: "s1",
    port: "3",
  };

  test("makes the document that the server takes", () => {
    expect(hostDocument(fields)).toEqual({
      ...{ name: "ids", mac: "fa:00:00:00:00:66", ips: ["10.0.0.1", "::1"], switch: "s1", port: 3 },
    });
    expect(hostDocument({ ...fields, name: "", ips: "", port: "eth0" })).toEqual({
      ...{ mac: "fa:00:00:00:00:66", switch: "s1", port: "eth0" },
    });
  });

  test("says what is missing, at its field", () => {
    expect(readHostFields(fields)).toEqual({});
    const empty = { name: "", mac: "", ips: "", switch: "", port: "" };
    expect(Object.keys(readHostFields(empty))).toEqual(["mac", "switch", "port"]);
  });
});
