// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { parsePolicyFile, parsePolicyFiles } from "../../../src/policy/index.ts";
import { formatFileError } from "../../../src/topology/index.ts";

function errorsOf(text: string): string[] {
  const parsed = parsePolicyFile(text, "taps.json");
  return parsed.ok ? [] : parsed.errors.map(formatFileError);
}

const file = (...policies: string[]) => `{ "policies": [\n${policies.join(",\n")}\n] }`;
const ends = '"sender": {"mac": "fa:00:00:00:00:01"}, "receiver": {"mac": "fa:00:00:00:00:02"}';
const monitor = '"monitors": [{"mac": "fa:00:00:00:00:03"}]';

describe("policy files", () => {
  test("every error of every policy is reported, with its line", () => {
    const text = file(
      `{ "id": "a", ${ends}, ${monitor}, "filters": { "tcp_dts": 80 } }`,
      `{ "id": "b", ${ends}, ${monitor}, "filters": { "tcp_dst": 70000, "ip_proto": "tpc" } }`,
      `{ "id": "Ä", "sender": {"mak": "x"}, "receiver": "any", "monitors": [] }`,
      `{ "id": "a", ${ends}, ${monitor} }`,
    );
    expect(errorsOf(text)).toMatchInlineSnapshot(`
      [
        "taps.json:2:153 /policies/0/filters/tcp_dts: there is no filter "tcp_dts", did you mean "tcp_dst"?",
        "taps.json:3:164 /policies/1/filters/tcp_dst: 70000 is out of the range of tcp_dst, write 0 to 65535",
        "taps.json:3:183 /policies/1/filters/ip_proto: "tpc" is not a value of ip_proto, did you mean "tcp"?",
        "taps.json:4:9 /policies/2/id: "Ä" cannot be a policy's id, write 1 to 64 of "a-z", "0-9", ".", "_" and "-"",
        "taps.json:4:25 /policies/2/sender/mak: unknown key "mak", did you mean "mac"?",
        "taps.json:4:69 /policies/2/monitors: too few entries, write at least 1",
      ]
    `);
  });

  test("contradictions name both fields", () => {
    const policy = (filters: string, parties = ends) =>
      errorsOf(file(`{ ${parties}, ${monitor}, "filters": { ${filters} } }`));
    expect(policy('"ip_proto": "udp", "tcp_dst": 80')).toMatchInlineSnapshot(`
      [
        "taps.json:2:172 /policies/0/filters/tcp_dst: tcp_dst contradicts ip_proto (/filters/ip_proto): no frame has both, change or remove one of them",
      ]
    `);
    expect(policy('"vlan_vid": "none", "vlan_pcp": 3')).toMatchInlineSnapshot(`
      [
        "taps.json:2:174 /policies/0/filters/vlan_pcp: vlan_pcp contradicts vlan_vid (/filters/vlan_vid): no frame has both, change or remove one of them",
      ]
    `);
    expect(policy('"arp_op": 1, "ipv4_src": "10.0.0.1"')).toMatchInlineSnapshot(`
      [
        "taps.json:2:167 /policies/0/filters/ipv4_src: ipv4_src contradicts arp_op (/filters/arp_op): no frame has both, change or remove one of them",
      ]
    `);
    const v6 = '"sender": {"ip": "fd00::1"}, "receiver": {"mac": "fa:00:00:00:00:02"}';
    expect(policy('"ipv4_src": "10.0.0.1"', v6)).toMatchInlineSnapshot(`
      [
        "taps.json:2:143 /policies/0/filters/ipv4_src: ipv4_src contradicts sender.ip (/sender/ip): no frame has both, change or remove one of them",
      ]
    `);
    const mixed = '"sender": {"ip": "fd00::1"}, "receiver": {"ip": "10.0.0.1"}';
    expect(policy("", mixed)).toMatchInlineSnapshot(`
      [
        "taps.json:2:51 /policies/0/receiver/ip: receiver.ip contradicts sender.ip (/sender/ip): no frame has both, change or remove one of them",
      ]
    `);
  });

  test("a monitor is neither an end of the conversation nor listed twice", () => {
    const monitors = '"monitors": [{"mac": "fa:00:00:00:00:01"}, {"host": "m"}, {"host": "m"}]';
    expect(errorsOf(file(`{ ${ends}, ${monitors} }`))).toMatchInlineSnapshot(`
      [
        "taps.json:2:106 /policies/0/monitors/0/mac: monitor fa:00:00:00:00:01 is also the policy's sender (/sender) (by mac), name another monitor",
        "taps.json:2:152 /policies/0/monitors/2/host: monitor m is also listed before (/monitors/1) (by host), remove one of them",
      ]
    `);
  });

  test("invalid copy options are reported with a remedy", () => {
    const copies = [
      '"copy": { "truncate": 0, "sample": 2, "rateLimit": { "kbps": 0 } }',
      '"copy": { "rateLimit": {} }',
      '"copy": { "rateLimit": { "kbps": 1, "pps": 1 } }',
      '"copy": { "rateLimit": 100 }',
      '"copy": { "sample": 0, "truncate": 12.5 }',
      '"copy": { "delivery": "tunnel" }',
      '"copy": { "delivery": "tag", "tunnel": "vxlan0" }',
      '"copy": { "tunnel": { "port": "vxlan0", "remote": "monitor" } }',
      '"copy": { "tunnel": { "port": "vxlan0", "remote": "somewhere", "key": -1 } }',
      '"copy": { "tunnel": { "remote": "10.0.0.1" } }',
      '"copy": { "delivery": "tag", "rewriteIp": true }',
      '"copy": { "tunnel": "vxlan0", "rewriteIp": true }',
      '"copy": { "delivery": "tag", "rewriteIp": false }',
      '"copy": { "rewriteIp": "yes" }',
    ];
    const two = '"monitors": [{"ip": "192.0.2.1"}, {"ip": "192.0.2.2"}]';
    const text = file(
      ...copies.map((copy) => `{ ${ends}, ${monitor}, ${copy} }`),
      `{ ${ends}, ${two}, "copy": { "tunnel": "vxlan0" } }`,
      `{ ${ends}, "monitors": [{ "balance": [] }] }`,
    );
    expect(errorsOf(text)).toMatchInlineSnapshot(`
      [
        "taps.json:2:151 /policies/0/copy/truncate: 0 is too small, write at least 14",
        "taps.json:2:164 /policies/0/copy/sample: 2 is too large, write at most 1",
        "taps.json:2:190 /policies/0/copy/rateLimit/kbps: 0 is too small, write at least 1",
        "taps.json:3:152 /policies/1/copy/rateLimit: a rate needs a unit, write { "kbps": … } or { "pps": … }",
        "taps.json:4:152 /policies/2/copy/rateLimit: a rate has one unit, but this one has two, write { "kbps": … } or { "pps": … }",
        "taps.json:5:152 /policies/3/copy/rateLimit: 100 where an object: { … } is expected, write an object: { … }",
        "taps.json:6:149 /policies/4/copy/sample: a sample of 0 contains no flows, write more than 0, up to 1",
        "taps.json:6:164 /policies/4/copy/truncate: 12.5 where a whole number is expected, write a whole number",
        "taps.json:7:151 /policies/5/copy/delivery: delivery "tunnel" without a tunnel, name the tunnel's port: "tunnel": "vxlan0"",
        "taps.json:8:168 /policies/6/copy/tunnel: copies cannot use both a tunnel and delivery "tag", remove one of them",
        "taps.json:9:98 /policies/7/monitors/0: monitor fa:00:00:00:00:03 has no address for the tunnel to end at, give its ip",
        "taps.json:10:199 /policies/8/copy/tunnel/key: -1 is too small, write at least 0",
        "taps.json:11:149 /policies/9/copy/tunnel/port: "port" is missing, add it",
        "taps.json:12:171 /policies/10/copy/rewriteIp: copies that use delivery "tag" keep their addresses: no IP destination is rewritten, remove it, or write "delivery": "rewrite"",
        "taps.json:13:172 /policies/11/copy/rewriteIp: copies that use a tunnel keep their addresses: no IP destination is rewritten, remove it, or write "delivery": "rewrite"",
        "taps.json:15:152 /policies/13/copy/rewriteIp: "yes" where true or false is expected, write true or false",
        "taps.json:16:161 /policies/14/copy/tunnel: one tunnel leads to one monitor, remove the others, or write "remote": "monitor" for a port whose remote is flow",
        "taps.json:17:111 /policies/15/monitors/0/balance: too few entries, write at least 1",
      ]
    `);
  });

  test("errors in a balanced set are reported with their place and the correct form", () => {
    const monitors = [
      '{ "balance": "h3" }',
      '{ "balanec": [{ "host": "h3" }] }',
      '{ "balance": [{ "host": "h3" }], "host": "h4" }',
      '{ "balance": [{ "balance": [] }] }',
      '"h3"',
    ];
    const text = file(...monitors.map((each) => `{ ${ends}, "monitors": [${each}] }`));
    expect(errorsOf(text)).toMatchInlineSnapshot(`
      [
        "taps.json:2:111 /policies/0/monitors/0/balance: "h3" where a list: [ … ] is expected, write a list: [ … ]",
        "taps.json:3:100 /policies/1/monitors/0/balanec: unknown key "balanec", did you mean "balance"?",
        "taps.json:4:98 /policies/2/monitors/0: "balance" replaces a monitor, but "host" is given as well, make the monitor another entry of the list, or of the set",
        "taps.json:5:114 /policies/3/monitors/0/balance/0/balance: unknown key "balance", allowed here: mac, ip, host, iface, workload, port",
        "taps.json:6:98 /policies/4/monitors/0: "h3" where an object: { … } is expected, write an object: { … }",
      ]
    `);
  });

  test("errors in lists of senders, receivers and filters name their members", () => {
    const policy = (keys: string) => errorsOf(file(`{ ${keys}, ${monitor} }`));
    const v4 = '{"ip": "10.0.0.1"}';
    const v6 = '{"ip": "fd00::1"}';
    const receiver = '"receiver": {"mac": "fa:00:00:00:00:02"}';
    expect(policy(`"sender": [], ${receiver}`)).toMatchInlineSnapshot(`
      [
        "taps.json:2:13 /policies/0/sender: too few entries, write at least 1",
      ]
    `);
    expect(policy(`"sender": [${v4}, "any"], ${receiver}`)).toMatchInlineSnapshot(`
      [
        "taps.json:2:34 /policies/0/sender/1: "any" is not allowed here, write "@group" or an object: { … }",
      ]
    `);
    expect(policy(`"sender": [${v4}, {"mac": "x"}], ${receiver}`)).toMatchInlineSnapshot(`
      [
        "taps.json:2:42 /policies/0/sender/1/mac: "x" is not a MAC address, write six bytes in hex: "fa:00:00:00:00:01"",
      ]
    `);
    expect(
      policy(`"sender": [${v4}, {"mac": "fa:00:00:00:00:03"}], ${receiver}`),
    ).toMatchInlineSnapshot(`
      [
        "taps.json:2:128 /policies/0/monitors/0/mac: monitor fa:00:00:00:00:03 is also the policy's sender (/sender/1) (by mac), name another monitor",
      ]
    `);
    expect(
      policy(`"sender": [${v4}, ${v6}], ${receiver}, "filters": {"ipv4_dst": "10.0.0.9"}`),
    ).toMatchInlineSnapshot(`
      [
        "taps.json:2:120 /policies/0/filters/ipv4_dst: ipv4_dst contradicts sender.1.ip (/sender/1/ip): no frame has both, change or remove one of them",
      ]
    `);
    expect(
      policy(`"sender": [${v4}], "receiver": [${v4}, ${v6}], "filters": [{}, {"arp_op": 1}]`),
    ).toMatchInlineSnapshot(`
      [
        "taps.json:2:75 /policies/0/receiver/1/ip: receiver.1.ip contradicts sender.0.ip (/sender/0/ip): no frame has both, change or remove one of them",
        "taps.json:2:115 /policies/0/filters/1/arp_op: arp_op contradicts sender.0.ip (/sender/0/ip): no frame has both, change or remove one of them",
        "taps.json:2:115 /policies/0/filters/1/arp_op: arp_op contradicts receiver (/receiver): no frame has both, change or remove one of them",
      ]
    `);
    expect(
      policy(`"sender": ${v4}, ${receiver}, "filters": [{"tcp_dts": 80}, {"tcp_dst": -1}]`),
    ).toMatchInlineSnapshot(`
      [
        "taps.json:2:88 /policies/0/filters/0/tcp_dts: there is no filter "tcp_dts", did you mean "tcp_dst"?",
        "taps.json:2:116 /policies/0/filters/1/tcp_dst: -1 is out of the range of tcp_dst, write 0 to 65535",
      ]
    `);
    expect(policy(`"sender": ${v4}, ${receiver}, "filters": []`)).toMatchInlineSnapshot(`
      [
        "taps.json:2:86 /policies/0/filters: too few entries, write at least 1",
      ]
    `);
  });

  test("lists that need too many rules are refused before the work", () => {
    const many = (network: number) =>
      JSON.stringify(
        Array.from({ length: 4000 }, (_, n) => ({ ip: `10.${network}.${n >> 8}.${n & 255}` })),
      );
    const text = `{ "sender": ${many(1)}, "receiver": ${many(2)}, ${monitor} }`;
    expect(
      errorsOf(file(text)).map((line) => line.replace(/:2:[0-9]+/, "")),
    ).toMatchInlineSnapshot(`
      [
        "taps.json /policies/0/filters: the combinations of sender (4000) and receiver (4000) need more than 16384 rules, and 4096 are allowed, narrow one of them, split the policy, or raise ruleLimit",
      ]
    `);
    const fits = `{ "sender": ${many(1)}, "receiver": "any", ${monitor} }`;
    expect(errorsOf(file(fits))).toEqual([]);
  });

  test("the same id in two files is an error that names the other place", () => {
    const one = { file: "one.json", text: file(`{ "id": "a", ${ends}, ${monitor} }`) };
    const two = { file: "two.json", text: file(`{ "id": "a", ${ends}, ${monitor} }`) };
    const parsed = parsePolicyFiles([one, two]);
    expect(parsed.ok ? [] : parsed.errors.map(formatFileError)).toMatchInlineSnapshot(`
      [
        "two.json:2:9 /policies/0/id: there is another policy "a" (one.json:2), give each its own id",
      ]
    `);
  });

  test("text that is not JSON is reported as such", () => {
    expect(errorsOf('{ "policies": [ { "id": "a" ')).toMatchInlineSnapshot(`
      [
        "taps.json:1:29 /: the file ends before "}", add the missing "}"",
      ]
    `);
    expect(errorsOf('{ "polices": [] }')).toMatchInlineSnapshot(`
      [
        "taps.json:1:1 /policies: "policies" is missing, add it",
        "taps.json:1:3 /polices: unknown key "polices", did you mean "policies"?",
      ]
    `);
  });

  test("a policy without an id gets one from its content", () => {
    const parsed = parsePolicyFile(file(`{ ${ends}, ${monitor} }`), "taps.json");
    const ids = parsed.ok && parsed.value.policies.map(({ document }) => document.id);
    expect(ids).toMatchInlineSnapshot(`
      [
        "p-4jbttogl31",
      ]
    `);
  });
});
