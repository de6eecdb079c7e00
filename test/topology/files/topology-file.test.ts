// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import {
  formatFileError,
  parseTopologyFile,
  parseTopologyFiles,
} from "../../../src/topology/index.ts";

const GOOD = `{
  "switches": [
    { "dpid": "0000000000000001", "name": "s1", "forwarding": "paths" },
    { "dpid": "0x2", "name": "s2", "forwarding": { "table": 5 } }
  ],
  "links": [
    { "a": { "switch": "s1", "port": 10 }, "b": { "switch": "0000000000000002", "port": "up" } }
  ],
  "hosts": [
    { "name": "h1", "mac": "fa:00:00:00:00:01", "ips": ["10.1.1.1", "fd00::1"], "switch": "s1", "port": 1 }
  ]
}`;

function errorsOf(text: string): string[] {
  const result = parseTopologyFile(text, "t.json");
  return result.ok ? [] : result.errors.map(formatFileError);
}

test("a file is read with its defaults", () => {
  expect(parseTopologyFile(GOOD, "t.json")).toEqual({
    ok: true,
    value: {
      switches: [
        { dpid: "0000000000000001", name: "s1", forwarding: "paths" },
        { dpid: "0000000000000002", name: "s2", forwarding: { table: 5 } },
      ],
      links: [
        {
          a: { dpid: "0000000000000001", port: 10 },
          b: { dpid: "0000000000000002", port: "up" },
          weight: 1,
        },
      ],
      hosts: [
        {
          name: "h1",
          mac: 0xfa0000000001,
          ips: [
            { family: 4, value: 0x0a010101 },
            { family: 6, value: 0xfd000000000000000000000000000001n },
          ],
          dpid: "0000000000000001",
          port: 1,
        },
      ],
    },
  });
});

test("a bridge whose every table is another application's has a mark; its fragment mode is not ours", () => {
  const profiles = (...written: string[]) => {
    const switches = written.map(
      (forwarding, n) => `{ "dpid": "000000000000000${n}", "forwarding": ${forwarding} }`,
    );
    return `{ "switches": [ ${switches.join()} ] }`;
  };
  const text = profiles('"beside"', '{ "beside": {} }', '{ "beside": { "mark": "reg3[0]" } }');
  const read = parseTopologyFile(text, "t.json");
  expect(read.ok && read.value.switches.map(({ forwarding }) => forwarding)).toEqual([
    { beside: { mark: "reg10[27]" } },
    { beside: { mark: "reg10[27]" } },
    { beside: { mark: "reg3[0]" } },
  ]);
  for (const wrong of ["reg16[0]", "reg1[32]", "reg1", "xreg1[0]", "reg01[1]"]) {
    expect(errorsOf(profiles(`{ "beside": { "mark": "${wrong}" } }`))).toEqual([
      expect.stringContaining(
        `/switches/0/forwarding/beside/mark: "${wrong}" is not a bit of a register, write a register from 0 to 15 and a bit from 0 to 31: "reg10[27]"`,
      ),
    ]);
  }
  const mirrors = parseTopologyFile(
    profiles('{ "beside": { "mirrors": true, "endpoint": "2001:db8::1" } }'),
    "t.json",
  );
  expect(mirrors.ok && mirrors.value.switches[0]?.forwarding).toEqual({
    beside: { mirrors: true, endpoint: "2001:db8::1" },
  });
  const refused = (beside: string) => errorsOf(profiles(`{ "beside": ${beside} }`)).join();
  expect(refused('{ "mirrors": true, "endpoint": "hv1" }')).toContain(
    '/beside/endpoint: "hv1" is not an IPv4 or IPv6 address, write it like "192.0.2.1"',
  );
  expect(refused('{ "endpoint": "192.0.2.1" }')).toContain('add "mirrors": true, or remove');
  expect(errorsOf(profiles('{ "table": 8, "beside": {} }', "{}"))).toEqual(
    [0, 1].map((n) =>
      expect.stringContaining(
        `/switches/${n}/forwarding: one of "table" and "beside" is expected, write { "table": 8 } or`,
      ),
    ),
  );
  expect(errorsOf(profiles('"beside", "fragments": "match"'))).toEqual([
    expect.stringContaining(
      '/switches/0/fragments: the fragment mode belongs to the application that owns the bridge, remove "fragments"',
    ),
  ]);
});

test("an empty object is an empty topology", () => {
  expect(parseTopologyFile("{}", "t.json")).toEqual({
    ok: true,
    value: { switches: [], links: [], hosts: [] },
  });
});

test("all errors of all entries are reported at once, with remedies", () => {
  const text = `{
  "switchs": [],
  "switches": [
    { "dpid": "1", "name": "s1" },
    { "dpid": "0000000000000002", "forwarding": "path" },
    { "dpid": "0000000000000003", "name": "0000000000000004", "forwarding": { "tabel": 3 } },
    { "name": "s5" }
  ],
  "links": [ { "a": { "switch": "s1", "port": 0 }, "b": { "switch": "s2" }, "weight": 1.5 } ],
  "hosts": [
    { "mac": "ff:ff:ff:ff:ff:ff", "ips": ["10.1.1.300", 7], "switch": "s9", "port": "eth1" },
    "h2"
  ]
}`;
  expect(errorsOf(text)).toEqual([
    't.json:2:3 /switchs: unknown key "switchs", did you mean "switches"?',
    't.json:4:15 /switches/0/dpid: "1" is not a datapath id, write 16 hex digits: "0000000000000001"',
    't.json:5:49 /switches/1/forwarding: "path" is not allowed here, did you mean "paths"?',
    't.json:6:43 /switches/2/name: "0000000000000004" can be read as a datapath id, choose a name that is not a datapath id',
    't.json:6:77 /switches/2/forwarding: one of "table" and "beside" is expected, write { "table": 8 } or { "beside": { "mark": "reg10[27]" } }',
    't.json:6:79 /switches/2/forwarding/tabel: unknown key "tabel", did you mean "table"?',
    't.json:7:5 /switches/3/dpid: "dpid" is missing, add it',
    "t.json:9:47 /links/0/a/port: 0 is too small, write at least 1",
    't.json:9:57 /links/0/b/port: "port" is missing, add it',
    "t.json:9:87 /links/0/weight: 1.5 where a whole number is expected, write a whole number",
    't.json:11:14 /hosts/0/mac: "ff:ff:ff:ff:ff:ff" is not the MAC address of a single host, write the MAC address of the host\'s interface',
    't.json:11:43 /hosts/0/ips/0: "10.1.1.300" is not an IPv4 or IPv6 address, write it like "10.1.1.1" or "fd00::1"',
    "t.json:11:57 /hosts/0/ips/1: 7 where a string is expected, write a string",
    't.json:12:5 /hosts/1: "h2" where an object: { … } is expected, write an object: { … }',
  ]);
});

test("all contradictions are reported at once, with the place of the other entry", () => {
  const text = `{
  "switches": [
    { "dpid": "0000000000000001", "name": "s1" },
    { "dpid": "0x1", "name": "s2" },
    { "dpid": "0000000000000003", "name": "s1" }
  ],
  "links": [
    { "a": { "switch": "s1", "port": 10 }, "b": { "switch": "s3", "port": 10 } },
    { "a": { "switch": "s1", "port": 10 }, "b": { "switch": "0000000000000003", "port": 1 } },
    { "a": { "switch": "0000000000000003", "port": 5 }, "b": { "switch": "0000000000000003", "port": 6 } }
  ],
  "hosts": [
    { "name": "h", "mac": "fa:00:00:00:00:01", "switch": "s1", "port": 10 },
    { "name": "h", "mac": "FA-00-00-00-00-01", "switch": "s1", "port": 2 },
    { "mac": "fa:00:00:00:00:02", "switch": "s1", "port": 2 },
    { "mac": "fa:00:00:00:00:03", "switch": "nowhere", "port": 2 }
  ]
}`;
  const remedy = "correct the port in one of the two places";
  expect(errorsOf(text)).toEqual([
    't.json:4:15 /switches/1/dpid: dpid "0x1" is already used on line 3 of t.json, give each its own dpid, or remove one of them',
    't.json:5:43 /switches/2/name: name "s1" is already used on line 3 of t.json, give each its own name, or remove one of them',
    't.json:8:61 /links/0/b/switch: there is no switch "s3", did you mean "s1"?',
    `t.json:9:38 /links/1/a/port: port 10 is already used by a link on line 8 of t.json, ${remedy}`,
    "t.json:10:74 /links/2/b/switch: the link connects a switch to itself, name the two switches that it connects",
    `t.json:13:72 /hosts/0/port: port 10 is already used by a link on line 8 of t.json, ${remedy}`,
    't.json:14:15 /hosts/1/name: name "h" is already used on line 13 of t.json, give each its own name, or remove one of them',
    't.json:14:27 /hosts/1/mac: mac "FA-00-00-00-00-01" is already used on line 13 of t.json, give each its own mac, or remove one of them',
    't.json:16:45 /hosts/3/switch: there is no switch "nowhere", name a switch under "switches"',
  ]);
});

test("files complete each other, and errors are sorted by file", () => {
  const hosts = (mac: string) => `{ "hosts": [ { "mac": "${mac}", "switch": "s2", "port": 3 } ] }`;
  const good = { file: "t.json", text: GOOD };
  const merged = parseTopologyFiles([{ file: "h.json", text: hosts("fa:00:00:00:00:07") }, good]);
  expect(merged.ok && merged.value.hosts.map(({ mac }) => mac)).toEqual([
    0xfa0000000007, 0xfa0000000001,
  ]);

  const twice = parseTopologyFiles([
    good,
    { file: "h.json", text: hosts("fa:00:00:00:00:01") },
    { file: "x.json", text: "[" },
  ]);
  expect(twice.ok ? [] : twice.errors.map(formatFileError)).toEqual([
    'h.json:1:23 /hosts/0/mac: mac "fa:00:00:00:00:01" is already used on line 10 of t.json, give each its own mac, or remove one of them',
    'x.json:1:2 /: the file ends before "]", add the missing "]"',
  ]);
});
