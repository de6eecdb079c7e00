// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import type { FrameFields } from "../../../src/packet/index.ts";
import type { PolicyDocument } from "../../../src/policy/index.ts";
import { deliveries } from "../deliveries.ts";
import { type FrameShape, PLAIN_SHAPE } from "../frame-shapes.ts";
import { mac, type Network } from "../scenarios.ts";

const network: Network = {
  profiles: ["paths"],
  parents: [],
  extra: [],
  hosts: [0, 0, 0].map((at) => ({ at, shared: false })),
};

const between = { sender: { host: "h1" }, receiver: { host: "h2" }, monitors: [{ host: "h3" }] };

/** Whether a frame from h1 to h2 is copied to h3; the tables must agree with the semantics. */
function isCopied(
  policy: Partial<PolicyDocument>,
  fields: Partial<FrameFields>,
  { shape = PLAIN_SHAPE, ...settings }: { shape?: FrameShape; fragments?: "match" } = {},
): boolean {
  const all = { ethSrc: mac(1), ethDst: mac(2), ...fields };
  const frame = { in: -1, aim: undefined, fields: all, shape };
  const { actual, owed } = deliveries(
    { ...network, ...settings },
    [{ ...between, ...policy }],
    [frame],
  );
  expect(actual).toEqual(owed);
  return actual[0]?.length === 2;
}

const IPV4 = { ethType: 0x0800, ipv4Src: 0x0a000001, ipv4Dst: 0x0a000002 };
const IPV6 = { ethType: 0x86dd, ipv6Src: 1n, ipv6Dst: 2n };
const UDP = { ipProto: 17, udpSrc: 7001, udpDst: 7001 };
const TCP = { ipProto: 6, tcpSrc: 7001, tcpDst: 7001 };
const SYN = 0x02;
const ACK = 0x10;
const ECHO_REPLY = { ipProto: 1, icmpv4Type: 0, icmpv4Code: 0 };
const FIRST = { ipFrag: 1 };
const LATER = { ipFrag: 3 };
const beyond = { shape: { ...PLAIN_SHAPE, length: "beyond" as const } };
const extension = { shape: { ...PLAIN_SHAPE, length: "extension" as const } };

describe("ports that a switch cannot see", () => {
  test("a range with port 0 selects no fragment", () => {
    const filters = { udp_dst: "0-79" };
    for (const fragment of [FIRST, LATER]) {
      expect(isCopied({ filters }, { ...IPV4, ...UDP, ...fragment })).toBe(false);
      expect(isCopied({ filters }, { ...IPV6, ...UDP, ...fragment })).toBe(false);
    }
    expect(isCopied({ filters }, { ...IPV4, ...UDP, udpDst: 0 })).toBe(true);
    expect(isCopied({ filters: { icmpv4_type: 0 } }, { ...IPV4, ...ECHO_REPLY })).toBe(true);
    const fragment = { ...IPV4, ...ECHO_REPLY, ...FIRST };
    expect(isCopied({ filters: { icmpv4_type: 0 } }, fragment)).toBe(false);
  });

  test("an exclude by port excludes the fragments that may have it", () => {
    const exclude = [{ udp_dst: 7001 }];
    for (const fragment of [FIRST, LATER]) {
      expect(isCopied({ exclude }, { ...IPV4, ...UDP, ...fragment })).toBe(false);
      expect(isCopied({ exclude }, { ...IPV6, ...UDP, ...fragment })).toBe(false);
      expect(isCopied({ exclude }, { ...IPV4, ...ECHO_REPLY, ...fragment })).toBe(true);
    }
    expect(isCopied({ exclude }, { ...IPV4, ...UDP, udpDst: 7002 })).toBe(true);
  });

  test("a switch that reads first fragments matches their ports", () => {
    const match = { fragments: "match" as const };
    const first = { ...IPV4, ...UDP, ...FIRST };
    expect(isCopied({ filters: { udp_dst: 7001 } }, first, match)).toBe(true);
    expect(isCopied({ filters: { udp_dst: "0-79" } }, first, match)).toBe(false);
    expect(isCopied({ filters: { udp_dst: "0-79" } }, { ...first, udpDst: 53 }, match)).toBe(true);
    expect(isCopied({ exclude: [{ udp_dst: 7001 }] }, first, match)).toBe(false);
    expect(isCopied({ exclude: [{ udp_dst: 7002 }] }, first, match)).toBe(true);
    expect(isCopied({ exclude: [{ udp_dst: 7002 }] }, { ...first, ...LATER }, match)).toBe(false);
  });

  test.each([
    ["none", {}],
    ["first", { fragments: "match" as const }],
  ])("TCP flags are seen in first fragments, ports read there: %s", (ports, mode) => {
    const copied = (policy: Partial<PolicyDocument>, tcpFlags: number) =>
      [IPV4, IPV6].map((ip) =>
        [{}, FIRST, LATER].map((fragment) =>
          isCopied(policy, { ...ip, ...TCP, tcpFlags, ...fragment }, mode),
        ),
      );
    const inBoth = (...fragments: boolean[]) => [fragments, fragments];
    const filters = { tcp_flags: "-syn" };
    expect(copied({ filters }, ACK)).toEqual(inBoth(true, true, false));
    expect(copied({ filters }, SYN)).toEqual(inBoth(false, false, false));
    expect(copied({ filters: { tcp_flags: 0 } }, 0)).toEqual(inBoth(true, true, false));
    expect(copied({ filters: { tcp_flags: "+syn" } }, SYN)).toEqual(inBoth(true, true, false));
    const isRead = ports === "first";
    const both = { tcp_flags: "-syn", tcp_dst: "0-7001" };
    expect(copied({ filters: both }, ACK)).toEqual(inBoth(true, isRead, false));
    const set = { tcp_flags: "+ack", tcp_dst: "0-7001" };
    expect(copied({ filters: set }, ACK)).toEqual(inBoth(true, isRead, false));
    // An exclude covers what may have the flags: later fragments.
    expect(copied({ exclude: [filters] }, ACK)).toEqual(inBoth(false, false, false));
    expect(copied({ exclude: [filters] }, SYN)).toEqual(inBoth(true, true, false));
    const other = { tcp_flags: "-syn", tcp_dst: 7002 };
    expect(copied({ exclude: [other] }, ACK)).toEqual(inBoth(true, isRead, false));
    expect(copied({ exclude: [other] }, SYN)).toEqual(inBoth(true, true, false));
  });

  test("the protocol of later IPv6 fragments is not seen", () => {
    const later = { ...IPV6, ...UDP, ...LATER };
    expect(isCopied({ filters: { ip_proto: "udp" } }, later)).toBe(false);
    expect(isCopied({ filters: { ip_proto: 44 } }, later)).toBe(true);
    expect(isCopied({ exclude: [{ ip_proto: "udp" }] }, later)).toBe(false);
    expect(isCopied({ filters: { ip_proto: "udp" } }, { ...later, ...FIRST })).toBe(true);
  });

  test("ip_frag selects fragments", () => {
    const [none, first, later] = [{}, FIRST, LATER].map((each) => ({ ...IPV4, ...UDP, ...each }));
    const copied = (ip_frag: string) =>
      [none, first, later].map((frame) => isCopied({ filters: { ip_frag } }, frame ?? {}));
    expect(copied("no")).toEqual([true, false, false]);
    expect(copied("yes")).toEqual([false, true, true]);
    expect(copied("first")).toEqual([false, true, false]);
    expect(copied("later")).toEqual([false, false, true]);
  });
});

describe("headers that contradict the frame", () => {
  test.each([
    ["IPv4", { ...IPV4, ...UDP }, beyond],
    ["IPv6", { ...IPV6, ...UDP }, beyond],
    ["an IPv6 extension header", { ...IPV6, ...UDP }, extension],
  ])("%s: no exclude by an IP field lets it through, no filter selects it", (_, frame, shape) => {
    expect(isCopied({}, frame, shape)).toBe(true);
    expect(isCopied({ exclude: [{ ip_proto: "tcp" }] }, frame, shape)).toBe(false);
    expect(isCopied({ exclude: [{ tcp_dst: 22 }] }, frame, shape)).toBe(false);
    expect(isCopied({ exclude: [{ eth_type: "arp" }] }, frame, shape)).toBe(true);
    expect(isCopied({ filters: { ip_dscp: 0 } }, frame, shape)).toBe(false);
    expect(isCopied({ filters: { ip_frag: "no" } }, frame, shape)).toBe(false);
    expect(isCopied({ filters: { ip_proto: 0 } }, frame, shape)).toBe(false);
  });

  test("what one of several filters misreads, another one selects", () => {
    const misread = { ip_ttl: 0 };
    expect(isCopied({ filters: misread }, { ...IPV4, ...UDP }, beyond)).toBe(false);
    const filters = [misread, { eth_type: "ipv4" }];
    expect(isCopied({ filters }, { ...IPV4, ...UDP }, beyond)).toBe(true);
  });
});
