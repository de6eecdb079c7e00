// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { formatFileError, formatIpAddress, parsePortsFiles } from "../../../src/topology/index.ts";

function read(...texts: readonly string[]) {
  return parsePortsFiles(texts.map((text, n) => ({ file: `${n + 1}.json`, text })));
}

function errorsOf(...texts: readonly string[]): readonly string[] {
  const parsed = read(...texts);
  return parsed.ok ? [] : parsed.errors.map(formatFileError);
}

test("a ports file states what interfaces are", () => {
  const text = `{ "ports": {
    "a": { "mac": "fa:00:00:00:00:01", "ips": ["10.1.1.1", "fd00::1"], "name": "web",
           "workload": "vm-1", "project": "red" },
    "b": { "workload": ["vm-2", "db"] },
    "c": {}
  } }`;
  const parsed = read(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const [a, ...others] = parsed.value.ports;
  const { ips = [], ...rest } = a ?? { iface: "" };
  expect(rest).toEqual({
    ...{ iface: "a", mac: 0xfa0000000001, name: "web", workloads: ["vm-1"], project: "red" },
  });
  expect(ips.map(formatIpAddress)).toEqual(["10.1.1.1", "fd00::1"]);
  expect(others).toEqual([{ iface: "b", workloads: ["vm-2", "db"] }, { iface: "c" }]);
  expect(read('{ "ports": {} }')).toEqual({ ok: true, value: { ports: [] } });
});

test("all errors of all files are reported with their places, and nothing is read", () => {
  const bad = `{ "ports": {
    "a": { "mac": "01:00:5e:00:00:01" },
    "b": { "ips": ["10.1.1"], "nane": "x" },
    "c": { "name": "web" },
    "d": { "name": "web", "project": "No" }
  } }`;
  expect(errorsOf(bad, "{", '{ "port": {} }')).toMatchInlineSnapshot(`
    [
      "1.json:2:19 /ports/a/mac: "01:00:5e:00:00:01" is not the MAC address of a single host, write the MAC address of the host's interface",
      "1.json:3:20 /ports/b/ips/0: "10.1.1" is not an IPv4 or IPv6 address, write it like "10.1.1.1" or "fd00::1"",
      "1.json:3:31 /ports/b/nane: unknown key "nane", did you mean "name"?",
      "1.json:5:38 /ports/d/project: "No" is not the name of a project, write 1 to 47 of "a-z", "0-9", "_" and "-"",
      "2.json:1:2 /: the file ends before "}", add the missing "}"",
      "3.json:1:1 /ports: "ports" is missing, add it",
      "3.json:1:3 /port: unknown key "port", did you mean "ports"?",
    ]
  `);
});

test("the name of a host is given once", () => {
  const [one, two] = [
    '{ "ports": { "a": { "name": "web" } } }',
    '{ "ports": { "b": { "name": "web" } } }',
  ];
  expect(errorsOf(one, two)).toEqual([
    '2.json:1:29 /ports/b/name: name "web" is already used by interface a, give each its own name, or remove one of them',
  ]);
});
