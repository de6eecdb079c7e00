// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { ROW_SORTS } from "../../../src/contract/observation/policy-rows.ts";
import { COLUMNS, filterSummary, serverSort } from "../../../src/page/policies/columns.ts";
import { rowOf } from "./rows.ts";

test("columns have orders of the server, in both directions", () => {
  for (const { id, sort } of COLUMNS) {
    if (sort === undefined) continue;
    expect(ROW_SORTS).toContain(serverSort(id));
    expect(serverSort(`-${id}`)).toBe(`-${serverSort(id)}`);
  }
});

test("an order that does not exist is that of the ids", () => {
  expect([serverSort("nothing"), serverSort("-nothing"), serverSort("rate")]).toEqual([
    "id",
    "id",
    "id",
  ]);
});

test("filters are one text", () => {
  const filters = { ipProto: "tcp", vlan: "20", srcPort: "", dstPort: "443", more: "ip_dscp=3" };
  expect(filterSummary(rowOf("a", { filters }))).toBe("tcp dst 443 vlan 20 ip_dscp=3");
  expect(filterSummary(rowOf("a"))).toBe("");
});
