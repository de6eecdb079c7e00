// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import {
  formatMatch,
  match,
  parseFlow,
  parseMatch,
  TextError,
} from "../../../src/openflow/index.ts";

/** Texts that `ovs-ofctl` accepts and changes silently; the codec refuses them, so that no rule widens unnoticed. */
const STRICTER: readonly (readonly [text: string, whatOvsDoes: string])[] = [
  ["nw_src=1.2.3.4,actions=drop", "leaves nw_src out: the flow matches everything"],
  ["tp_src=5,actions=drop", "leaves tp_src out"],
  ["tcp,udp_src=5,actions=drop", "matches tcp_src"],
  ["in_port=27,in_port=28,actions=drop", "matches the second port"],
  ["vlan_tci=0x7005/0x7005,actions=drop", "matches 0x7005/0xf005, which no frame has"],
  ["eth(src=00:00:00:00:00:01),actions=drop", "leaves the brackets out"],
];

test.each(STRICTER)("%s is refused (ovs-ofctl %s)", (text) => {
  expect(() => parseFlow(text)).toThrow(TextError);
});

/** Matches that `ovs-ofctl` prints without their mask; the codec prints the mask. */
test("masks are printed where ovs-ofctl omits them", () => {
  expect(formatMatch(match({ tunGbpFlags: { value: 1, mask: 1 } }))).toBe("tun_gbp_flags=0x1/0x1");
  expect(formatMatch(match({ tunErspanVer: { value: 2, mask: 2 } }))).toBe(
    "tun_erspan_ver=0x2/0x2",
  );
});

/** Open vSwitch has 16 bits for a port and takes the highest for reserved ones. */
test("ports are 32-bit numbers", () => {
  expect(parseMatch("in_port=65534")).toEqual(match({ inPort: 65534 }));
  expect(parseMatch("in_port=LOCAL")).toEqual(match({ inPort: 0xfffffffe }));
});

/** Names of the specification, which policies use too. */
test.each([
  ["eth_type=0x0800,ip_proto=6,ipv4_src=10.0.0.0/8,tcp_dst=80", "tcp,nw_src=10.0.0.0/8,tp_dst=80"],
  ["eth_type=0x0800,ip_proto=1,icmpv4_type=8", "icmp,icmp_type=8"],
  ["eth_type=0x86dd,ipv6_flabel=5,ip_dscp=1", "ipv6,ipv6_label=0x00005,nw_tos=4"],
  ["tunnel_id=5,vlan_vid=0x1007,vlan_pcp=2", "tun_id=0x5,dl_vlan=7,dl_vlan_pcp=2"],
  ["eth_type=0x88e7,pbb_isid=0x10,pbb_uca=1", "dl_type=0x88e7,pbb_isid=16,pbb_uca=1"],
  ["in_port=1,in_phy_port=2", "in_port=1,in_phy_port=2"],
])("%s is %s", (text, canonical) => {
  expect(formatMatch(parseMatch(text))).toBe(canonical);
  expect(parseMatch(canonical)).toEqual(parseMatch(text));
});

test("wide registers and older codes are equivalent to the current fields", () => {
  const older = match({ xreg1: 0x500000006n, nxmEthDst: 5, nxmInPort: 0xfffe, nxmVlanTci: 0x7005 });
  expect(formatMatch(older)).toBe(
    "reg2=0x5,reg3=0x6,in_port=LOCAL,dl_vlan=5,dl_vlan_pcp=3,dl_dst=00:00:00:00:00:05",
  );
});
