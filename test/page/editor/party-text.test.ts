// SPDX-License-Identifier: Apache-2.0
import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  monitorFromText,
  monitorToText,
  normalMac,
  partyFromText,
  partyToText,
} from "../../../src/page/editor/party-text.ts";

test.each([
  ["any", "any"],
  ["*", "any"],
  ["", {}],
  ["h1", { host: "h1" }],
  ["web-1.example", { host: "web-1.example" }],
  ["10.1.0.0/16", { ip: "10.1.0.0/16" }],
  ["FD00:1::/64", { ip: "fd00:1::/64" }],
  ["FA-00-00-00-00-01", { mac: "fa:00:00:00:00:01" }],
  ["fa00.0000.0001", { mac: "fa:00:00:00:00:01" }],
  ["fa0000000001", { mac: "fa:00:00:00:00:01" }],
  ["@dmz", { group: "dmz" }],
  ["iface:3f1c7a52-7c0e", { iface: "3f1c7a52-7c0e" }],
  ["workload:prod/web", { workload: "prod/web" }],
  ["s1:3", { port: { switch: "s1", port: 3 } }],
  ["s1:eth0", { port: { switch: "s1", port: "eth0" } }],
  ["fa:00:00:00:00:01 10.1.1.1", { mac: "fa:00:00:00:00:01", ip: "10.1.1.1" }],
])("%s", (text, party) => {
  expect(partyFromText(text)).toEqual(party);
});

const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/).filter((text) => text !== "any");
const party = fc.oneof(
  fc.constant("any"),
  fc.record(
    {
      host: name,
      mac: fc.constant("fa:00:00:00:00:01"),
      ip: fc.oneof(fc.ipV4(), fc.constant("fd00:1::/64")),
      port: fc.record({ switch: name, port: fc.integer({ min: 1, max: 65_535 }) }),
      group: name,
      iface: name,
      workload: name,
    },
    { requiredKeys: [] },
  ),
);

test("a line says what the party is", () => {
  // A name of hex digits alone may be an address without separators.
  const isMac = (text: string) => normalMac(text) !== undefined;
  fc.assert(
    fc.property(party, (each) => {
      fc.pre(typeof each === "string" || !isMac(String(each.host)));
      expect(partyFromText(partyToText(each) ?? "")).toEqual(each);
      const balanced = { balance: [each, { host: "h9" }] };
      fc.pre(partyToText(each) !== "");
      expect(monitorFromText(monitorToText(balanced) ?? "")).toEqual(balanced);
    }),
  );
});

test("any line is read, and what is read has the same line again", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const once = partyToText(partyFromText(text));
      if (once !== undefined) expect(partyToText(partyFromText(once))).toBe(once);
    }),
  );
});

test("what a line cannot say is left to JSON", () => {
  expect(partyToText({ host: "h1", label: "x" })).toBeUndefined();
  expect(partyToText([{ host: "h1" }])).toBeUndefined();
  expect(monitorToText({ balance: [{ host: "h1" }], weight: 2 })).toBeUndefined();
});
