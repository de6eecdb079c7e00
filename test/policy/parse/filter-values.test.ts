// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { complete } from "../../../src/lang/steps.ts";
import { and } from "../../../src/policy/match-region/bits.ts";
import { fieldNamed, filterFields } from "../../../src/policy/match-region/fields.ts";
import { parseFilterValue } from "../../../src/policy/parse/filter-values.ts";
import type { JsonProblem } from "../../../src/topology/index.ts";

function read(name: string, value: number | string | (number | string)[]) {
  const [found] = filterFields(name) ?? [];
  if (found === undefined) throw new Error(`no filter ${name}`);
  const field = { ...found, oxm: name };
  const problems: JsonProblem[] = [];
  const reading = { path: [name], problems, most: 4096 };
  const alternatives = complete(parseFilterValue(field, value, reading))?.alternatives;
  if (problems.length > 0) return problems.map(({ what, remedy }) => `${what}, ${remedy}`);
  return alternatives?.map((each) => {
    const exact = each.mask === field.fullMask;
    return exact ? each.value.toString(16) : `${each.value.toString(16)}/${each.mask.toString(16)}`;
  });
}

describe("filter values", () => {
  test.each([
    ["tcp_dst", 80, ["50"]],
    ["tcp_dst", "0x50", ["50"]],
    ["tcp_dst", [80, "8000-8099"], ["50", "1f40/ffc0", "1f80/ffe0", "1fa0/fffc"]],
    ["tcp_dst", [80, 81, "82-83"], ["50/fffc"]],
    ["tcp_dst", "0-65535", ["0/0"]],
    ["tcp_dst", "*", undefined],
    ["tcp_dst", [1, "*"], undefined],
    ["tcp_dst", "0x1/0x1", ["1/1"]],
    ["ip_proto", ["tcp", 17], ["6", "11"]],
    ["ip_proto", "tcp-8", ["6", "7", "8"]],
    ["eth_type", "arp", ["806"]],
    ["ip_dscp", ["ef", "af41"], ["22", "2e"]],
    ["vlan_vid", 100, ["1064"]],
    ["vlan_vid", ["none", "100-101"], ["1064/1ffe", "0"]],
    ["vlan_vid", "0-4095", ["1000/1000"]],
    ["vlan_vid", "0/0", ["1000/1000"]],
    ["tcp_flags", "syn", ["2"]],
    ["tcp_flags", 2, ["2"]],
    ["tcp_flags", "syn|ack", ["12"]],
    ["tcp_flags", "+syn-ack", ["2/12"]],
    ["tcp_flags", "+fin+ns", ["101/101"]],
    ["tcp_flags", "-ack", ["0/10"]],
    ["tcp_flags", "0x200/0xe00", ["200/e00"]],
    ["tcp_flags", ["+syn", "+rst"], ["2/2", "4/4"]],
    ["ip_ttl", 1, ["1"]],
    ["ip_ttl", "0-2", ["0", "1", "2"]],
    ["tcp_dst", "https", ["1bb"]],
    ["udp_src", ["domain", "syslog", 5000], ["35", "202", "1388"]],
    ["sctp_dst", "diameter", ["f1c"]],
    ["tcp_dst", "ms-sql-s", ["599"]],
    ["port", ["ssh", "syslog", "80-81"], ["16", "50/fffe", "202"]],
    ["ipv4_src", "10.0.0.0/8", ["a000000/ff000000"]],
    ["ipv4_src", "10.0.0.1/255.0.0.1", ["a000001/ff000001"]],
    ["ipv4_src", "10.0.0.1-10.0.0.2", ["a000001", "a000002"]],
    ["ip_frag", "no", ["0"]],
    ["ip_frag", "first", ["1"]],
    ["ip_frag", ["yes", "later"], ["1/1"]],
    ["eth_dst", "01:00:00:00:00:00/01:00:00:00:00:00", ["10000000000/10000000000"]],
    ["ipv6_dst", "fd00::/8", [`fd${"0".repeat(30)}/ff${"0".repeat(30)}`]],
  ] as const)("%s: %j", (name, value, expected) => {
    expect(read(name, value as never)).toEqual(expected);
  });

  test.each([
    ["tcp_dst", 65536],
    ["tcp_dst", -1],
    ["tcp_dst", 1.5],
    ["tcp_dst", "90-80"],
    ["tcp_dst", []],
    ["tcp_dst", "htpp"],
    ["tcp_dst", "syslog"],
    ["tcp_dst", "http-https"],
    ["tcp_dst", "ssh-80"],
    ["port", "httpd"],
    ["port", 65536],
    ["tcp_flags", "syn-ack"],
    ["tcp_flags", "+syn-sin"],
    ["tcp_flags", "+syn-syn"],
    ["tcp_flags", "SYN"],
    ["tcp_flags", 4096],
    ["tcp_flags", "0x2/0x1"],
    ["tcp_flags", "1-2"],
    ["ip_ttl", 256],
    ["ip_ttl", "0x1/0x3"],
    ["ip_proto", "tpc"],
    ["ip_frag", 1],
    ["ip_frag", "1"],
    ["ip_frag", "frst"],
    ["ip_proto", "0x0/0x3"],
    ["eth_type", "0-65535"],
    ["ipv4_src", "10.0.0.1/8"],
    ["ipv4_src", "10.0.0/8"],
    ["ipv4_src", 10],
    ["eth_dst", "fa:00:00:00:00"],
    ["vlan_vid", 4096],
    ["vlan_vid", "nonee"],
  ] as const)("%s: %j is refused", (name, value) => {
    expect(read(name, value as never)).toMatchSnapshot();
  });

  test("a range is covered exactly, by disjoint blocks", () => {
    const field = fieldNamed("tcpDst");
    const port = fc.integer({ min: 0, max: 65535 });
    fc.assert(
      fc.property(port, port, port, (a, b, probe) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        const reading = { path: [], problems: [], most: 4096 };
        const read = complete(parseFilterValue(field, `${low}-${high}`, reading));
        const covers = read?.alternatives ?? [];
        const hits = covers.filter(({ value, mask }) => and(probe, mask) === value).length;
        expect(hits).toBe(probe >= low && probe <= high ? 1 : 0);
        expect(covers.length).toBeLessThanOrEqual(30);
      }),
    );
  });
});
