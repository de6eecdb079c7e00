// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { alternativeNames } from "../../../src/api/access/client-certificate.ts";

test.each([
  ["", []],
  ["DNS:Probe.Example.org", ["DNS:probe.example.org"]],
  [
    "DNS:a, URI:spiffe://Example.org/x, IP Address:192.0.2.1, DNS:b",
    ["DNS:a", "URI:spiffe://Example.org/x", "DNS:b"],
  ],
  ['DNS:"a, DNS:admin.example.org", DNS:b', ["DNS:a, dns:admin.example.org", "DNS:b"]],
  ['URI:"urn:\\"x, DNS:admin.example.org", DNS:b', ['URI:urn:"x, DNS:admin.example.org', "DNS:b"]],
  ["email:admin@example.org, othername:<unsupported>, DNS:b", ["DNS:b"]],
])("the names of %j", (text, expected) => {
  expect(alternativeNames(text)).toEqual(expected);
});
