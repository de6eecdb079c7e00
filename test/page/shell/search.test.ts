// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { policyWords, search } from "../../../src/page/shell/search.ts";
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

const found = (text: string, known = KNOWN) =>
  search(text, known).map(({ kind, label }) => [kind, label]);

test("policies that the controller has found come before hosts and switches", () => {
  expect(found("WEB")).toEqual([
    ["policy", "web"],
    ["policy", "the-web"],
    ["host", "web-1"],
  ]);
  const none = { ...KNOWN, policies: [] };
  expect(found("10.1.1", none)).toEqual([["host", "web-1"]]);
  expect(found("polic", none)).toEqual([["screen", "Policies"]]);
  expect(found("  ")).toEqual([]);
});

test("of each kind, what begins with the text comes first", () => {
  const [host] = KNOWN.hosts;
  const hosts = ["the-web", "web-2"].map((name) => ({ ...host, name }) as NonNullable<typeof host>);
  expect(found("web", { ...KNOWN, policies: [], hosts })).toEqual([
    ["host", "web-2"],
    ["host", "the-web"],
  ]);
});

test("what is typed is searched for as it is: no word excludes", () => {
  expect(policyWords("  web  -8443 ")).toBe("web 8443");
  expect([policyWords(" "), policyWords("-")]).toEqual([undefined, undefined]);
});
