// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { search } from "../../../src/page/shell/search.ts";
import { rowOf } from "../policies/rows.ts";

const place = { switch: "s1", dpid: "0000000000000001", port: 1 };
const KNOWN = {
  policies: [rowOf("web", { name: "Shop" }), rowOf("the-web")],
  hosts: [
    {
      ...place,
      name: "web-1",
      mac: "fa:00:00:00:00:01",
      ips: ["10.1.1.1"],
      origin: "file" as const,
    },
  ],
  switches: [],
  screens: [{ name: "policies", label: "Policies" }],
};

const found = (text: string) => search(text, KNOWN).map(({ kind, label }) => [kind, label]);

test("what begins with the text comes first, of each kind", () => {
  expect(found("WEB")).toEqual([
    ["policy", "web"],
    ["policy", "the-web"],
    ["host", "web-1"],
  ]);
  expect(found("10.1.1")).toEqual([["host", "web-1"]]);
  expect(found("polic")).toEqual([["screen", "Policies"]]);
  expect(found("  ")).toEqual([]);
});
