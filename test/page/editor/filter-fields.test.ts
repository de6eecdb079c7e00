// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import {
  FILTER_FIELDS,
  filterValue,
  filterValueText,
  whyNotWith,
} from "../../../src/page/editor/filter-fields.ts";
import { parsePolicy } from "../../../src/policy/index.ts";

function whyNot(key: string, ...chosen: string[]): string | undefined {
  const field = FILTER_FIELDS.find((each) => each.key === key);
  if (!field) throw new Error(`no field ${key}`);
  return whyNotWith(field, chosen);
}

test.each([
  ["udp_dst", ["tcp_dst"], "not with tcp_dst: a frame is udp or tcp"],
  ["ipv6_src", ["ipv4_dst"], "not with ipv4_dst: a frame is IPv6 or IPv4"],
  ["arp_op", ["ip_dscp"], "not with ip_dscp: a frame is ARP or IP"],
  ["tcp_dst", ["tcp_dst"], "it is there already"],
  ["tcp_src", ["tcp_dst", "vlan_vid", "ipv4_src"], undefined],
  ["ipv4_src", ["ip_dscp"], undefined],
])("%s with %j: %s", (key, chosen, reason) => {
  expect(whyNot(key, ...chosen)).toBe(reason);
});

test.each([
  ["443", 443],
  ["80, 8000-8099", [80, "8000-8099"]],
  ["ef", "ef"],
  ["0x88cc", "0x88cc"],
])("%s", (text, value) => {
  expect(filterValue(text)).toEqual(value);
  expect(filterValueText(value)).toBe(text);
});

test("the server accepts the example of every field", () => {
  for (const { key, example } of FILTER_FIELDS) {
    const policy = {
      ...{ sender: "any", receiver: "any", monitors: [{ host: "h3" }] },
      filters: { [key]: filterValue(example) },
    };
    expect([key, parsePolicy(policy)]).toEqual([key, expect.objectContaining({ ok: true })]);
  }
});
