// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { parsePolicyFile, parsePolicyFiles } from "../../../src/policy/index.ts";
import { formatFileError } from "../../../src/topology/index.ts";

const HOSTS = { id: "hosts", members: ["fa:00:00:00:00:01", { host: "h2" }] };
const NETS = { id: "nets", members: ["10.1.0.0/16", "10.2.0.1", "fd00::/64"] };
const MONITORS = [{ mac: "fa:00:00:00:00:03" }];

function read(...policies: object[]) {
  const document = {
    groups: [HOSTS, NETS],
    policies: policies.map((keys) => ({ receiver: "any", monitors: MONITORS, ...keys })),
  };
  return parsePolicyFile(JSON.stringify(document), "taps.json");
}

/** The errors of policies, without their positions. */
function errorsOf(...policies: object[]): string[] {
  const parsed = read(...policies);
  if (parsed.ok) return [];
  return parsed.errors.map((each) => formatFileError(each).replace(/^taps.json:1:[0-9]+ /, ""));
}

describe("groups", () => {
  test("stand for their members, as ends and in address filters of their kind", () => {
    const parsed = read({
      sender: { group: "nets" },
      receiver: ["@hosts", { ip: "10.1.0.9" }],
      filters: { ipv4_dst: ["@nets", "10.3.0.1"], eth_src: "@hosts" },
      exclude: [{ ipv6_src: "@nets" }],
    });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
    const [found] = parsed.value.policies;
    expect(found?.policy.groups).toEqual(["hosts", "nets"]);
    expect(found?.policy.senders).toHaveLength(3);
    expect(found?.policy.receivers).toMatchObject([{ mac: 0xfa0000000001 }, { host: "h2" }, {}]);
    const terms = found?.policy.filters.flat().map(({ field, alternatives, hosts }) => {
      return [field.oxm, alternatives.length, hosts];
    });
    expect(terms).toEqual([
      ["ipv4_dst", 3, undefined],
      ["eth_src", 1, [{ host: "h2" }]],
    ]);
    expect(found?.policy.exclude.flat()).toMatchObject([{ alternatives: [{}] }]);
    expect(found?.document).toMatchObject({ sender: { group: "nets" } });
  });

  test("that do not exist, or do not fit, are errors at the place that names them", () => {
    expect(errorsOf({ sender: { group: "net" } }, { sender: ["@host"] })).toMatchInlineSnapshot(`
      [
        "/policies/0/sender/group: there is no group "net", did you mean "nets"?",
        "/policies/1/sender/0: there is no group "host", did you mean "hosts"?",
      ]
    `);
    expect(errorsOf({ sender: "any", filters: { ipv4_src: ["@nts"] } })).toMatchInlineSnapshot(`
      [
        "/policies/0/filters/ipv4_src/0: there is no group "nts", did you mean "nets"?",
      ]
    `);
    expect(errorsOf({ sender: "any", filters: { eth_dst: "@nets" } })).toMatchInlineSnapshot(`
      [
        "/policies/0/filters/eth_dst: group "nets" has no member with a value of eth_dst, add one, or filter on another field",
      ]
    `);
    expect(errorsOf({ sender: "any", filters: { tcp_dst: "@nets" } })).toMatchInlineSnapshot(`
      [
        "/policies/0/filters/tcp_dst: "@nets" is not a value of tcp_dst, write a number, "0x…", a range "a-b" or "value/mask" or a name (https, domain, kerberos, sunrpc, ntp, snmp, …)",
      ]
    `);
    expect(errorsOf({ sender: { group: "nets", mac: "x" } })).toMatchInlineSnapshot(`
      [
        "/policies/0/sender: "group" stands alone, but "mac" is given as well, write a list of both: any of them",
      ]
    `);
    expect(errorsOf({ sender: "nets" })).toMatchInlineSnapshot(`
      [
        "/policies/0/sender: "nets" is not allowed here, write "any", "@group" or an object: { … }",
      ]
    `);
    expect(
      errorsOf({ sender: "@hosts", monitors: [{ mac: "fa:00:00:00:00:01" }] }),
    ).toMatchInlineSnapshot(`
      [
        "/policies/0/monitors/0/mac: monitor fa:00:00:00:00:01 is also the policy's sender (/sender) (by mac), name another monitor",
      ]
    `);
    expect(errorsOf({ sender: "@hosts", monitors: [{ group: "hosts" }] })).toMatchInlineSnapshot(`
      [
        "/policies/0/monitors/0/group: unknown key "group", allowed here: mac, ip, host, iface, workload, port, balance, local, rspanVlan",
      ]
    `);
  });

  test("may mix families: only what no member can match is a contradiction", () => {
    expect(errorsOf({ sender: "@nets", filters: { ipv4_dst: "10.0.0.1" } })).toEqual([]);
    expect(errorsOf({ sender: "@nets", filters: { arp_op: 1 } })).toMatchInlineSnapshot(`
      [
        "/policies/0/filters/arp_op: arp_op contradicts sender (/sender): no frame has both, change or remove one of them",
      ]
    `);
  });

  test("with mistakes are reported with their places", () => {
    const groups = [
      { id: "a", members: [] },
      { id: "b", members: ["@a", "h1", "10.0.0.1/8", "01:00:5e:00:00:01", { hots: "h1" }] },
      { id: "nets", members: ["10.0.0.1"] },
      { members: ["10.0.0.1"], name: "x" },
    ];
    const file = (name: string, all: object[]) => ({
      file: name,
      text: JSON.stringify({ groups: all }),
    });
    const parsed = parsePolicyFiles([file("one.json", [NETS]), file("two.json", groups)]);
    expect(parsed.ok ? [] : parsed.errors.map(formatFileError)).toMatchInlineSnapshot(`
      [
        "two.json:1:32 /groups/0/members: too few entries, write at least 1",
        "two.json:1:100 /groups/1/members/4: this names no host, give one of host, iface and workload",
        "two.json:1:101 /groups/1/members/4/hots: unknown key "hots", did you mean "host"?",
        "two.json:1:122 /groups/2/id: there is another group "nets" (one.json:1), give each its own id",
        "two.json:1:153 /groups/3/id: "id" is missing, add it",
        "two.json:1:177 /groups/3/name: unknown key "name", allowed here: id, members",
      ]
    `);
  });
});
