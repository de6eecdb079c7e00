// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parsePolicyFile } from "../../src/policy/index.ts";
import { parseTopologyFile } from "../../src/topology/index.ts";

test("examples/topology.json is a triangle of three switches with four hosts", () => {
  const file = "examples/topology.json";
  const parsed = parseTopologyFile(readFileSync(file, "utf8"), file);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors, null, 2));
  const { switches, links, hosts } = parsed.value;
  expect([switches.length, links.length, hosts.length]).toEqual([3, 3, 4]);
});

test("examples/policies.json has policies that this version accepts", () => {
  const file = "examples/policies.json";
  const parsed = parsePolicyFile(readFileSync(file, "utf8"), file);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors, null, 2));
  const ids = parsed.value.policies.map(({ policy }) => policy.id);
  expect(ids).toEqual(["web-to-ids", "dns-to-both", "ping-to-recorder"]);
});
