// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { parsePolicy } from "../../../src/policy/index.ts";
import { jsonPointer, parseTopologyFile } from "../../../src/topology/index.ts";

const mac = (n: number) => ({ mac: `fa:00:00:00:00:0${n}` });

function problemsOf(text: string): string[] {
  const parsed = parsePolicy(JSON.parse(text));
  if (parsed.ok) return [];
  return parsed.problems.map(({ path, what }) => `${jsonPointer(path)} ${what}`);
}

const withMembers = (members: string) =>
  `{ "sender": ${JSON.stringify(mac(1))}, "receiver": ${JSON.stringify(mac(2))},
     "monitors": [${JSON.stringify(mac(3))}], ${members} }`;

test.each([
  ['"id": "."', '/id "." cannot be a policy\'s id'],
  ['"id": ".."', '/id ".." cannot be a policy\'s id'],
  ['"filters": { "__proto__": 80 }', '/filters/__proto__ there is no filter "__proto__"'],
  [
    '"exclude": [{ "tcp_dst": 1, "__proto__": 80 }]',
    '/exclude/0/__proto__ there is no filter "__proto__"',
  ],
])("%s is refused", (members, problem) => {
  expect(problemsOf(withMembers(members))).toEqual([problem]);
});

test("an id of dots and more is an id", () => {
  expect(problemsOf(withMembers('"id": "..."'))).toEqual([]);
});

test("a host may have an address of the ranges of tap marks", () => {
  const policy = JSON.stringify({
    sender: mac(1),
    receiver: { mac: "0e:7a:00:00:00:01" },
    monitors: [mac(3)],
  });
  expect(problemsOf(policy)).toEqual([]);
  const topology = {
    switches: [{ dpid: "0000000000000001" }],
    hosts: [{ mac: "0e:7a:ff:ff:ff:ff", switch: "0000000000000001", port: 1 }],
  };
  const parsed = parseTopologyFile(JSON.stringify(topology), "t.json");
  expect(parsed.ok).toBe(true);
});
